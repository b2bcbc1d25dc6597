//! What was seen while a log was read, for those who read what comes of it.

use serde::Serialize;

/// How a log was understood.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LogNotes {
    /// How the table is stored and written, in one line.
    pub recognised: String,
    /// What the names and globs of the configuration stand for.
    pub globs: Vec<GlobNote>,
    /// Answers that are none of the classes. Each is a wrong answer.
    pub strangers: Vec<Strangers>,
    /// Rows that are left out because an answer is missing.
    pub left_out: usize,
    /// The first row on which somebody was not asked.
    pub incomplete: Option<Incomplete>,
    /// What looks wrong.
    pub warnings: Vec<String>,
}

/// What a name or glob stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GlobNote {
    /// The key that has it.
    pub key: String,
    /// The name or glob.
    pub glob: String,
    /// The columns.
    pub columns: Vec<String>,
}

/// Answers of an expert that are none of the classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Strangers {
    /// The expert.
    pub expert: String,
    /// The rows with such an answer.
    pub rows: usize,
    /// The rows with an answer.
    pub answers: usize,
    /// Some of them, the most frequent first.
    pub examples: Vec<String>,
    /// One that differs from a class by case or punctuation alone, and that class.
    pub alike: Option<(String, String)>,
}

/// A row on which somebody was not asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incomplete {
    /// The file.
    pub file: std::path::PathBuf,
    /// Its line.
    pub line: u64,
    /// The column of the missing answer.
    pub column: String,
    /// The rows of the log.
    pub rows: usize,
    /// Those on which everybody was asked.
    pub complete: usize,
}

impl LogNotes {
    /// What looks wrong with the answers that are no class: most of them are none, or one is nearly
    /// a class.
    pub(crate) fn warn_of_strangers(&mut self) {
        for Strangers { expert, rows, answers, examples, alike } in &self.strangers {
            let examples = crate::error::list(examples.iter().map(String::as_str));
            if let Some((answer, class)) = alike {
                self.warnings.push(format!(
                    "{expert} answers `{answer}`, which is no class, but looks like `{class}`: it \
                     counts as wrong ({rows} of {answers} answers are no class: {examples})"
                ));
            } else if 2 * rows > *answers {
                self.warnings.push(format!(
                    "{rows} of {answers} answers of {expert} are no class, as {examples}: they \
                     count as wrong"
                ));
            }
        }
    }
}
