//! The rows of a log on their way into a dataset.

use std::collections::HashMap;

use super::category::{Categories, MAX_CATEGORIES};
use super::cell;
use super::columns::{Answer, Columns, Price};
use super::split;
use super::table::{Header, Row};
use mild::window_features::of_samples;

use crate::data::confidence::Confidence;
use crate::data::dataset::{Dataset, Expert, RawScale};
use crate::data::matrix::{compact, gather};
use crate::data::part::{Part, PartColumns};
use crate::data::split::Split;
use crate::error::{Error, LogError, Result};
use crate::intake::config::{Config, Readings, Window};

/// How far the probabilities of a row may be from a sum of 1: logs round them.
const SUM_TOLERANCE: f64 = 1e-3;

/// A part that is being read.
struct Draft {
    columns: PartColumns,
    /// Rows x categorical columns.
    codes: Vec<u16>,
}

/// A part whose categorical columns are still codes.
struct Coded {
    part: Part,
    /// Rows x categorical columns.
    codes: Vec<u16>,
}

/// Where a group was first seen.
struct Group {
    id: u32,
    line: u64,
    split: Split,
}

/// Checks rows and appends them to the parts of a dataset.
pub(super) struct Rows<'a> {
    header: &'a Header,
    config: &'a Config,
    columns: Columns,
    categories: Vec<Categories>,
    groups: HashMap<String, Group>,
    /// Train, calibration, test. Without a split column all rows go to train first.
    drafts: [Draft; 3],
}

impl<'a> Rows<'a> {
    pub(super) fn new(header: &'a Header, config: &'a Config) -> Result<Self> {
        let columns = header.resolve(config)?;
        let draft = || Draft {
            columns: PartColumns {
                inputs: columns.features.len()
                    + config.windows.iter().map(|window| window.statistics.len()).sum::<usize>(),
                experts: config.experts.len(),
                groups: columns.group.map(|_| Vec::new()),
                labels: columns.label.map(|_| Vec::new()),
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
            groups: HashMap::new(),
            header,
            config,
            columns,
        })
    }

    /// Checks and appends a row.
    pub(super) fn push(&mut self, row: Row<'_>) -> Result<()> {
        let split =
            self.columns.split.map_or(Ok(Split::Train), |column| row.parse(column, cell::split))?;
        let Draft { columns: part, codes } = &mut self.drafts[split as usize];

        if let (Some(column), Some(ids)) = (self.columns.group, &mut part.groups) {
            ids.push(row.group(column, split, &mut self.groups)?);
        }
        let label = match self.columns.label {
            None => None,
            Some(column) => Some(row.label(column, self.config.data.classes)?),
        };
        if let (Some(labels), Some(label)) = (&mut part.labels, label) {
            labels.push(label);
        }
        let target = match self.columns.target {
            None => None,
            Some(column) => Some(row.parse(column, cell::feature)?),
        };
        for &column in &self.columns.features {
            part.features.push(row.parse(column, cell::feature)?);
        }
        for (window, samples) in self.config.windows.iter().zip(&self.columns.windows) {
            part.features.extend(row.window(window, samples)?);
        }
        for (&column, categories) in self.columns.categorical.iter().zip(&mut self.categories) {
            let text = row.text(column);
            if text.is_empty() {
                return Err(row.error(column, "a category"));
            }
            let code = categories.code(text);
            let expected = || {
                format!("at most {MAX_CATEGORIES} categories in this column, and this is one more")
            };
            codes.push(code.ok_or_else(|| row.error(column, &expected()))?);
        }
        for &answer in &self.columns.answers {
            part.errors.push(match answer {
                Answer::Loss(column) => row.parse(column, cell::loss)?,
                Answer::Prediction(column) => f32::from(u8::from(row.wrong(column, label)?)),
                Answer::Value { prediction, value } => {
                    let wrong = match prediction {
                        None => false,
                        Some(column) => row.wrong(column, label)?,
                    };
                    let value = row.parse(value, cell::feature)?;
                    let (of, target) =
                        self.config.multi_task.zip(target).expect("checked with the configuration");
                    of.error(wrong, value, target)
                }
            });
        }
        for &price in &self.columns.prices {
            part.prices.push(match price {
                Price::Fixed(price) => price,
                Price::Column(column) => row.parse(column, cell::price)?,
            });
        }
        if let (Some(columns), Some(confidence)) = (&self.columns.confidence, &mut part.confidence)
        {
            confidence.push(&row.confidence(columns)?);
        }
        part.lines.push(u32::try_from(row.line()).unwrap_or(u32::MAX));
        part.rows += 1;
        Ok(())
    }

    /// The dataset, with a digest still to be filled in.
    pub(super) fn finish(mut self) -> Result<Dataset> {
        let file = self.header.file().to_path_buf();
        if self.drafts.iter().all(|draft| draft.columns.rows == 0) {
            return Err(LogError::WithoutRows { file }.into());
        }
        let data = &self.config.data;
        let count = self.categories.len();
        let mut parts = self.drafts.map(Draft::into_coded);
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
        for window in &self.config.windows {
            let of_window =
                window.statistics.iter().map(|one| format!("{}.{}", window.name, one.name()));
            feature_names.extend(of_window);
        }
        let mut places = Vec::with_capacity(count);
        for (index, categories) in self.categories.iter().enumerate() {
            let train = parts[0].codes.iter().skip(index).step_by(count);
            let (values, mut place) = categories.inputs(train.copied());
            place.iter_mut().flatten().for_each(|place| *place += feature_names.len());
            let column = &names[self.columns.categorical[index]];
            feature_names.extend(values.iter().map(|value| format!("{column}={value}")));
            places.push(place);
        }
        let raw = self.columns.raw.take().map(|mut raw| {
            raw.resize(feature_names.len(), RawScale { scale: 1.0, offset: 0.0 });
            raw
        });
        let [train, calibration, test] =
            parts.map(|coded| coded.one_hot(&places, feature_names.len()));
        let experts = self
            .config
            .experts
            .iter()
            .enumerate()
            .map(|(k, expert)| {
                let first = train.prices()[(0, k)];
                let varies = |part: &Part| part.prices().column(k).any(|&price| price != first);
                let sum: f64 = train.prices().column(k).map(|&price| f64::from(price)).sum();
                let price_varies = [&train, &calibration, &test].into_iter().any(varies);
                let mean_price =
                    if price_varies { (sum / train.rows() as f64) as f32 } else { first };
                Expert { name: expert.name.clone(), mean_price, price_varies }
            })
            .collect();
        Ok(Dataset { feature_names, experts, log_digest: [0; 8], train, calibration, test, raw })
    }
}

/// Moves rows out of train, where all of them are, into the splits that the seed says. Each row has
/// `count` codes.
fn draw_split(parts: &mut [Coded; 3], count: usize, seed: u64) {
    let [all, calibration, test] = parts;
    let rows = split::draw(all.part.rows(), all.part.groups(), seed);
    for (to, rows) in [calibration, test].into_iter().zip(&rows[1..]) {
        *to = Coded { part: all.part.subset(rows), codes: gather(&all.codes, count, rows) };
    }
    all.part.keep(&rows[0]);
    compact(&mut all.codes, count, &rows[0]);
}

impl Draft {
    fn into_coded(self) -> Coded {
        let part = self.columns.build().expect("every row has been added to every column");
        Coded { part, codes: self.codes }
    }
}

impl Coded {
    /// Widens every row to `inputs` and sets the inputs of its categories to 1.
    fn one_hot(self, places: &[Vec<Option<usize>>], inputs: usize) -> Part {
        let Self { mut part, codes } = self;
        part.widen(inputs, |row, features| {
            for (place, &code) in places.iter().zip(&codes[row * places.len()..]) {
                if let Some(input) = place[usize::from(code)] {
                    features[input] = 1.0;
                }
            }
        });
        part
    }
}

impl Row<'_> {
    /// Whether a prediction is not the label.
    fn wrong(&self, column: usize, label: Option<u16>) -> Result<bool> {
        let prediction = self.parse(column, cell::prediction)?;
        Ok(label.map(i64::from) != Some(prediction))
    }

    /// The features of a window, by the device's own code.
    fn window(&self, window: &Window, samples: &[usize]) -> Result<Vec<f32>> {
        let statistics = &window.statistics;
        // Cells have been found to be finite numbers.
        let found = match window.readings {
            Readings::F32 => {
                let samples = samples.iter().map(|&column| self.parse(column, cell::feature));
                of_samples(&samples.collect::<Result<Vec<f32>>>()?, statistics)
            }
            Readings::I16 => {
                let samples = samples.iter().map(|&column| self.parse(column, cell::reading));
                of_samples(&samples.collect::<Result<Vec<i16>>>()?, statistics)
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

    fn confidence(&self, columns: &[usize]) -> Result<Vec<f32>> {
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

    fn label(&self, column: usize, classes: Option<u32>) -> Result<u16> {
        let classes = i64::from(classes.unwrap_or(1 << 16));
        match cell::integer(self.text(column)) {
            Some(label) if (0..classes).contains(&label) => Ok(label as u16),
            _ => Err(self.error(column, &format!("a class, an integer of 0..={}", classes - 1))),
        }
    }

    fn group(
        &self,
        column: usize,
        split: Split,
        groups: &mut HashMap<String, Group>,
    ) -> Result<u32> {
        let name = self.text(column);
        if name.is_empty() {
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
