//! The columns of a part, which a part is built from.

use crate::data::confidence::Confidence;
use crate::data::matrix::ShapeError;

/// The columns of a part before they are known to fit each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartColumns {
    /// The number of rows.
    pub rows: usize,
    /// The number of features of a row.
    pub inputs: usize,
    /// The number of experts.
    pub experts: usize,
    /// `rows` x `inputs`, finite.
    pub features: Vec<f32>,
    /// `rows` x `experts`: 0 (right), 1 (wrong), or a loss of 0 to 1; NaN where the expert was not
    /// asked.
    pub errors: Vec<f32>,
    /// `rows` x `experts`: the price of asking, >= 0.
    pub prices: Vec<f32>,
    /// `rows`: the group of a row. Ids are dense over the whole log, not over this part.
    pub groups: Option<Vec<u32>>,
    /// `rows`: the class of a row.
    pub labels: Option<Vec<u16>>,
    /// `rows`: the class that the local model predicts, by a code of its own, if its answers are
    /// classes.
    pub local_classes: Option<Vec<u16>>,
    /// `rows`: how sure the local model is of its answer, if the log says so.
    pub confidence: Option<Confidence>,
    /// `rows`: the line of the log on which a row begins; the header is line 1.
    pub lines: Vec<u32>,
}

/// A column that does not fit the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{column} of a part: {source}")]
pub struct PartError {
    /// The column: `features`, `errors` and so on.
    pub column: &'static str,
    /// What it has, and what it should have.
    pub source: ShapeError,
}
