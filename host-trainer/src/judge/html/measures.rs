//! What is counted of an operating point: shares of groups of rows.

use super::points::Point;
use crate::data::part::Part;

/// What is counted among the rows of a group.
#[derive(Debug, Clone, Copy)]
pub(super) enum Measure {
    /// Rows that are not answered by the device.
    Deferred,
    /// Rows that are answered right.
    Right,
    /// Rows on which this expert is asked.
    Asked(usize),
    /// Rows on which the expert of the group's own number is asked.
    AskedItself,
}

/// Groups of rows, of which the shares are shown.
pub(super) enum Groups<'a> {
    /// The same at all prices. Each entry is one way of dividing the rows into groups.
    Fixed(&'a [&'a [Vec<usize>]]),
    /// By the cheapest right expert, nobody being the last; they move with the prices.
    Cheapest(&'a [Vec<usize>]),
}

impl Measure {
    /// The share of these rows, the group `group`; none of no rows.
    pub(super) fn of(
        self,
        part: &Part,
        point: &Point,
        group: usize,
        rows: &[usize],
    ) -> Option<f64> {
        let choice = |row: usize| usize::from(point.choices[row]);
        let asked = |k: usize| rows.iter().filter(|&&row| choice(row) == k).count() as f64;
        let right = |row: usize| 1.0 - f64::from(part.errors().row(row)[choice(row)]);
        let sum = match self {
            Self::Deferred => rows.len() as f64 - asked(0),
            Self::Right => rows.iter().map(|&row| right(row)).sum(),
            Self::Asked(k) => asked(k),
            Self::AskedItself if group < part.experts() => asked(group),
            Self::AskedItself => return None,
        };
        (!rows.is_empty()).then(|| sum / rows.len() as f64)
    }
}
