//! What the log itself says of some rows: the right answer and everybody's, as they are written
//! there.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::intake::config::{AnswerColumns, Config};
use crate::intake::log::{self, MemoryTable};

/// Where the log of a page is, for the answers in it.
#[derive(Debug, Clone, Copy)]
pub enum ReportLog<'a> {
    /// Where the configuration says.
    File,
    /// In memory: a table that has the label and the experts' answers, on the rows that the dataset
    /// was read from. Columns that it lacks are left out of the page.
    Memory(&'a MemoryTable<'a>),
}

/// The answers of one row.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    /// The right one, if the log has labels or true values.
    pub(super) right: Option<String>,
    /// Of each expert, where its answer is more than how good it is.
    pub(super) experts: Vec<Option<String>>,
}

/// The columns of a log that hold answers.
struct AnswerNames<'a> {
    right: Option<&'a String>,
    experts: Vec<Option<&'a String>>,
}

impl<'a> AnswerNames<'a> {
    fn of(config: &'a Config) -> Self {
        let experts = config.experts.iter().map(|expert| match &expert.answer {
            AnswerColumns::Prediction(column) | AnswerColumns::Value { value: column, .. } => {
                Some(column)
            }
            AnswerColumns::Loss(_) | AnswerColumns::Score(_) => None,
        });
        let right = config.data.label.as_ref().or(config.data.target.as_ref());
        Self { right, experts: experts.collect() }
    }
}

/// The answers on some lines of the log. None of standard input, which cannot be read again.
///
/// # Errors
/// If the log cannot be read.
pub(super) fn read(
    config: &Config,
    source: ReportLog<'_>,
    lines: &[u32],
) -> Result<BTreeMap<u32, Answers>> {
    match source {
        ReportLog::Memory(table) => Ok(of_memory(config, table, lines)),
        ReportLog::File if config.data.log.is_standard_input() => Ok(BTreeMap::new()),
        ReportLog::File => of_file(config, lines),
    }
}

fn of_memory(config: &Config, table: &MemoryTable<'_>, lines: &[u32]) -> BTreeMap<u32, Answers> {
    let AnswerNames { right, experts } = AnswerNames::of(config);
    let of_line = |&line: &u32| {
        // As the reader counts: row 0 is line 2.
        let row = (line as usize).checked_sub(2)?;
        let text = |name: Option<&String>| table.text(name?, row);
        let experts = experts.iter().map(|&name| text(name)).collect();
        Some((line, Answers { right: text(right), experts }))
    };
    lines.iter().filter_map(of_line).collect()
}

fn of_file(config: &Config, lines: &[u32]) -> Result<BTreeMap<u32, Answers>> {
    let mut found = BTreeMap::new();
    if lines.is_empty() {
        return Ok(found);
    }
    let header = log::header(config)?;
    let position = |name: Option<&String>| name.map(|name| header.column(name, "data")).transpose();
    let wanted: std::collections::BTreeSet<u32> = lines.iter().copied().collect();
    let names = AnswerNames::of(config);
    let right = position(names.right)?;
    let experts = names.experts.into_iter().map(position);
    let experts: Vec<Option<usize>> = experts.collect::<Result<_>>()?;
    log::each_row(config, |row, line| {
        let Ok(line) = u32::try_from(line) else { return Ok(()) };
        if wanted.contains(&line) {
            let text = |column: usize| row.text(column).to_owned();
            let experts = experts.iter().map(|column| column.map(text)).collect();
            found.insert(line, Answers { right: right.map(text), experts });
        }
        Ok(())
    })?;
    Ok(found)
}
