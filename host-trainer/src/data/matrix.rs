//! A table of numbers with rows of equal length.

use std::ops::{Index, IndexMut};

/// Rows of equal length, one behind the other in memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix<T> {
    rows: usize,
    columns: usize,
    values: Vec<T>,
}

/// A matrix that has another number of values than its shape says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("found {found} values, expected {rows} rows of {columns}")]
pub struct ShapeError {
    /// The number of values.
    pub found: usize,
    /// The number of rows.
    pub rows: usize,
    /// The values of each row.
    pub columns: usize,
}

impl<T> Matrix<T> {
    /// A matrix of `rows` rows of `columns` values, row by row.
    ///
    /// # Errors
    /// [`ShapeError`] if there are more or fewer values.
    pub fn new(rows: usize, columns: usize, values: Vec<T>) -> Result<Self, ShapeError> {
        if rows.checked_mul(columns) == Some(values.len()) {
            Ok(Self { rows, columns, values })
        } else {
            Err(ShapeError { found: values.len(), rows, columns })
        }
    }

    /// A matrix of `value(row, column)`.
    #[must_use]
    pub fn from_fn(rows: usize, columns: usize, value: impl Fn(usize, usize) -> T) -> Self {
        let mut values = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            values.extend((0..columns).map(|column| value(row, column)));
        }
        Self { rows, columns, values }
    }

    /// The number of rows.
    #[inline]
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The values of each row.
    #[inline]
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One row.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline]
    #[must_use]
    pub fn row(&self, row: usize) -> &[T] {
        &self.values[row * self.columns..][..self.columns]
    }

    /// One row, to be changed.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline]
    #[must_use]
    pub fn row_mut(&mut self, row: usize) -> &mut [T] {
        &mut self.values[row * self.columns..][..self.columns]
    }

    /// All rows in order.
    pub fn iter_rows(&self) -> impl ExactSizeIterator<Item = &[T]> + DoubleEndedIterator {
        (0..self.rows).map(|row| self.row(row))
    }

    /// All rows in order, to be changed.
    pub fn iter_rows_mut(&mut self) -> impl ExactSizeIterator<Item = &mut [T]> {
        // Rows without values are equal, and there is nothing in them to change.
        self.values.chunks_exact_mut(self.columns.max(1))
    }

    /// The same shape with another value in each place.
    #[must_use]
    pub fn map<U>(self, value: impl FnMut(T) -> U) -> Matrix<U> {
        let values = self.values.into_iter().map(value).collect();
        Matrix { rows: self.rows, columns: self.columns, values }
    }

    /// One column, from the first row to the last.
    pub fn column(&self, column: usize) -> impl Iterator<Item = &T> + Clone {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        self.values.iter().skip(column).step_by(self.columns)
    }

    /// All values, row by row.
    #[inline]
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// All values, row by row, to be changed.
    #[inline]
    #[must_use]
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// All values, row by row.
    #[must_use]
    pub fn into_values(self) -> Vec<T> {
        self.values
    }
}

impl<T: Copy> Matrix<T> {
    /// A matrix with the same value everywhere.
    #[must_use]
    pub fn filled(rows: usize, columns: usize, value: T) -> Self {
        Self { rows, columns, values: vec![value; rows * columns] }
    }

    /// The given rows, in the given order.
    #[must_use]
    pub fn select_rows(&self, rows: &[usize]) -> Self {
        Self { rows: rows.len(), values: gather(&self.values, self.columns, rows), ..*self }
    }

    /// The given columns, in the given order.
    #[must_use]
    pub fn select_columns(&self, columns: &[usize]) -> Self {
        Self::from_fn(self.rows, columns.len(), |row, k| self.row(row)[columns[k]])
    }

    /// The same rows with one more value each.
    #[must_use]
    pub fn with_column(&self, value: impl Fn(usize) -> T) -> Self {
        Self::from_fn(self.rows, self.columns + 1, |row, k| {
            self.row(row).get(k).copied().unwrap_or_else(|| value(row))
        })
    }

    /// These rows and then those of another matrix.
    ///
    /// # Panics
    /// If its rows have another length.
    #[must_use]
    pub fn with_rows(&self, others: &Self) -> Self {
        assert_eq!(others.columns, self.columns, "values of a row");
        let values = [&self.values[..], &others.values].concat();
        Self { rows: self.rows + others.rows, values, ..*self }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If it has another length than the others.
    pub fn push_row(&mut self, row: &[T]) {
        assert_eq!(row.len(), self.columns, "values of a row");
        self.values.extend_from_slice(row);
        self.rows += 1;
    }

    /// Keeps the given rows, which must ascend, without a second copy of them.
    pub(crate) fn keep_rows(&mut self, rows: &[usize]) {
        compact(&mut self.values, self.columns, rows);
        self.rows = rows.len();
    }

    /// Makes every row `columns` long, which is no fewer than before, and fills what is new. In
    /// place, from the last row on.
    pub(crate) fn widen(&mut self, columns: usize, value: T) {
        let narrow = self.columns;
        if columns > narrow {
            self.values.reserve_exact(self.rows * (columns - narrow));
            self.values.resize(self.rows * columns, value);
            for row in (0..self.rows).rev() {
                self.values.copy_within(row * narrow..(row + 1) * narrow, row * columns);
                self.values[row * columns..][..columns][narrow..].fill(value);
            }
            self.columns = columns;
        }
        self.values.shrink_to_fit();
    }
}

impl<T> Index<(usize, usize)> for Matrix<T> {
    type Output = T;

    #[inline]
    fn index(&self, (row, column): (usize, usize)) -> &T {
        &self.row(row)[column]
    }
}

impl<T> IndexMut<(usize, usize)> for Matrix<T> {
    #[inline]
    fn index_mut(&mut self, (row, column): (usize, usize)) -> &mut T {
        &mut self.row_mut(row)[column]
    }
}

/// The given rows of `width` values each, in the given order.
pub(crate) fn gather<T: Copy>(values: &[T], width: usize, rows: &[usize]) -> Vec<T> {
    let mut gathered = Vec::with_capacity(rows.len() * width);
    for &row in rows {
        gathered.extend_from_slice(&values[row * width..][..width]);
    }
    gathered
}

/// Keeps the given rows of `width` values each, which must ascend, in place.
pub(crate) fn compact<T: Copy>(values: &mut Vec<T>, width: usize, rows: &[usize]) {
    for (to, &row) in rows.iter().enumerate() {
        values.copy_within(row * width..(row + 1) * width, to * width);
    }
    values.truncate(rows.len() * width);
    values.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(rows: usize, columns: usize) -> Matrix<usize> {
        Matrix::new(rows, columns, (0..rows * columns).collect()).unwrap()
    }

    #[test]
    fn values_that_do_not_fit_the_shape_are_refused_with_both_numbers() {
        let error = Matrix::new(2, 3, vec![0; 5]).unwrap_err();
        assert_eq!(error.to_string(), "found 5 values, expected 2 rows of 3");
        assert!(Matrix::new(usize::MAX, 2, vec![0; 5]).is_err());
        let empty = Matrix::<f32>::new(4, 0, Vec::new()).unwrap();
        assert_eq!((empty.rows(), empty.iter_rows().len(), empty.row(3)), (4, 4, &[][..]));
    }

    #[test]
    fn rows_and_columns_are_selected_added_and_kept() {
        let whole = counted(4, 2);
        assert_eq!(whole.row(2), [4, 5]);
        assert_eq!(whole.column(1).copied().collect::<Vec<_>>(), [1, 3, 5, 7]);
        assert_eq!(whole.select_rows(&[3, 0]).values(), [6, 7, 0, 1]);
        assert_eq!(whole.select_columns(&[1]).with_column(|row| 2 * row), {
            let swapped = whole.select_columns(&[1, 0]);
            assert_eq!(swapped[(1, 0)], 3);
            swapped
        });
        let mut kept = whole.clone();
        kept.keep_rows(&[1, 3]);
        assert_eq!(kept, whole.select_rows(&[1, 3]));
        kept.widen(4, 9);
        assert_eq!(kept.values(), [2, 3, 9, 9, 6, 7, 9, 9]);
    }
}
