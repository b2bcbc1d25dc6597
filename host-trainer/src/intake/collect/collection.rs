//! What is to be collected.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;

/// What is to be collected, from whom, and within which limits.
#[derive(Debug, Clone)]
pub(crate) struct Collection {
    /// The table of rows.
    pub(crate) samples: PathBuf,
    /// The column of the right answer.
    pub(crate) label: String,
    /// Names or globs of the columns that experts see; all others but the right answer, answers and
    /// splits if there are none.
    pub(crate) send: Vec<String>,
    /// The experts, `local` first.
    pub(crate) experts: Vec<Asked>,
    /// The column of the confidence of `local`, if the table has it.
    pub(crate) confidence: Option<String>,
    /// So many rows are drawn.
    pub(crate) rows: Option<usize>,
    pub(crate) seed: u64,
    /// Limits for all collections into the same log together.
    pub(crate) max_calls: Option<u64>,
    pub(crate) max_money: Option<f64>,
    /// What one error costs, in the same money.
    pub(crate) money_per_error: Option<f64>,
    /// An answer that is not there after this is none.
    pub(crate) timeout: Duration,
    /// Whether questions that failed are asked again.
    pub(crate) retry_failed: bool,
    /// The log.
    pub(crate) out: PathBuf,
}

/// An expert that is asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) source: Source,
    /// Money for one question.
    pub(crate) price: Option<f64>,
    /// The most questions in a second.
    pub(crate) rate: Option<f64>,
    /// Questions that are open at once.
    pub(crate) parallel: usize,
    /// A secret that an endpoint asks for.
    pub(crate) token: Option<String>,
    /// A file with the document that is sent in place of the usual one.
    pub(crate) template: Option<PathBuf>,
    /// Where in a reply the answer stands, as a JSON pointer.
    pub(crate) answer: Option<String>,
}

/// Where answers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// An endpoint, by its URL.
    Http(String),
    /// A program with its arguments, which answers a line with a line.
    Program(Vec<String>),
    /// A column of the table.
    Column(String),
}

impl Collection {
    /// The file with the answers, beside the log.
    pub(crate) fn answers_file(&self) -> PathBuf {
        self.out.with_added_extension("answers.jsonl")
    }
}

/// The error for an option with an unusable value.
pub(super) fn argument(
    option: &'static str,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> Error {
    Error::Argument { option, found: found.into(), expected: expected.into() }
}
