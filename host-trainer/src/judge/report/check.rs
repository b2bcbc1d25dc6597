//! What is known of a log without training.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use crate::data::dataset::Dataset;
use crate::data::folds::group_sizes;
use crate::data::notes::{GlobNote, Incomplete};
use crate::data::split::Split;
use crate::error::list;
use crate::intake::config::{AnswerColumns, Config, PriceSource};
use crate::intake::log::Header;
use crate::intake::warnings::used;
use crate::judge::terminal::align;
use crate::warnings::Warning;

/// What `mild check` says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CheckReport {
    /// The log.
    pub log: PathBuf,
    /// How the table is stored and written.
    pub recognised: String,
    /// What the names and globs of the configuration stand for.
    pub globs: Vec<GlobNote>,
    /// The inputs of a rejector, one-hot columns counted each.
    pub inputs: usize,
    /// The column of the right answer.
    pub label: Option<String>,
    /// The names of the classes, in their order.
    pub classes: Vec<String>,
    /// Columns that are not used.
    pub unused: Vec<String>,
    /// The column of the split, or how it is drawn.
    pub split: String,
    /// The parts, in the order train, calibration, test.
    pub parts: Vec<PartCount>,
    /// The experts, `local` first.
    pub experts: Vec<CheckedExpert>,
    /// What looks wrong about the log.
    pub warnings: Vec<Warning>,
}

/// The size of a part.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PartCount {
    /// Its name.
    pub split: &'static str,
    /// Its rows.
    pub rows: usize,
    /// Its groups, if the log has groups.
    pub groups: Option<usize>,
}

/// An expert as the log tells of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CheckedExpert {
    /// Its name.
    pub name: String,
    /// What says how good its answers are.
    pub judged_by: String,
    /// The rows on which it was asked.
    pub rows: usize,
    /// Its mean error on them.
    pub error: f64,
    /// The lowest price of one use on any row, in units of one error.
    pub lowest_price: f32,
    /// The highest one.
    pub highest_price: f32,
    /// The column of its prices, if they are in a column.
    pub price_column: Option<String>,
}

impl CheckReport {
    /// Of a log that has been read. Without its header nothing is said of columns that are not
    /// used.
    pub(crate) fn new(
        config: &Config,
        header: Option<&Header>,
        data: &Dataset,
        mut warnings: Vec<Warning>,
    ) -> Self {
        let unused = header.map_or_else(Vec::new, |header| {
            let used = used(config, header).into_iter();
            let columns = header.names().iter().zip(used).filter(|(_, used)| !used);
            columns.map(|(name, _)| name.clone()).collect()
        });
        if let Some(Incomplete { rows, complete, .. }) = &data.notes.incomplete {
            let text = format!(
                "everybody was asked on {complete} of {rows} rows only: training needs \
                 `complete_only = true` in `[data]`, and then takes these"
            );
            warnings.insert(0, Warning::new("incomplete", text));
        }
        let parts = Split::ALL.map(|split| {
            let part = data.part(split);
            let groups = part.groups();
            let groups =
                groups.map(|ids| group_sizes(ids).iter().filter(|&&size| size > 0).count());
            PartCount { split: split.name(), rows: part.rows(), groups }
        });
        let split = match (&config.data.split, &config.data.group) {
            (Some(column), _) => format!("column `{column}`"),
            (None, Some(group)) => format!("drawn by `{group}`, seed {}", config.train.seed),
            (None, None) => format!("drawn, seed {}", config.train.seed),
        };
        Self {
            log: config.data.log.name(),
            recognised: data.notes.recognised.clone(),
            globs: data.notes.globs.clone(),
            inputs: data.inputs(),
            label: config.data.label.clone(),
            classes: data.class_names.clone(),
            unused,
            split,
            parts: parts.to_vec(),
            experts: (0..data.experts.len()).map(|k| CheckedExpert::new(config, data, k)).collect(),
            warnings,
        }
    }

    /// For a terminal. `seconds`: how long reading took.
    pub(crate) fn render(&self, seconds: f64) -> String {
        let rows: usize = self.parts.iter().map(|part| part.rows).sum();
        let mut text = format!(
            "{}: {rows} rows, read in {seconds:.2} s ({:.0} rows a second)\n{}\n\n",
            self.log.display(),
            rows as f64 / seconds.max(1e-9),
            self.recognised
        );
        // Writing to a string cannot fail.
        for GlobNote { key, glob, columns } in &self.globs {
            if columns.len() != 1 || columns[0] != *glob {
                let names = list(columns.iter().map(String::as_str));
                let _ = writeln!(text, "`{key}`: `{glob}` stands for {}: {names}", columns.len());
            }
        }
        let _ = writeln!(text, "inputs    {}", self.inputs);
        if let Some(label) = &self.label {
            let names = list(self.classes.iter().map(String::as_str));
            let _ = writeln!(text, "label     `{label}`: {} classes: {names}", self.classes.len());
        }
        let _ = write!(text, "split     {}", self.split);
        for PartCount { split, rows, groups } in &self.parts {
            let _ = write!(text, ", {split} {rows}");
            if let Some(groups) = groups {
                let _ = write!(text, " in {groups} groups");
            }
        }
        if !self.unused.is_empty() {
            let names = list(self.unused.iter().map(String::as_str));
            let _ = write!(text, "\nnot used  {names}");
        }
        text += "\n\n";
        let header =
            ["expert", "judged by", "rows", "mean error", "price"].map(str::to_owned).to_vec();
        let experts = self.experts.iter().map(|expert| {
            let CheckedExpert { lowest_price: low, highest_price: high, .. } = expert;
            let price = if low == high { low.to_string() } else { format!("{low} to {high}") };
            let error = format!("{:.4}", expert.error);
            let rows = expert.rows.to_string();
            vec![expert.name.clone(), expert.judged_by.clone(), rows, error, price]
        });
        text += &align(&[header].into_iter().chain(experts).collect::<Vec<_>>());
        text.push('\n');
        for warning in &self.warnings {
            let _ = writeln!(text, "warning: {}", warning.text);
        }
        text += &match self.warnings.len() {
            0 => "nothing looks wrong\n".to_owned(),
            1 => "1 warning\n".to_owned(),
            warnings => format!("{warnings} warnings\n"),
        };
        text
    }
}

impl CheckedExpert {
    fn new(config: &Config, data: &Dataset, k: usize) -> Self {
        let expert = &config.experts[k];
        let parts = || Split::ALL.into_iter().map(|split| data.part(split));
        let rows: usize = parts().map(|part| part.asked_rows(k).count()).sum();
        let errors =
            parts().flat_map(|part| part.errors().column(k)).filter(|error| !error.is_nan());
        let prices = || parts().flat_map(|part| part.prices().column(k).copied());
        Self {
            name: expert.name.clone(),
            judged_by: match &expert.answer {
                AnswerColumns::Prediction(column) => format!("answer `{column}`"),
                AnswerColumns::Loss(column) => format!("loss `{column}`"),
                AnswerColumns::Score(column) => format!("score `{column}`"),
                AnswerColumns::Value { prediction: None, value } => format!("value `{value}`"),
                AnswerColumns::Value { prediction: Some(column), value } => {
                    format!("answer `{column}` and value `{value}`")
                }
            },
            rows,
            error: errors.map(|&error| f64::from(error)).sum::<f64>() / rows.max(1) as f64,
            lowest_price: prices().fold(f32::INFINITY, f32::min),
            highest_price: prices().fold(0.0, f32::max),
            price_column: match &expert.price {
                PriceSource::Fixed(_) => None,
                PriceSource::Column(column) => Some(column.clone()),
            },
        }
    }
}

/// The number of classes among the labels, if there are labels.
pub(crate) fn classes(data: &Dataset) -> Option<usize> {
    data.train.labels()?;
    let mut seen = vec![false; 1 << 16];
    for split in Split::ALL {
        for &label in data.part(split).labels().into_iter().flatten() {
            seen[usize::from(label)] = true;
        }
    }
    Some(seen.into_iter().filter(|&seen| seen).count())
}
