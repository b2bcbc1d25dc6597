//! Rows of equal length, one behind the other.

/// The given rows, `width` values each, in the given order.
pub(crate) fn gather<T: Copy>(values: &[T], width: usize, rows: &[usize]) -> Vec<T> {
    let mut gathered = Vec::with_capacity(rows.len() * width);
    for &row in rows {
        gathered.extend_from_slice(&values[row * width..][..width]);
    }
    gathered
}

/// Keeps the given rows, which must ascend, in place.
pub(crate) fn compact<T: Copy>(values: &mut Vec<T>, width: usize, rows: &[usize]) {
    for (place, &row) in rows.iter().enumerate() {
        values.copy_within(row * width..(row + 1) * width, place * width);
    }
    values.truncate(rows.len() * width);
    values.shrink_to_fit();
}
