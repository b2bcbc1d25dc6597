//! The rows that experts are asked about.

use serde_json::value::RawValue;
use serde_json::{Number, Value};

use super::collection::{Collection, Source, argument};
use crate::data::split::Split;
use crate::error::{LogError, Result};
use crate::intake::log::{Table, is_missing_mark};

/// The table, with what of it is sent.
pub(super) struct Samples {
    pub(super) names: Vec<String>,
    /// The cells, numbers with a decimal point.
    pub(super) rows: Vec<Vec<String>>,
    /// The columns that are sent.
    pub(super) sent: Vec<usize>,
    /// The column of the confidence of `local`.
    pub(super) confidence: Option<usize>,
}

impl Samples {
    pub(super) fn read(of: &Collection) -> Result<Self> {
        let mut table = Table::open(&of.samples)?;
        let label = table.header().column(&of.label, "--label")?;
        let mut hidden = vec![label];
        for expert in &of.experts {
            match &expert.source {
                Source::Column(name) => hidden.push(table.header().column(name, "--expert")?),
                Source::Http(_) | Source::Program(_) => {
                    let own = answer_column(&expert.name);
                    if table.header().names().contains(&own) {
                        return Err(argument(
                            "--expert",
                            format!("`{}`, and a column `{own}` in the table", expert.name),
                            format!("another name, or `--expert {}=column:{own}`", expert.name),
                        ));
                    }
                }
            }
        }
        let confidence = match &of.confidence {
            Some(name) => Some(table.header().column(name, "--confidence")?),
            None => None,
        };
        let mut sent = Vec::new();
        for glob in &of.send {
            sent.extend(table.header().matching(glob, "--send")?);
        }
        if let Some(&column) = sent.iter().find(|column| hidden.contains(column)) {
            return Err(argument(
                "--send",
                format!("`{}`, which is an answer", table.header().names()[column]),
                "columns that an expert may see",
            ));
        }
        let names = table.header().names().to_vec();
        let mut rows = Vec::new();
        while let Some(row) = table.next_row()? {
            // A comma is a decimal mark only in what is a number.
            let cell = |column: usize| match row.plain(column) {
                number if number.parse::<f64>().is_ok() => number.into_owned(),
                _ => row.text(column).to_owned(),
            };
            rows.push((0..names.len()).map(cell).collect::<Vec<_>>());
        }
        if rows.is_empty() {
            return Err(LogError::WithoutRows { file: of.samples.clone() }.into());
        }
        if of.send.is_empty() {
            let split = |column: &usize| {
                let mut cells = rows.iter().map(|row| row[*column].as_str());
                cells.all(|cell| Split::ALL.iter().any(|split| split.name() == cell))
            };
            let named = (0..names.len()).filter(|&column| !names[column].is_empty());
            sent = named.filter(|column| !hidden.contains(column) && !split(column)).collect();
        }
        sent.dedup();
        if sent.is_empty() {
            return Err(argument("--send", "no column", "one at least that experts may see"));
        }
        Ok(Self { names, rows, sent, confidence })
    }

    /// A cell as JSON has it: a number with its digits, a text, or `null` where it is missing.
    pub(super) fn value(&self, row: usize, column: usize) -> Box<RawValue> {
        let text = self.rows[row][column].as_str();
        let number = || serde_json::from_str::<Number>(text).is_ok();
        let raw = if is_missing_mark(text) {
            "null".to_owned()
        } else if number() {
            text.to_owned()
        } else {
            let number = text.parse::<f64>().ok().and_then(Number::from_f64);
            number.map_or_else(|| Value::from(text), Value::Number).to_string()
        };
        RawValue::from_string(raw).unwrap_or_else(|_| RawValue::NULL.to_owned())
    }

    /// What is sent of a row as the bytes that models of the gateway take: single precision,
    /// little-endian. Nothing if some of it is no number.
    pub(super) fn bytes(&self, row: usize) -> Vec<u8> {
        let number = |&column: &usize| self.rows[row][column].parse::<f32>().ok();
        let numbers: Option<Vec<f32>> = self.sent.iter().map(number).collect();
        numbers.unwrap_or_default().into_iter().flat_map(f32::to_le_bytes).collect()
    }
}

/// The column of an expert's answers in the log.
pub(super) fn answer_column(expert: &str) -> String {
    format!("pred_{expert}")
}
