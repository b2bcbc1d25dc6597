//! Answers as they were recorded in a deferral log.
//!
//! The payload of a question is the number of the row (four bytes, little-endian). So a whole system can be run and
//! compared, row for row, with what was predicted of it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::protocol::{AnswerDocument, Input, Question};

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// It cannot be read.
    #[error("{}: {error}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What went wrong.
        error: csv::Error,
    },
    /// It has no such column.
    #[error("{}: found no column `{column}`, expected one of {columns}", file.display())]
    Column {
        /// The file.
        file: PathBuf,
        /// What was asked for.
        column: String,
        /// What there is.
        columns: String,
    },
    /// A cell is no class.
    #[error("{}:{line}: column `{column}`: found `{found}`, expected a whole number", file.display())]
    Cell {
        /// The file.
        file: PathBuf,
        /// The line.
        line: u64,
        /// The column.
        column: String,
        /// What is there.
        found: String,
    },
}

/// Recorded answers, by row.
#[derive(Debug, Clone)]
pub struct Answers {
    labels: Vec<u32>,
}

impl Answers {
    /// Reads a column of a log (CSV, gzipped or not).
    ///
    /// # Errors
    /// [`AnswersError`]: which file, line and column, what was found, what was expected.
    pub fn read(file: &Path, column: &str) -> Result<Self, AnswersError> {
        let read = |error| AnswersError::Read { file: file.to_owned(), error };
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
            return Err(AnswersError::Column { file, column, columns });
        };
        let mut labels = Vec::new();
        for record in log.records() {
            let record = record.map_err(read)?;
            let found = record.get(at).unwrap_or_default().trim();
            let Ok(label) = found.parse() else {
                let line = record.position().map_or(0, csv::Position::line);
                let (file, column, found) = (file.to_owned(), column.to_owned(), found.to_owned());
                return Err(AnswersError::Cell { file, line, column, found });
            };
            labels.push(label);
        }
        Ok(Self { labels })
    }

    /// The answer to a question, if its row is there.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Option<AnswerDocument> {
        let Input::Bytes(bytes) = &question.payload else { return None };
        let row = u32::from_le_bytes(bytes.as_slice().try_into().ok()?);
        let label = self.labels.get(usize::try_from(row).ok()?).copied();
        Some(AnswerDocument { label: Some(label?), value: None, confidence: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(payload: Input) -> Question {
        let local = AnswerDocument::default();
        Question { node: 1, sequence: 1, image: 0, expert: 1, local, margin: 0, payload }
    }

    #[test]
    fn a_row_has_its_recorded_answer() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log.csv");
        std::fs::write(&file, "x,pred\n0.5,3\n1.5,0\n").unwrap();
        let answers = Answers::read(&file, "pred").unwrap();
        let of = |payload| answers.answer(&question(payload)).and_then(|answer| answer.label);
        assert_eq!(of(Input::Bytes(vec![0, 0, 0, 0])), Some(3));
        assert_eq!(of(Input::Bytes(vec![1, 0, 0, 0])), Some(0));
        assert_eq!(of(Input::Bytes(vec![2, 0, 0, 0])), None);
        assert_eq!(of(Input::Bytes(vec![1])), None);
        assert_eq!(of(Input::Codes(vec![1, 0, 0, 0])), None);
        let error = Answers::read(&file, "prde").unwrap_err().to_string();
        assert!(error.contains("`prde`") && error.contains("x, pred"), "{error}");
        let error = Answers::read(&file, "x").unwrap_err().to_string();
        assert!(error.contains("log.csv:2") && error.contains("`0.5`"), "{error}");
    }
}
