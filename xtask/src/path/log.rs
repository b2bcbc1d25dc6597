//! The rows that a node is to decide on: test rows of a deferral log, read by the trainer.

use crate::process::read;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// An expert of the log.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Expert {
    pub(crate) name: String,
    /// The column of its answers.
    pub(crate) prediction: String,
    /// Of one use, in units of one error.
    pub(crate) price: f32,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Row {
    /// Its place in the log, from 0.
    pub(crate) number: u32,
    pub(crate) features: Vec<f32>,
    pub(crate) label: u32,
    /// The answer of each expert.
    pub(crate) answers: Vec<u32>,
}

/// Test rows of a log.
#[derive(Debug, Deserialize)]
pub(crate) struct Log {
    pub(crate) file: PathBuf,
    pub(crate) experts: Vec<Expert>,
    pub(crate) rows: Vec<Row>,
}

impl Log {
    /// The first test rows, at most `most`.
    ///
    /// The trainer's reader is run, not linked: this program must build even when the trainer does
    /// not.
    pub(crate) fn read(programs: &Path, config: &Path, most: usize) -> Result<Self> {
        let config = std::path::absolute(config)?;
        let mut command = Command::new(programs.join("examples/test_rows"));
        let text = read(command.arg(&config).arg(most.to_string()))?;
        let log: Self = serde_json::from_str(&text).context("the rows of the log")?;
        ensure!(!log.rows.is_empty(), "{}: no test rows", log.file.display());
        ensure!(!log.rows[0].features.is_empty(), "{}: no features", log.file.display());
        Ok(log)
    }

    /// The deferral loss of a row if the expert `by` gives this answer.
    pub(crate) fn loss(&self, row: &Row, by: usize, answer: u32) -> f64 {
        let price = self.experts.get(by).map_or(0.0, |expert| f64::from(expert.price));
        f64::from(u8::from(answer != row.label)) + price
    }

    /// The rows in the form that the node reads; the budget is in 2^-16.
    pub(crate) fn bytes(&self, starts: u32, pause_ms: u32, budget: u32) -> Vec<u8> {
        let width = self.rows.first().map_or(0, |row| row.features.len());
        let mut words = vec![self.rows.len() as u32, width as u32, starts, pause_ms, budget];
        for row in &self.rows {
            words.extend([row.number, row.answers.first().copied().unwrap_or(0)]);
            words.extend(row.features.iter().map(|feature| feature.to_bits()));
        }
        words.into_iter().flat_map(u32::to_le_bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_its_loss_and_its_bytes() {
        let log: Log = serde_json::from_str(
            r#"{ "file": "a.csv",
                 "experts": [{ "name": "local", "prediction": "p", "price": 0.0 },
                             { "name": "cloud", "prediction": "q", "price": 0.25 }],
                 "rows": [{ "number": 1, "features": [4.0, 6.5], "label": 5, "answers": [7, 5] }] }"#,
        )
        .unwrap();
        let row = &log.rows[0];
        assert_eq!((log.loss(row, 0, 7), log.loss(row, 1, 5)), (1.0, 0.25));
        let bytes = log.bytes(9, 3, 1 << 16);
        assert_eq!(bytes.len(), 4 * (5 + 2 + 2));
        assert_eq!(bytes[20..28], [1, 0, 0, 0, 7, 0, 0, 0]);
    }
}
