//! Answers recorded in a deferral log.
//!
//! The payload of a request is the number of a row, from 0, in four little-endian bytes. So a whole
//! system can be run on a log and compared with what was predicted, row by row.

#[cfg(feature = "recorded-answers")]
use std::path::Path;

#[cfg(feature = "recorded-answers")]
use mild_trainer::{Error, Table};

use super::error::NoAnswer;
use crate::experts::{ExpertAnswer, Input};

/// The answers of one expert, by row.
#[derive(Debug, Clone)]
pub struct RecordedAnswers {
    labels: Vec<u32>,
}

impl RecordedAnswers {
    /// The labels that the expert gives, by row.
    #[must_use]
    pub fn new(labels: Vec<u32>) -> Self {
        Self { labels }
    }

    /// Reads a column of a log: CSV, or CSV compressed with gzip.
    ///
    /// # Errors
    /// [`Error`]: the file, line and column, what was found and what was expected.
    #[cfg(feature = "recorded-answers")]
    pub fn read(file: &Path, column: &str) -> Result<Self, Box<Error>> {
        let mut log = Table::open(file)?;
        let column = log.header().column(column, "--column")?;
        let mut labels = Vec::new();
        while let Some(row) = log.next_row()? {
            let label = row.integer(column)?.try_into();
            labels.push(label.map_err(|_| row.error(column, "a class, 0 or more"))?);
        }
        Ok(Self { labels })
    }

    /// The answer to a request.
    pub(super) fn answer(&self, payload: &Input) -> Result<ExpertAnswer, NoAnswer> {
        let Input::Bytes(bytes) = payload else { return Err(NoAnswer::NotARow) };
        let row = bytes.as_slice().try_into().map_err(|_| NoAnswer::NotARow)?;
        let row = u32::from_le_bytes(row);
        let label = usize::try_from(row).ok().and_then(|row| self.labels.get(row)).copied();
        let label = label.ok_or(NoAnswer::NoSuchRow { row, rows: self.labels.len() })?;
        Ok(ExpertAnswer { label: Some(label), ..ExpertAnswer::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_its_recorded_answer() {
        let answers = RecordedAnswers::new(vec![3, 0]);
        let label = |payload| answers.answer(&payload).map(|answer| answer.label);
        assert_eq!(label(Input::Bytes(vec![0, 0, 0, 0])).unwrap(), Some(3));
        assert_eq!(label(Input::Bytes(vec![1, 0, 0, 0])).unwrap(), Some(0));
        let error = label(Input::Bytes(vec![2, 0, 0, 0])).unwrap_err();
        assert_eq!(error.to_string(), "found row 2, expected 0 to 1");
        assert!(matches!(label(Input::Bytes(vec![1])), Err(NoAnswer::NotARow)));
        assert!(matches!(label(Input::Codes(vec![1, 0, 0, 0])), Err(NoAnswer::NotARow)));
    }

    #[cfg(feature = "recorded-answers")]
    #[test]
    fn a_column_is_read_from_a_log() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log.csv");
        std::fs::write(&file, "x,pred,other\n0.5,3,-1\n1.5,0,2\n").unwrap();
        assert_eq!(RecordedAnswers::read(&file, "pred").unwrap().labels, [3, 0]);
        for (column, parts) in [
            ("prde", &["log.csv", "`prde`", "--column", "did you mean `pred`"][..]),
            ("x", &["log.csv:2", "`x`", "`0.5`", "an integer"]),
            ("other", &["log.csv:2", "`other`", "`-1`", "a class"]),
        ] {
            let error = RecordedAnswers::read(&file, column).unwrap_err().to_string();
            for part in parts {
                assert!(error.contains(part), "{part}: {error}");
            }
        }
    }
}
