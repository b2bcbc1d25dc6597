//! What the cells of a row say: features, losses and prices, the split, the group.

use std::collections::HashMap;

use super::cell::{self, Range};
use super::columns::Columns;
use super::row::Row;
use crate::data::split::Split;
use crate::error::{Error, LogError, Result};
use crate::intake::config::{Readings, Window};

/// How far the probabilities of a row may be from a sum of 1: logs round them.
const SUM_TOLERANCE: f64 = 1e-3;

/// Where a group was first seen.
pub(super) struct Group {
    id: u32,
    line: u64,
    split: Split,
}

impl Row<'_> {
    /// Adds the numeric features and those of windows.
    pub(super) fn inputs(
        &self,
        columns: &Columns,
        windows: &[Window],
        inputs: &mut Vec<f32>,
    ) -> Result<()> {
        for &column in &columns.features {
            inputs.push(self.feature(column)?);
        }
        for (window, samples) in windows.iter().zip(&columns.windows) {
            inputs.extend(self.window(window, samples)?);
        }
        Ok(())
    }

    /// The loss that a cell says, or that follows from the score that it says, 0 to 1.
    pub(super) fn loss(&self, column: usize, is_score: bool, range: Range) -> Result<f32> {
        self.parse_with(column, |text| {
            let loss = if is_score { range.score(text) } else { range.loss(text) };
            loss.ok_or_else(|| range.expected(if is_score { "score" } else { "loss" }))
        })
    }

    /// The price of one use, in units of one error. The cell may be in money: `per_error` of it is
    /// one error.
    pub(super) fn price(&self, column: usize, per_error: Option<f64>) -> Result<f32> {
        let Some(per_error) = per_error else { return self.parse(column, cell::price) };
        self.parse_with(column, |text| {
            let money =
                cell::price(text).map_err(|_| "a finite price >= 0, in money".to_owned())?;
            let errors = (f64::from(money) / per_error) as f32;
            let most = f32::MAX;
            let expected = || format!("at most {most} errors, at {per_error} for one error");
            if errors.is_finite() { Ok(errors) } else { Err(expected()) }
        })
    }

    pub(super) fn split(&self, column: usize) -> Result<Split> {
        let text = self.text(column);
        cell::split(text).map_err(|expected| {
            let lower = text.to_lowercase();
            let meant = match lower.as_str() {
                "train" | "training" | "fit" => Some("train"),
                "val" | "valid" | "validation" | "dev" | "cal" | "calib" | "calibration" => {
                    Some("calibration")
                }
                "test" | "testing" | "eval" | "holdout" => Some("test"),
                _ => None,
            };
            let change = meant.map(|name| format!("write `{name}`"));
            self.error_with(column, expected, change.as_deref())
        })
    }

    /// A feature. Where there is text, the column is of categories.
    fn feature(&self, column: usize) -> Result<f32> {
        let text = self.text(column);
        if let Some(value) = cell::few_digits(text, self.header().dialect().decimal) {
            return Ok(value);
        }
        if text.starts_with(char::is_alphabetic)
            && cell::class(text).is_ok_and(|class| class == text)
            && !self.is_missing(column)
            && text.parse::<f64>().is_err()
        {
            return Err(self.error_with(column, "a finite number", Some(cell::TEXT)));
        }
        self.parse(column, cell::feature)
    }

    /// The features of a window, by the device's own code.
    fn window(&self, window: &Window, samples: &[usize]) -> Result<Vec<f32>> {
        // Cells have been found to be finite numbers.
        let found = match window.readings {
            Readings::F32 => {
                let samples = samples.iter().map(|&column| self.parse(column, cell::feature));
                window.of_row(&samples.collect::<Result<Vec<f32>>>()?)
            }
            Readings::I16 => {
                let samples = samples.iter().map(|&column| self.parse(column, cell::reading));
                window.of_row(&samples.collect::<Result<Vec<i16>>>()?)
            }
        };
        found.map_err(|error| {
            Error::from(LogError::Window {
                file: self.header().file().to_path_buf(),
                line: self.line(),
                window: window.name.clone(),
                found: error.to_string(),
            })
        })
    }

    pub(super) fn confidence(&self, columns: &[usize]) -> Result<Vec<f32>> {
        let probabilities = columns.iter().map(|&column| self.parse(column, cell::probability));
        let probabilities = probabilities.collect::<Result<Vec<f32>>>()?;
        let sum: f64 = probabilities.iter().map(|&probability| f64::from(probability)).sum();
        if columns.len() > 1 && (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(Error::from(LogError::ProbabilitySum {
                file: self.header().file().to_path_buf(),
                line: self.line(),
                found: sum,
                tolerance: SUM_TOLERANCE,
            }));
        }
        Ok(probabilities)
    }

    pub(super) fn group(
        &self,
        column: usize,
        split: Split,
        groups: &mut HashMap<String, Group>,
    ) -> Result<u32> {
        let name = self.text(column);
        if self.is_missing(column) {
            return Err(self.error(column, "the name of a group"));
        }
        let Some(group) = groups.get(name) else {
            let id = u32::try_from(groups.len())
                .map_err(|_| self.error(column, "at most 2^32 groups"))?;
            groups.insert(name.to_owned(), Group { id, line: self.line(), split });
            return Ok(id);
        };
        if group.split == split {
            return Ok(group.id);
        }
        Err(Error::from(LogError::GroupSplit {
            file: self.header().file().to_path_buf(),
            column: self.header().names()[column].clone(),
            group: name.to_owned(),
            first_line: group.line,
            first_split: group.split.name(),
            line: self.line(),
            split: split.name(),
        }))
    }
}
