//! Rows of a log: features, and what each expert's answer is worth on each row.
//!
//! Rows keep the order of the log. Errors, losses and prices are all in units of one error.

use crate::data::confidence::Confidence;
use crate::data::folds;
use crate::data::matrix::{Matrix, ShapeError, compact, gather};

/// Rows of a log. All of its columns have the same number of rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part {
    features: Matrix<f32>,
    errors: Matrix<f32>,
    prices: Matrix<f32>,
    groups: Option<Vec<u32>>,
    labels: Option<Vec<u16>>,
    local_classes: Option<Vec<u16>>,
    confidence: Option<Confidence>,
    lines: Vec<u32>,
}

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

impl PartColumns {
    /// The part with these columns; what is left empty is filled with zeros and the lines from 2
    /// on.
    ///
    /// # Panics
    /// If the columns do not fit each other.
    #[cfg(test)]
    pub(crate) fn padded(mut self) -> Part {
        let pad = |values: &mut Vec<f32>, columns: usize| {
            if values.is_empty() {
                values.resize(self.rows * columns, 0.0);
            }
        };
        pad(&mut self.features, self.inputs);
        pad(&mut self.errors, self.experts);
        pad(&mut self.prices, self.experts);
        if self.lines.is_empty() {
            self.lines = (2..self.rows as u32 + 2).collect();
        }
        self.build().expect("columns that fit each other")
    }

    /// The part with these columns.
    ///
    /// # Errors
    /// [`PartError`] if a column has more or fewer values than `rows` rows take.
    pub fn build(self) -> Result<Part, PartError> {
        let rows = self.rows;
        let matrix = |column, width, values| {
            Matrix::new(rows, width, values).map_err(|source| PartError { column, source })
        };
        let check = |column, found: Option<usize>| match found {
            Some(found) if found != rows => {
                Err(PartError { column, source: ShapeError { found, rows, columns: 1 } })
            }
            _ => Ok(()),
        };
        check("groups", self.groups.as_ref().map(Vec::len))?;
        check("labels", self.labels.as_ref().map(Vec::len))?;
        check("local classes", self.local_classes.as_ref().map(Vec::len))?;
        check("confidence", self.confidence.as_ref().map(Confidence::rows))?;
        check("lines", Some(self.lines.len()))?;
        Ok(Part {
            features: matrix("features", self.inputs, self.features)?,
            errors: matrix("errors", self.experts, self.errors)?,
            prices: matrix("prices", self.experts, self.prices)?,
            groups: self.groups,
            labels: self.labels,
            local_classes: self.local_classes,
            confidence: self.confidence,
            lines: self.lines,
        })
    }
}

impl Part {
    /// The number of rows.
    #[inline]
    #[must_use]
    pub fn rows(&self) -> usize {
        self.features.rows()
    }

    /// The number of features of a row.
    #[inline]
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.features.columns()
    }

    /// The number of experts.
    #[inline]
    #[must_use]
    pub fn experts(&self) -> usize {
        self.errors.columns()
    }

    /// Rows x inputs, finite.
    #[must_use]
    pub fn features(&self) -> &Matrix<f32> {
        &self.features
    }

    /// Rows x experts: 0 (right), 1 (wrong), or a loss of 0 to 1; NaN where the expert was not
    /// asked, which only logs that are to be described have.
    #[inline]
    #[must_use]
    pub fn errors(&self) -> &Matrix<f32> {
        &self.errors
    }

    /// Rows x experts: the price of asking, >= 0.
    #[inline]
    #[must_use]
    pub fn prices(&self) -> &Matrix<f32> {
        &self.prices
    }

    /// The group of every row, if the log has groups. Ids are dense over the whole log, not over
    /// this part.
    #[must_use]
    pub fn groups(&self) -> Option<&[u32]> {
        self.groups.as_deref()
    }

    /// The class of every row, if the log has labels.
    #[must_use]
    pub fn labels(&self) -> Option<&[u16]> {
        self.labels.as_deref()
    }

    /// The class that the local model predicts on every row, if its answers are classes. The codes
    /// say which answers are equal and nothing else; they are not those of the labels.
    #[must_use]
    pub fn local_classes(&self) -> Option<&[u16]> {
        self.local_classes.as_deref()
    }

    /// How sure the local model is of its answers, if the log says so.
    #[must_use]
    pub fn confidence(&self) -> Option<&Confidence> {
        self.confidence.as_ref()
    }

    /// The line of the log on which every row begins; the header is line 1.
    #[must_use]
    pub fn lines(&self) -> &[u32] {
        &self.lines
    }

    /// The features of one row.
    ///
    /// # Panics
    /// If there is no such row, as all access by row.
    #[inline]
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        self.features.row(row)
    }

    /// Whether expert `k` was asked on a row.
    #[must_use]
    pub fn is_asked(&self, row: usize, k: usize) -> bool {
        !self.errors.row(row)[k].is_nan()
    }

    /// The rows on which expert `k` was asked.
    pub fn asked_rows(&self, k: usize) -> impl Iterator<Item = usize> {
        (0..self.rows()).filter(move |&row| self.is_asked(row, k))
    }

    /// Whether everybody was asked on every row.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.errors.values().iter().any(|error| error.is_nan())
    }

    /// The deferral loss of asking expert `k` on a row: its error plus its price; NaN if it was not
    /// asked.
    #[inline]
    #[must_use]
    pub fn deferral_loss(&self, row: usize, k: usize) -> f32 {
        self.errors.row(row)[k] + self.prices.row(row)[k]
    }

    /// The deferral losses of some rows: rows x experts.
    #[must_use]
    pub fn deferral_losses(&self, rows: &[usize]) -> Matrix<f32> {
        Matrix::from_fn(rows.len(), self.experts(), |row, k| self.deferral_loss(rows[row], k))
    }

    /// The mean deferral loss of asking expert `choose(row)` on every row; 0 without rows.
    #[must_use]
    pub fn mean_deferral_loss(&self, choose: impl Fn(usize) -> usize) -> f64 {
        let rows = 0..self.rows();
        let sum: f64 = rows.map(|row| f64::from(self.deferral_loss(row, choose(row)))).sum();
        sum / self.rows().max(1) as f64
    }

    /// The same rows with these experts alone, in this order.
    #[must_use]
    pub fn only_experts(&self, experts: &[usize]) -> Self {
        let errors = self.errors.select_columns(experts);
        Self { errors, prices: self.prices.select_columns(experts), ..self.clone() }
    }

    /// The same rows with one more expert, behind the others; `error(row)` is its error.
    #[must_use]
    pub fn with_expert(&self, price: f32, error: impl Fn(usize) -> f32) -> Self {
        let errors = self.errors.with_column(error);
        Self { errors, prices: self.prices.with_column(|_| price), ..self.clone() }
    }

    /// The given rows, in the given order.
    #[must_use]
    pub fn subset(&self, rows: &[usize]) -> Self {
        Self {
            features: self.features.select_rows(rows),
            errors: self.errors.select_rows(rows),
            prices: self.prices.select_rows(rows),
            groups: self.groups.as_ref().map(|v| gather(v, 1, rows)),
            labels: self.labels.as_ref().map(|v| gather(v, 1, rows)),
            local_classes: self.local_classes.as_ref().map(|v| gather(v, 1, rows)),
            confidence: self.confidence.as_ref().map(|v| v.subset(rows)),
            lines: gather(&self.lines, 1, rows),
        }
    }

    /// These rows and then others of the same log.
    ///
    /// # Panics
    /// If the others have other features or experts.
    #[must_use]
    pub fn with_rows(&self, others: &Self) -> Self {
        fn chain<T: Copy>(a: &[T], b: &[T]) -> Vec<T> {
            [a, b].concat()
        }
        Self {
            features: self.features.with_rows(&others.features),
            errors: self.errors.with_rows(&others.errors),
            prices: self.prices.with_rows(&others.prices),
            groups: self.groups().zip(others.groups()).map(|(a, b)| chain(a, b)),
            labels: self.labels().zip(others.labels()).map(|(a, b)| chain(a, b)),
            local_classes: self
                .local_classes()
                .zip(others.local_classes())
                .map(|(a, b)| chain(a, b)),
            confidence: self.confidence().zip(others.confidence()).map(|(a, b)| a.with_rows(b)),
            lines: chain(&self.lines, &others.lines),
        }
    }

    /// Keeps the given rows, which must ascend, without a second copy of them.
    pub(crate) fn keep(&mut self, rows: &[usize]) {
        self.features.keep_rows(rows);
        self.errors.keep_rows(rows);
        self.prices.keep_rows(rows);
        if let Some(groups) = &mut self.groups {
            compact(groups, 1, rows);
        }
        for classes in [&mut self.labels, &mut self.local_classes].into_iter().flatten() {
            compact(classes, 1, rows);
        }
        if let Some(confidence) = &mut self.confidence {
            confidence.keep(rows);
        }
        compact(&mut self.lines, 1, rows);
    }

    /// Gives every row features up to `inputs`, in place; `fill(row, features)` sets the new ones
    /// of a row, which are 0.
    pub(crate) fn widen(&mut self, inputs: usize, fill: impl Fn(usize, &mut [f32])) {
        self.features.widen(inputs, 0.0);
        for row in 0..self.rows() {
            fill(row, self.features.row_mut(row));
        }
    }

    /// Deals the rows into `k` folds of nearly equal size, groups kept together, and returns the
    /// fold of every row.
    ///
    /// # Panics
    /// If `k` is 0.
    #[must_use]
    pub fn folds(&self, k: u8, seed: u64) -> Vec<u8> {
        folds::deal(self.rows(), self.groups(), k, seed)
    }

    /// The columns, to be changed and built again.
    #[must_use]
    pub fn into_columns(self) -> PartColumns {
        PartColumns {
            rows: self.rows(),
            inputs: self.inputs(),
            experts: self.experts(),
            features: self.features.into_values(),
            errors: self.errors.into_values(),
            prices: self.prices.into_values(),
            groups: self.groups,
            labels: self.labels,
            local_classes: self.local_classes,
            confidence: self.confidence,
            lines: self.lines,
        }
    }

    /// Changes the columns.
    ///
    /// # Panics
    /// If they do not fit each other afterwards.
    #[cfg(test)]
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut PartColumns)) {
        let mut columns = std::mem::take(self).into_columns();
        change(&mut columns);
        *self = columns.build().expect("columns that fit each other");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(groups: Option<Vec<u32>>, rows: usize) -> PartColumns {
        let confidence = Confidence::new(2, (0..rows * 2).map(|v| v as f32).collect());
        PartColumns {
            rows,
            inputs: 2,
            experts: 2,
            features: (0..rows * 2).map(|v| v as f32).collect(),
            errors: (0..rows * 2).map(|v| (v % 2) as f32).collect(),
            prices: vec![0.25; rows * 2],
            groups,
            labels: Some((0..rows as u16).collect()),
            local_classes: Some((0..rows as u16).map(|row| row / 2).collect()),
            confidence: Some(confidence.unwrap()),
            lines: (2..rows as u32 + 2).collect(),
        }
    }

    fn part(groups: Option<Vec<u32>>, rows: usize) -> Part {
        columns(groups, rows).build().unwrap()
    }

    #[test]
    fn rows_have_their_values() {
        let part = part(None, 3);
        assert_eq!(part.row(1), [2.0, 3.0]);
        assert_eq!(part.errors().row(2), [0.0, 1.0]);
        assert_eq!(part.prices().row(2), [0.25, 0.25]);
        assert_eq!(part.deferral_loss(0, 1), 1.25);
        assert_eq!(part.mean_deferral_loss(|i| usize::from(i == 0)), (1.25 + 0.25 + 0.25) / 3.0);
        assert_eq!(part.deferral_losses(&[2, 0]).values(), [0.25, 1.25, 0.25, 1.25]);
        assert_eq!(part.clone().into_columns().build(), Ok(part));
    }

    #[test]
    fn columns_that_disagree_are_refused() {
        let refused = |change: &dyn Fn(&mut PartColumns)| {
            let mut columns = columns(Some(vec![0, 0, 1]), 3);
            change(&mut columns);
            columns.build().unwrap_err().to_string()
        };
        let text = refused(&|columns| columns.inputs = 3);
        assert_eq!(text, "features of a part: found 6 values, expected 3 rows of 3");
        assert!(refused(&|columns| columns.experts = 1).starts_with("errors of a part: found 6"));
        assert!(refused(&|columns| columns.prices.truncate(5)).starts_with("prices of a part"));
        assert!(refused(&|columns| columns.groups = Some(vec![0])).starts_with("groups of a part"));
        assert!(refused(&|columns| columns.labels = Some(vec![])).starts_with("labels of a part"));
        assert!(refused(&|columns| columns.lines.push(9)).starts_with("lines of a part"));
        let text = refused(&|columns| columns.local_classes = Some(vec![0; 4]));
        assert!(text.starts_with("local classes of a part: found 4"), "{text}");
        let short = Confidence::new(1, vec![0.5]).unwrap();
        let text = refused(&|columns| columns.confidence = Some(short.clone()));
        assert_eq!(text, "confidence of a part: found 1 values, expected 3 rows of 1");
    }

    #[test]
    fn keep_is_subset_in_place() {
        let whole = part(Some(vec![0, 0, 1, 2, 1]), 5);
        let chosen = whole.subset(&[1, 2, 4]);
        assert_eq!(chosen.row(2), [8.0, 9.0]);
        assert_eq!(chosen.groups(), Some(&[0, 1, 1][..]));
        assert_eq!(chosen.lines(), [3, 4, 6]);
        assert_eq!(chosen.local_classes(), Some(&[0, 1, 2][..]));
        let confidence = Confidence::new(2, vec![2.0, 3.0, 4.0, 5.0, 8.0, 9.0]).unwrap();
        assert_eq!(chosen.confidence(), Some(&confidence));
        let mut kept = whole.clone();
        kept.keep(&[1, 2, 4]);
        assert_eq!(kept, chosen);
    }

    #[test]
    fn experts_keep_their_columns() {
        let mut whole = part(None, 3);
        whole.edit(|columns| columns.errors = vec![0.0, 1.0, 0.5, 0.25, 1.0, 0.0]);
        let one = whole.only_experts(&[0]);
        assert_eq!((one.experts(), one.errors().values()), (1, &[0.0, 0.5, 1.0][..]));
        assert_eq!((one.prices().values().len(), one.inputs()), (3, 2));
        assert_eq!(whole.only_experts(&[0, 1]), whole);
        let swapped = whole.only_experts(&[1, 0]);
        assert_eq!(swapped.errors().values(), [1.0, 0.0, 0.25, 0.5, 0.0, 1.0]);
        let again = one.with_expert(0.25, |row| [1.0, 0.25, 0.0][row]);
        assert_eq!(again, whole, "taken away and put back");
    }

    #[test]
    fn two_halves_are_the_whole() {
        let whole = part(Some(vec![0, 0, 1, 2, 1]), 5);
        let (first, second) = (whole.subset(&[0, 1]), whole.subset(&[2, 3, 4]));
        assert_eq!(first.with_rows(&second), whole);
        let without_groups = part(None, 5);
        assert_eq!(first.with_rows(&without_groups).groups(), None);
    }

    #[test]
    fn new_features_are_0_or_filled() {
        let mut part = part(None, 2);
        part.widen(4, |row, features| features[2 + row] = 1.0);
        assert_eq!(part.features().values(), [0.0, 1.0, 1.0, 0.0, 2.0, 3.0, 0.0, 1.0]);
    }
}
