//! Rows of a log: features, and what each expert's answer is worth on each row.
//!
//! Rows keep the order of the log. Errors, losses and prices are all in units of one error.

mod columns;

pub use self::columns::{PartColumns, PartError};
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

    /// The same rows with other prices of expert `k`; `price` makes the new one of the old one.
    #[must_use]
    pub(crate) fn with_prices_of(&self, k: usize, price: impl Fn(f32) -> f32) -> Self {
        let mut changed = self.clone();
        for row in 0..self.rows() {
            let of_row = &mut changed.prices.row_mut(row)[k];
            *of_row = price(*of_row);
        }
        changed
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
mod tests;
