//! What is looked at, and what is said of it.

use serde::Serialize;

use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::data::split::Split;

/// Something about a log that looks wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Warning {
    /// The kind, for programs: `constant`, `leakage` and so on.
    pub kind: &'static str,
    /// What was found, and what to do about it.
    pub text: String,
}

impl Warning {
    pub(crate) fn new(kind: &'static str, text: String) -> Self {
        Self { kind, text }
    }
}

/// How the answers of an expert are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Right or wrong, by the label.
    ByLabel,
    /// By a column of losses.
    ByLoss,
    /// By a column of scores, or by a value.
    Otherwise,
}

/// A column that the configuration does not name, although its name is one that groups have.
#[derive(Debug, Clone)]
pub(crate) struct GroupColumn {
    /// Its name.
    pub(crate) name: String,
    /// Of each row the line and a number for the value, in the order of the log.
    pub(crate) rows: Vec<(u32, u32)>,
}

/// A log with what its columns are.
pub(crate) struct Look<'a> {
    pub(crate) data: &'a Dataset,
    /// For each expert.
    pub(crate) judged: Vec<Judged>,
    /// The columns that are one input for each category.
    pub(crate) categorical: &'a [String],
    /// Columns that the configuration does not name, although they look like groups.
    pub(crate) groups: Vec<GroupColumn>,
}

/// A row, by its split and its place there.
pub(super) type Place = (Split, usize);

impl Look<'_> {
    /// The rows in the order of the log.
    pub(super) fn order(&self) -> Vec<Place> {
        let rows = |split| (0..self.data.part(split).rows()).map(move |row| (split, row));
        let mut order: Vec<Place> = Split::ALL.into_iter().flat_map(rows).collect();
        order.sort_by_key(|&(split, row)| self.data.part(split).lines()[row]);
        order
    }

    /// The parts, in the order train, calibration, test.
    pub(super) fn parts(&self) -> [&Part; 3] {
        Split::ALL.map(|split| self.data.part(split))
    }

    /// The rows of all parts.
    pub(super) fn rows(&self) -> usize {
        self.parts().iter().map(|part| part.rows()).sum()
    }

    /// The inputs that are numbers, with their names.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (usize, &str)> {
        let names = self.data.feature_names.iter().map(String::as_str).enumerate();
        names.filter(|(_, name)| {
            !self.categorical.iter().any(|column| category(name, column).is_some())
        })
    }

    /// The inputs of a categorical column, each with its category.
    pub(super) fn categories<'a>(&'a self, column: &'a str) -> Vec<(usize, &'a str)> {
        let names = self.data.feature_names.iter().enumerate();
        names.filter_map(|(input, name)| Some((input, category(name, column)?))).collect()
    }
}

/// The category of a one-hot input of a column.
fn category<'a>(input: &'a str, column: &str) -> Option<&'a str> {
    input.strip_prefix(column)?.strip_prefix('=')
}

/// The first few of many names.
pub(super) fn some(names: &[&str]) -> String {
    crate::error::list(names.iter().copied())
}
