//! The rows of a log on their way into a dataset.

use std::collections::HashMap;
use std::path::PathBuf;

use csv::StringRecord;
use rayon::prelude::*;

use super::batch::Batch;
use super::category::{Categories, MAX_CATEGORIES};
use super::cell::{self, Range};
use super::coded::{Draft, draw_split};
use super::columns::{Answer, Columns, Price};
use super::digest::TableDigest;
use super::header::Header;
use super::row::Row;
use super::values::Group;
use super::vocabulary::Vocabulary;
use crate::data::confidence::Confidence;
use crate::data::dataset::{Dataset, Expert, RawScale};
use crate::data::notes::{Incomplete, LogNotes};
use crate::data::part::{Part, PartColumns};
use crate::data::split::Split;
use crate::data::window::LogWindow;
use crate::error::{Error, LogError, Result};
use crate::intake::config::{Config, NotAsked};

/// What to change where a label is missing, and where an answer is.
const LABEL: &str = "fill it in, or leave the row out; with another list in `missing` in `[data]` its mark is a class";
const ANSWER: &str = "or allow it: with `not_asked = \"allowed\"` in `[data]` a missing answer is no answer, and with \
                      another list in `missing` its mark is a class";

/// Rows whose inputs are made together.
const CHUNK: usize = 64;

/// Checks rows and appends them to the parts of a dataset.
pub(super) struct Rows<'a> {
    header: Header,
    config: &'a Config,
    columns: Columns,
    /// The numeric inputs of a row.
    width: usize,
    categories: Vec<Categories>,
    /// The answers of `local`.
    local_classes: Categories,
    groups: HashMap<String, Group>,
    vocabulary: Vocabulary,
    digest: TableDigest,
    /// Train, calibration, test. Without a split column all rows go to train first.
    drafts: [Draft; 3],
    /// The row that is being read: errors and prices, NaN where nobody was asked.
    errors: Vec<f32>,
    prices: Vec<f32>,
    complete: usize,
    left_out: usize,
    /// Where an answer was first missing.
    not_asked: Option<(PathBuf, u64, String)>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(header: &Header, config: &'a Config) -> Result<Self> {
        let columns = header.resolve(config)?;
        let of_windows = config.windows.iter().map(|window| window.feature_names().count());
        let width = columns.features.len() + of_windows.sum::<usize>();
        let draft = || Draft {
            columns: PartColumns {
                inputs: width,
                experts: config.experts.len(),
                groups: columns.group.map(|_| Vec::new()),
                labels: columns.label.map(|_| Vec::new()),
                local_classes: matches!(columns.answers.first(), Some(Answer::Prediction(_)))
                    .then(Vec::new),
                confidence: columns
                    .confidence
                    .as_ref()
                    .map(|columns| Confidence::empty(columns.len())),
                ..PartColumns::default()
            },
            codes: Vec::new(),
        };
        Ok(Self {
            drafts: [draft(), draft(), draft()],
            categories: columns.categorical.iter().map(|_| Categories::default()).collect(),
            local_classes: Categories::default(),
            groups: HashMap::new(),
            vocabulary: Vocabulary::new(config.experts.len(), config.data.classes),
            digest: TableDigest::default(),
            header: header.clone(),
            config,
            columns,
            width,
            errors: Vec::new(),
            prices: Vec::new(),
            complete: 0,
            left_out: 0,
            not_asked: None,
        })
    }

    /// Checks and appends rows of a table. `before` lines stand in the files before it.
    pub(super) fn push(&mut self, header: &Header, batch: &Batch, before: u64) -> Result<()> {
        // Most of the time goes into numbers, and they depend on nothing.
        let inputs = |rows: &[(StringRecord, u64)]| {
            let mut inputs = Vec::with_capacity(rows.len() * self.width);
            for (record, line) in rows {
                let row = Row::new(header, record, *line);
                if let Err(error) = row.inputs(&self.columns, &self.config.windows, &mut inputs) {
                    return (inputs, Some(error));
                }
            }
            (inputs, None)
        };
        let chunks = batch.rows().par_chunks(CHUNK).map(inputs);
        let chunks: Vec<(Vec<f32>, Option<Error>)> = chunks.collect();
        for (rows, (inputs, mut error)) in batch.rows().chunks(CHUNK).zip(chunks) {
            for (index, (record, line)) in rows.iter().enumerate() {
                // In the first row without all of its inputs stands the error.
                let inputs = match inputs.get(index * self.width..(index + 1) * self.width) {
                    Some(inputs) => Ok(inputs),
                    None => Err(error.take().expect("an error where inputs are missing")),
                };
                self.push_row(Row::new(header, record, *line), inputs, before)?;
            }
        }
        Ok(())
    }

    /// Checks and appends a row with these numeric inputs.
    fn push_row(&mut self, row: Row<'_>, inputs: Result<&[f32]>, before: u64) -> Result<()> {
        let split = self.columns.split.map_or(Ok(Split::Train), |column| row.split(column))?;
        let label = self.columns.label.map(|column| row.class(column, LABEL)).transpose()?;
        let target = match self.columns.target {
            None => None,
            Some(column) => Some(row.parse(column, cell::feature)?),
        };
        if !self.answers(&row, label.as_deref(), target)? && self.config.data.complete_only {
            self.left_out += 1;
            self.digest.drop_row();
            return Ok(());
        }
        let Draft { columns: part, codes } = &mut self.drafts[split as usize];
        self.digest.code(split as u32);
        if let (Some(column), Some(ids)) = (self.columns.group, &mut part.groups) {
            let id = row.group(column, split, &mut self.groups)?;
            self.digest.code(id);
            ids.push(id);
        }
        if let (Some(labels), Some(label), Some(column)) =
            (&mut part.labels, label, self.columns.label)
        {
            let code =
                self.vocabulary.label(&label).map_err(|expected| row.error(column, &expected))?;
            self.digest.code(code.into());
            labels.push(code);
        }
        if let (Some(classes), Some(&Answer::Prediction(column))) =
            (&mut part.local_classes, self.columns.answers.first())
        {
            // No answer, and answers beyond the most that are told apart, share a code.
            let answer = (!row.is_missing(column)).then(|| row.text(column));
            let code = answer.and_then(|answer| self.local_classes.code(answer));
            classes.push(code.unwrap_or(u16::MAX));
        }
        let inputs = inputs?;
        inputs.iter().for_each(|&value| self.digest.number(value));
        part.features.extend(inputs);
        for (&column, categories) in self.columns.categorical.iter().zip(&mut self.categories) {
            if row.is_missing(column) {
                let change = "or take its mark out of `missing` in `[data]`: then it is one";
                let change = (!row.text(column).is_empty()).then_some(change);
                return Err(row.error_with(column, "a category", change));
            }
            let code = categories.code(row.text(column));
            let expected = || {
                format!("at most {MAX_CATEGORIES} categories in this column, and this is one more")
            };
            let code = code.ok_or_else(|| row.error(column, &expected()))?;
            self.digest.code(code.into());
            codes.push(code);
        }
        part.errors.append(&mut self.errors);
        part.prices.append(&mut self.prices);
        if let (Some(columns), Some(confidence)) = (&self.columns.confidence, &mut part.confidence)
        {
            let values = row.confidence(columns)?;
            values.iter().for_each(|&value| self.digest.number(value));
            confidence.push(&values);
        }
        part.lines.push(u32::try_from(before + row.line()).unwrap_or(u32::MAX));
        part.rows += 1;
        self.digest.end_row();
        Ok(())
    }

    /// Takes up what looks wrong about a table.
    pub(super) fn warn(&mut self, warning: Option<String>) {
        self.columns.notes.warnings.extend(warning);
    }

    /// Reads the answers and prices of a row, and whether everybody was asked.
    fn answers(&mut self, row: &Row<'_>, label: Option<&str>, target: Option<f32>) -> Result<bool> {
        let may_miss = self.config.data.not_asked == NotAsked::Allowed;
        self.errors.clear();
        self.prices.clear();
        let mut complete = true;
        for expert in 0..self.columns.answers.len() {
            let answer = self.columns.answers[expert];
            let missing =
                answer.columns().into_iter().flatten().find(|&column| row.is_missing(column));
            let error = match missing {
                Some(column) if may_miss => {
                    complete = false;
                    if self.not_asked.is_none() {
                        let name = row.header().names()[column].clone();
                        self.not_asked =
                            Some((row.header().file().to_path_buf(), row.line(), name));
                    }
                    self.digest.code(u32::MAX);
                    f32::NAN
                }
                _ => self.error(row, expert, answer, label, target)?,
            };
            self.errors.push(error);
            self.prices.push(match self.columns.prices[expert] {
                Price::Fixed(price) => price,
                Price::Column(column) if error.is_nan() && row.is_missing(column) => 0.0,
                Price::Column(column) => {
                    let price = row.price(column, self.config.money_per_error)?;
                    self.digest.number(price);
                    price
                }
            });
        }
        self.complete += usize::from(complete);
        Ok(complete)
    }

    /// The error of an answer.
    fn error(
        &mut self,
        row: &Row<'_>,
        expert: usize,
        answer: Answer,
        label: Option<&str>,
        target: Option<f32>,
    ) -> Result<f32> {
        let mut wrong = |column| -> Result<bool> {
            let (answer, label) = (row.class(column, ANSWER)?, label.unwrap_or_default());
            let wrong = self.vocabulary.is_wrong(expert, &answer, label);
            self.digest.code(wrong.into());
            Ok(wrong)
        };
        match answer {
            Answer::Loss(column) | Answer::Score(column) => {
                let score = matches!(answer, Answer::Score(_));
                let loss = row.loss(column, score, Range::new(self.config.data.loss_range))?;
                self.digest.number(loss);
                Ok(loss)
            }
            Answer::Prediction(column) => Ok(f32::from(u8::from(wrong(column)?))),
            Answer::Value { prediction, value } => {
                let wrong = prediction.map_or(Ok(false), wrong)?;
                let value = row.parse(value, cell::feature)?;
                let (of, target) =
                    self.config.multi_task.zip(target).expect("checked with the configuration");
                self.digest.number(value);
                self.digest.number(target);
                Ok(of.error(wrong, value, target))
            }
        }
    }

    /// The dataset. `recognised` says how the table is stored and written.
    pub(super) fn finish(mut self, recognised: String) -> Result<Dataset> {
        let file = self.header.file().to_path_buf();
        if self.left_out > 0 && self.complete == 0 {
            return Err(LogError::NoneComplete { file, rows: self.left_out }.into());
        }
        if self.drafts.iter().all(|draft| draft.columns.rows == 0) {
            return Err(LogError::WithoutRows { file }.into());
        }
        let data = &self.config.data;
        let count = self.categories.len();
        let rows: usize = self.drafts.iter().map(|draft| draft.columns.rows).sum();
        let classes = self.vocabulary.classes();
        let names: Vec<&str> = self.config.experts.iter().map(|one| one.name.as_str()).collect();
        let mut notes = LogNotes {
            recognised,
            globs: self.columns.notes.globs,
            strangers: self.vocabulary.strangers(&names),
            left_out: self.left_out,
            incomplete: self.not_asked.filter(|_| !data.complete_only).map(
                |(file, line, column)| Incomplete {
                    file,
                    line,
                    column,
                    rows,
                    complete: self.complete,
                },
            ),
            warnings: self.columns.notes.warnings,
        };
        notes.warn_of_strangers();
        let mut parts = self.drafts.map(|draft| draft.into_coded(&classes.of_code));
        if data.split.is_none() {
            draw_split(&mut parts, count, self.config.train.seed);
        }
        let found = [0, 1, 2].map(|i: usize| parts[i].part.rows());
        if let Some(&split) = Split::ALL.iter().find(|&&split| found[split as usize] == 0) {
            let column = data.split.clone().or_else(|| data.group.clone());
            return Err(LogError::EmptySplit { file, column, split: split.name(), found }.into());
        }

        let names = self.header.names();
        let mut feature_names: Vec<String> =
            self.columns.features.iter().map(|&i| names[i].clone()).collect();
        let mut windows = Vec::with_capacity(self.config.windows.len());
        for (window, samples) in self.config.windows.iter().zip(&self.columns.windows) {
            windows.push(LogWindow {
                length: samples.len() / (window.axes * window.windows),
                first: feature_names.len(),
                window: window.clone(),
            });
            feature_names.extend(window.feature_names());
        }
        let mut positions = Vec::with_capacity(count);
        for (index, categories) in self.categories.iter().enumerate() {
            let train = parts[0].codes.iter().skip(index).step_by(count);
            let (values, mut position) = categories.inputs(train.copied());
            position.iter_mut().flatten().for_each(|input| *input += feature_names.len());
            let column = &names[self.columns.categorical[index]];
            feature_names.extend(values.iter().map(|value| format!("{column}={value}")));
            positions.push(position);
        }
        let raw = self.columns.raw.take().map(|mut raw| {
            raw.resize(feature_names.len(), RawScale { scale: 1.0, offset: 0.0 });
            raw
        });
        let [train, calibration, test] =
            parts.map(|coded| coded.one_hot(&positions, feature_names.len()));
        let experts = self
            .config
            .experts
            .iter()
            .enumerate()
            .map(|(k, expert)| {
                let first = train.asked_rows(k).next().map_or(0.0, |row| train.prices()[(row, k)]);
                let varies =
                    |part: &Part| part.asked_rows(k).any(|row| part.prices()[(row, k)] != first);
                let prices = train.asked_rows(k).map(|row| f64::from(train.prices()[(row, k)]));
                let sum: f64 = prices.sum();
                let price_varies = [&train, &calibration, &test].into_iter().any(varies);
                let mean_price = if price_varies {
                    (sum / train.asked_rows(k).count().max(1) as f64) as f32
                } else {
                    first
                };
                Expert { name: expert.name.clone(), mean_price, price_varies }
            })
            .collect();
        feature_names.iter().for_each(|name| self.digest.text(name));
        classes.of_code.iter().for_each(|&class| self.digest.code(class.into()));
        Ok(Dataset {
            feature_names,
            class_names: classes.names,
            experts,
            log_digest: self.digest.finish(),
            train,
            calibration,
            test,
            raw,
            windows,
            notes,
        })
    }
}
