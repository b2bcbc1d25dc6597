//! Answers recorded in a deferral log.
//!
//! The payload of a request is the number of a row, from 0, in four little-endian bytes. So a whole
//! system can be run on a log and compared with what was predicted, row by row.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::NoAnswer;
use crate::experts::{ExpertAnswer, Input};

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file cannot be read.
    #[error("{}: {error}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The error of the file system or the CSV reader.
        error: csv::Error,
    },
    /// The log has no such column.
    #[error("{}: found no column `{column}`, expected one of {columns}", file.display())]
    Column {
        /// The file.
        file: PathBuf,
        /// The column that is missing.
        column: String,
        /// The columns of the log.
        columns: String,
    },
    /// A cell is not a class.
    #[error("{}:{line}: column `{column}`: found `{found}`, expected a whole number", file.display())]
    Cell {
        /// The file.
        file: PathBuf,
        /// The line.
        line: u64,
        /// The column.
        column: String,
        /// The cell.
        found: String,
    },
}

/// The answers of one expert, by row.
#[derive(Debug, Clone)]
pub struct RecordedAnswers {
    labels: Vec<u32>,
}

impl RecordedAnswers {
    /// Reads a column of a log: CSV, or CSV compressed with gzip.
    ///
    /// # Errors
    /// [`LogError`]: the file, line and column, what was found and what was expected.
    pub fn read(file: &Path, column: &str) -> Result<Self, LogError> {
        let read = |error| LogError::Read { file: file.to_owned(), error };
        let opened = File::open(file).map_err(|error| read(error.into()))?;
        let mut opened = BufReader::new(opened);
        let mut start = [0; 2];
        let known = io::BufRead::fill_buf(&mut opened).map_err(|error| read(error.into()))?;
        for (to, from) in start.iter_mut().zip(known) {
            *to = *from;
        }
        let text: Box<dyn Read> = if start == [0x1f, 0x8b] {
            Box::new(MultiGzDecoder::new(opened))
        } else {
            Box::new(opened)
        };
        let mut log = csv::Reader::from_reader(text);
        let names = log.headers().map_err(read)?.clone();
        let Some(at) = names.iter().position(|name| name.trim() == column) else {
            let columns = names.iter().collect::<Vec<_>>().join(", ");
            let (file, column) = (file.to_owned(), column.to_owned());
            return Err(LogError::Column { file, column, columns });
        };
        let mut labels = Vec::new();
        for record in log.records() {
            let record = record.map_err(read)?;
            let found = record.get(at).unwrap_or_default().trim();
            let Ok(label) = found.parse() else {
                let line = record.position().map_or(0, csv::Position::line);
                let (file, column, found) = (file.to_owned(), column.to_owned(), found.to_owned());
                return Err(LogError::Cell { file, line, column, found });
            };
            labels.push(label);
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
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log.csv");
        std::fs::write(&file, "x,pred\n0.5,3\n1.5,0\n").unwrap();
        let answers = RecordedAnswers::read(&file, "pred").unwrap();
        let label = |payload| answers.answer(&payload).map(|answer| answer.label);
        assert_eq!(label(Input::Bytes(vec![0, 0, 0, 0])).unwrap(), Some(3));
        assert_eq!(label(Input::Bytes(vec![1, 0, 0, 0])).unwrap(), Some(0));
        let error = label(Input::Bytes(vec![2, 0, 0, 0])).unwrap_err();
        assert_eq!(error.to_string(), "found row 2, expected 0 to 1");
        assert!(matches!(label(Input::Bytes(vec![1])), Err(NoAnswer::NotARow)));
        assert!(matches!(label(Input::Codes(vec![1, 0, 0, 0])), Err(NoAnswer::NotARow)));
        let error = RecordedAnswers::read(&file, "prde").unwrap_err().to_string();
        assert!(error.contains("`prde`") && error.contains("x, pred"), "{error}");
        let error = RecordedAnswers::read(&file, "x").unwrap_err().to_string();
        assert!(error.contains("log.csv:2") && error.contains("`0.5`"), "{error}");
    }
}
