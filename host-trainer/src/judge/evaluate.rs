//! What a way of choosing experts is worth on some rows, with intervals.

use serde::Serialize;

use crate::arithmetic::statistics::{Bootstrap, Estimate};
use crate::data::part::Part;

/// The figures of merit of one way of choosing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Merit {
    /// Error plus price.
    pub deferral_loss: Estimate,
    /// Share of rows answered right (one minus the mean error).
    pub accuracy: Estimate,
    /// Mean price of a row, in units of one error.
    pub price: Estimate,
    /// Share of rows answered locally.
    pub coverage: Estimate,
    /// Share of rows answered by each expert.
    pub shares: Vec<f64>,
}

/// What one way of choosing gives on each row.
pub(crate) struct RowFigures {
    /// Error plus price.
    pub(crate) deferral_loss: Vec<f64>,
    /// One minus the error.
    pub(crate) accuracy: Vec<f64>,
    /// In units of one error.
    pub(crate) price: Vec<f64>,
    /// 1 where the row is answered locally, else 0.
    pub(crate) coverage: Vec<f64>,
    /// Share of rows answered by each expert.
    pub(crate) shares: Vec<f64>,
}

impl RowFigures {
    /// Of choosing expert `choices[row]` on each row of the part.
    pub(crate) fn new(part: &Part, choices: &[usize]) -> Self {
        let of = |value: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
            choices.iter().enumerate().map(|(row, &k)| value(row, k)).collect()
        };
        let share = |k: usize| choices.iter().filter(|&&choice| choice == k).count() as f64;
        let rows = choices.len().max(1) as f64;
        Self {
            deferral_loss: of(&|row, k| f64::from(part.deferral_loss(row, k))),
            accuracy: of(&|row, k| 1.0 - f64::from(part.errors().row(row)[k])),
            price: of(&|row, k| f64::from(part.prices().row(row)[k])),
            coverage: of(&|_, k| f64::from(u8::from(k == 0))),
            shares: (0..part.experts()).map(|k| share(k) / rows).collect(),
        }
    }
}

impl Merit {
    /// The merit of choosing expert `choices[row]` on each row of the part.
    #[must_use]
    pub fn new(bootstrap: &Bootstrap, part: &Part, choices: &[usize]) -> Self {
        let rows = RowFigures::new(part, choices);
        Self {
            deferral_loss: bootstrap.estimate(&rows.deferral_loss),
            accuracy: bootstrap.estimate(&rows.accuracy),
            price: bootstrap.estimate(&rows.price),
            coverage: bootstrap.estimate(&rows.coverage),
            shares: rows.shares,
        }
    }
}

/// The resamples of a part: all comparisons on it are to use the same.
#[must_use]
pub(crate) fn resamples(part: &Part, seed: u64) -> Bootstrap {
    Bootstrap::new(part.rows(), part.groups(), seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::part::PartColumns;

    fn part(groups: Option<Vec<u32>>) -> Part {
        let rows = 400;
        let errors = (0..rows).flat_map(|row| [f32::from(row % 4 == 0), 0.0]).collect();
        let prices = (0..rows).flat_map(|_| [0.0, 0.1]).collect();
        PartColumns { rows: 400, experts: 2, errors, prices, groups, ..PartColumns::default() }
            .padded()
    }

    #[test]
    fn interval_is_that_of_the_binomial() {
        let part = part(None);
        let merit = Merit::new(&resamples(&part, 1), &part, &vec![0; 400]);
        let Estimate { mean, low, high } = merit.deferral_loss;
        let half = 1.96 * (0.25f64 * 0.75 / 400.0).sqrt();
        assert!((mean - 0.25).abs() < 1e-12);
        assert!((low - (0.25 - half)).abs() < 0.006 && (high - (0.25 + half)).abs() < 0.006);
        assert_eq!((merit.coverage.mean, merit.shares[0]), (1.0, 1.0));
    }

    #[test]
    fn groups_widen_the_interval() {
        // All rows of a group are alike, so there are really only 20 observations.
        let rows = 400;
        let errors = (0..rows).flat_map(|row| [f32::from((row / 20) % 4 == 0), 0.0]).collect();
        let prices = vec![0.0; 800];
        let alone =
            PartColumns { rows, experts: 2, errors, prices, ..PartColumns::default() }.padded();
        let groups = Some((0..rows as u32).map(|row| row / 20).collect());
        let mut grouped = alone.clone();
        grouped.edit(|columns| columns.groups = groups);
        let width = |part: &Part| {
            let e = Merit::new(&resamples(part, 2), part, &vec![0; rows]).deferral_loss;
            e.high - e.low
        };
        assert!(width(&grouped) > 3.0 * width(&alone));
    }

    #[test]
    fn seeds_widen_the_interval_and_pair_like_rows() {
        let part = part(None);
        let rows: Vec<f64> = (0..400).map(|row| f64::from(u8::from(row % 4 == 0))).collect();
        let shifted = |by: f64| rows.iter().map(|loss| loss + by).collect::<Vec<_>>();
        let lines = vec![
            vec![rows.clone()],
            vec![shifted(-0.2), shifted(0.2)],
            vec![shifted(-0.1), shifted(0.3)],
        ];
        let draws = resamples(&part, 1).means_of_seeds(&lines);
        let spread = |value: &dyn Fn(&Vec<f64>) -> f64| {
            let values = draws.iter().map(value);
            values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
        };
        assert!(spread(&|draw| draw[1]) > 2.0 * spread(&|draw| draw[0]), "seeds differ");
        assert!(spread(&|draw| draw[2] - draw[1]) < 1e-9, "the same seeds are drawn for both");
        assert!(
            (draws.iter().map(|draw| draw[0]).sum::<f64>() / draws.len() as f64 - 0.25).abs()
                < 0.01
        );
    }
}
