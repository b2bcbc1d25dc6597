//! Rows that a rejector is to decide on: a table that need not have more than the features.
//!
//! Columns are found by the names that they have in the log, so their order may be another one.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use super::category;
use super::cell::{self, Range};
use super::columns::{Answer, Columns, Price};
use super::dialect::TableFormat;
use super::header::Header;
use super::row::Row;
use super::table::Table;
use crate::error::Result;
use crate::intake::config::{AnswerColumns, Config, PriceSource};

/// What to change where a class is missing; only cells that are there are read as one.
const CHANGE: &str = "or leave the cell empty";

/// Reads rows with the inputs of a log.
#[derive(Debug, Clone)]
pub struct NewRows {
    config: Config,
    /// The inputs that are no categories, in the order of the image.
    numbers: usize,
    inputs: Vec<String>,
}

/// One row that is to be decided on.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRow {
    /// The line of the table on which it begins. The header is on line 1.
    pub line: u64,
    /// The inputs of the rejector, finite.
    pub inputs: Vec<f32>,
    /// For each expert its error and its price, in units of one error, as far as the row says them.
    pub losses: Vec<Option<(f32, f32)>>,
}

/// Where a table has what the rows need.
struct Found {
    columns: Columns,
    /// For each categorical column the inputs of its categories.
    categories: Vec<HashMap<String, usize>>,
    /// For each expert what says its error and its price, if all of it is there.
    experts: Vec<Option<(Answer, Price)>>,
}

impl NewRows {
    /// Rows with the inputs of the log that a configuration names. Only the header of that log is
    /// read, unless there are categories, which are those of its train rows.
    ///
    /// # Errors
    /// As [`read`](super::read).
    pub fn of_log(config: &Config) -> Result<Self> {
        let header = super::header(config)?;
        let columns = header.resolve(config)?;
        let name = |&column: &usize| header.names()[column].clone();
        let mut config = config.clone();
        // From here on columns are found by name.
        config.data.features = columns.features.iter().map(name).collect();
        for (window, samples) in config.windows.iter_mut().zip(&columns.windows) {
            window.samples = samples.iter().map(name).collect();
        }
        let mut inputs = config.data.features.clone();
        for window in &config.windows {
            inputs.extend(window.feature_names());
        }
        let numbers = inputs.len();
        if !config.data.categorical.is_empty() {
            inputs = super::survey(&config)?.feature_names;
        }
        config.data.split = None;
        config.data.group = None;
        config.confidence = None;
        config.raw = None;
        Ok(Self { config, numbers, inputs })
    }

    /// The names of the inputs; one-hot inputs are called `column=value`.
    #[must_use]
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// Reads a table, plain or compressed, and hands its rows over one by one. `name` stands for it
    /// in messages. Only one row is in memory at a time.
    ///
    /// Label, answers and prices may be missing, as columns or as empty cells. A category that the
    /// train rows of the log do not have sets no input, as in a log.
    ///
    /// # Errors
    /// If the table cannot be read, lacks a feature, or has an unusable cell; and the errors of
    /// `take`.
    pub fn read(
        &self,
        stored: impl Read,
        name: &Path,
        mut take: impl FnMut(NewRow) -> Result<()>,
    ) -> Result<()> {
        let format = TableFormat::from(&self.config.data);
        let mut table = Table::new_as(stored, name, &format)?;
        let header = table.header().clone();
        let found = self.find(&header)?;
        while let Some(row) = table.next_row()? {
            take(self.row(row, &found)?)?;
        }
        Ok(())
    }

    fn find(&self, header: &Header) -> Result<Found> {
        let has = |name: &str| header.names().iter().any(|known| known == name);
        let has_all =
            |names: &[&Option<String>]| names.iter().all(|n| n.as_deref().is_some_and(has));
        let data = &self.config.data;
        // What cannot be known of an expert is not looked for.
        let known: Vec<bool> = self
            .config
            .experts
            .iter()
            .map(|expert| {
                let answer = match &expert.answer {
                    AnswerColumns::Prediction(column) => has(column) && has_all(&[&data.label]),
                    AnswerColumns::Loss(column) | AnswerColumns::Score(column) => has(column),
                    AnswerColumns::Value { prediction, value } => {
                        let class = prediction
                            .as_ref()
                            .is_none_or(|column| has(column) && has_all(&[&data.label]));
                        class && has(value) && has_all(&[&data.target])
                    }
                };
                answer
                    && match &expert.price {
                        PriceSource::Fixed(_) => true,
                        PriceSource::Column(column) => has(column),
                    }
            })
            .collect();
        let mut config = self.config.clone();
        config.data.label = config.data.label.filter(|name| has(name));
        config.data.target = config.data.target.filter(|name| has(name));
        let mut of_expert = known.iter();
        config.experts.retain(|_| *of_expert.next().expect("one for each"));
        let columns = header.resolve(&config)?;
        let mut judged = columns.answers.iter().copied().zip(columns.prices.iter().copied());
        let experts = known.iter().map(|&known| if known { judged.next() } else { None }).collect();
        let categories = data.categorical.iter().map(|column| self.categories(column)).collect();
        Ok(Found { experts, categories, columns })
    }

    /// The inputs of the categories of a column.
    fn categories(&self, column: &str) -> HashMap<String, usize> {
        let one_hot = self.inputs.iter().enumerate().skip(self.numbers);
        let of_column = one_hot.filter_map(|(input, name)| {
            Some((name.strip_prefix(column)?.strip_prefix('=')?.to_owned(), input))
        });
        of_column.collect()
    }

    fn row(&self, row: Row<'_>, found: &Found) -> Result<NewRow> {
        let Found { columns, categories, experts } = found;
        let mut inputs = Vec::with_capacity(self.inputs.len());
        row.inputs(columns, &self.config.windows, &mut inputs)?;
        inputs.resize(self.inputs.len(), 0.0);
        for (&column, inputs_of) in columns.categorical.iter().zip(categories) {
            let text = row.text(column);
            if row.is_missing(column) {
                return Err(row.error(column, "a category"));
            }
            if let Some(&input) =
                inputs_of.get(text).or_else(|| inputs_of.get(&category::name(text)))
            {
                inputs[input] = 1.0;
            }
        }
        let is_there = |&column: &usize| !row.is_missing(column);
        let label = columns.label.filter(is_there);
        let label = label.map(|column| row.class(column, CHANGE)).transpose()?;
        let target = columns.target.filter(is_there);
        let target = target.map(|column| row.parse(column, cell::feature)).transpose()?;
        let wrong =
            |column: usize| -> Result<bool> { Ok(Some(row.class(column, CHANGE)?) != label) };
        let config = &self.config;
        let loss = |&(answer, price): &(Answer, Price)| -> Result<Option<(f32, f32)>> {
            let priced = match price {
                Price::Fixed(_) => true,
                Price::Column(column) => is_there(&column),
            };
            if !priced || !answer.columns().iter().flatten().all(is_there) {
                return Ok(None);
            }
            let error = match answer {
                Answer::Loss(column) | Answer::Score(column) => {
                    let is_score = matches!(answer, Answer::Score(_));
                    row.loss(column, is_score, Range::new(config.data.loss_range))?
                }
                Answer::Prediction(_) if label.is_none() => return Ok(None),
                Answer::Prediction(column) => f32::from(u8::from(wrong(column)?)),
                Answer::Value { prediction, .. } if prediction.is_some() && label.is_none() => {
                    return Ok(None);
                }
                Answer::Value { prediction, value } => {
                    let Some((of, target)) = config.multi_task.zip(target) else { return Ok(None) };
                    let wrong = prediction.map_or(Ok(false), wrong)?;
                    of.error(wrong, row.parse(value, cell::feature)?, target)
                }
            };
            let price = match price {
                Price::Fixed(price) => price,
                Price::Column(column) => row.price(column, config.money_per_error)?,
            };
            Ok(Some((error, price)))
        };
        let losses = experts.iter().map(|expert| expert.as_ref().map_or(Ok(None), loss));
        Ok(NewRow { line: row.line(), inputs, losses: losses.collect::<Result<_>>()? })
    }
}
