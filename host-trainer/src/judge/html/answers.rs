//! What the log itself says of some rows: the right answer and everybody's, as they are written
//! there.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::intake::config::{AnswerColumns, Config};
use crate::intake::log;

/// The answers of one row.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    /// The right one, if the log has labels or true values.
    pub(super) right: Option<String>,
    /// Of each expert, where its answer is more than how good it is.
    pub(super) experts: Vec<Option<String>>,
}

/// The answers on some lines of the log. None of standard input, which cannot be read again.
///
/// # Errors
/// If the log cannot be read.
pub(super) fn read(config: &Config, lines: &[u32]) -> Result<BTreeMap<u32, Answers>> {
    let mut found = BTreeMap::new();
    if config.data.log.is_standard_input() || lines.is_empty() {
        return Ok(found);
    }
    let header = log::header(config)?;
    let position = |name: &String| header.column(name, "data");
    let wanted: std::collections::BTreeSet<u32> = lines.iter().copied().collect();
    let right = config.data.label.as_ref().or(config.data.target.as_ref());
    let right = right.map(position).transpose()?;
    let experts = config.experts.iter().map(|expert| match &expert.answer {
        AnswerColumns::Prediction(column) | AnswerColumns::Value { value: column, .. } => {
            position(column).map(Some)
        }
        AnswerColumns::Loss(_) | AnswerColumns::Score(_) => Ok(None),
    });
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
