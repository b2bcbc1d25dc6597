//! How sure the local model is of its answers, as the log has it.

use crate::data::matrix::{Matrix, ShapeError};

/// Of each row either the largest softmax of the local model alone, or the probabilities of all
/// classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Confidence {
    /// One column, or one for each class; values of 0 to 1.
    values: Matrix<f32>,
}

impl Confidence {
    /// Rows of one value, the largest softmax, or of as many as there are classes; `width` > 0.
    ///
    /// # Errors
    /// [`ShapeError`] if the values do not fill whole rows.
    pub fn new(width: usize, values: Vec<f32>) -> Result<Self, ShapeError> {
        let rows = values.len() / width.max(1);
        Ok(Self { values: Matrix::new(rows, width, values)? })
    }

    /// No rows yet, of `width` values each.
    pub(crate) fn empty(width: usize) -> Self {
        Self { values: Matrix::filled(0, width, 0.0) }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: &[f32]) {
        self.values.push_row(row);
    }

    /// These rows and then others of as many values.
    pub(crate) fn with_rows(&self, others: &Self) -> Self {
        Self { values: self.values.with_rows(&others.values) }
    }

    /// The number of classes, if the probabilities of all are known.
    #[must_use]
    pub fn classes(&self) -> Option<usize> {
        Some(self.values.columns()).filter(|&classes| classes > 1)
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.rows()
    }

    /// The values of a row: the largest softmax, or the probabilities of all classes.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        self.values.row(row)
    }

    /// The two largest values of a row, the larger first; the second is 0 if only the largest is
    /// known.
    #[must_use]
    pub fn top_two(&self, row: usize) -> [f64; 2] {
        let order = |[first, second]: [f32; 2], &p: &f32| {
            if p > first { [p, first] } else { [first, second.max(p)] }
        };
        self.row(row).iter().fold([0.0; 2], order).map(f64::from)
    }

    pub(crate) fn subset(&self, rows: &[usize]) -> Self {
        Self { values: self.values.select_rows(rows) }
    }

    pub(crate) fn keep(&mut self, rows: &[usize]) {
        self.values.keep_rows(rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_largest_wherever_they_stand() {
        let all = Confidence::new(3, vec![0.5, 0.125, 0.375, 0.25, 0.5, 0.25, 0.25, 0.375, 0.375])
            .unwrap();
        assert_eq!((all.rows(), all.classes()), (3, Some(3)));
        assert_eq!([0, 1, 2].map(|row| all.top_two(row)), [[0.5, 0.375], [0.5, 0.25], [0.375; 2]]);
        let largest = Confidence::new(1, vec![0.75, 0.5]).unwrap();
        assert_eq!((largest.rows(), largest.classes()), (2, None));
        assert_eq!(largest.top_two(1), [0.5, 0.0]);
    }
}
