//! A logistic model that deferring is better, of the two largest probabilities of the local model.
//!
//! The gate is DIME's by description alone: the publication was not read. Derived here: rows weigh
//! as much as the deferral losses of the two actions differ, so that a probability of 0.5 is where
//! their expected losses are equal.

use crate::data::matrix::Matrix;
use crate::learn::logistic::{Target, fit, pull};
use crate::learn::platt_scaling::sigmoid;

/// Weight of half the squared norm, and share of a row's weight on its other side: keep the
/// coefficients finite on rows that can be separated or are all of one side.
const RIDGE: f64 = 1e-6;

/// `sigmoid(bias + slopes . (largest, second))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Logistic {
    pub(super) bias: f64,
    pub(super) slopes: [f64; 2],
}

impl Logistic {
    /// Fits rows of the two largest probabilities beside what deferring gains.
    pub(super) fn fit(rows: &[([f64; 2], f64)]) -> Self {
        let features = Matrix::from_fn(rows.len(), 2, |row, at| rows[row].0[at]);
        let target = |&(_, gain): &([f64; 2], f64)| Target {
            rival: 0.0,
            above: gain.max(0.0),
            below: (-gain).max(0.0),
        };
        let mut targets: Vec<Target> = rows.iter().map(target).collect();
        pull(&mut targets, RIDGE);
        let parameters = fit(&features, &targets, RIDGE);
        Self { bias: parameters[2], slopes: [parameters[0], parameters[1]] }
    }

    /// The probability that deferring is better.
    pub(super) fn probability(&self, [first, second]: [f64; 2]) -> f64 {
        sigmoid(self.bias + self.slopes[0] * first + self.slopes[1] * second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::random::Random;

    /// Probabilities of three classes; deferring gains 0.9 or loses 0.1 by the odds of `truth`.
    fn rows(truth: Logistic, count: usize) -> Vec<([f64; 2], f64)> {
        let mut random = Random::new(5);
        let row = |_| {
            let first = 0.4 + 0.6 * random.uniform();
            let second = (1.0 - first) * (0.5 + 0.5 * random.uniform());
            let q = truth.probability([first, second]);
            ([first, second], if random.uniform() < q { 0.9 } else { -0.1 })
        };
        (0..count).map(row).collect()
    }

    #[test]
    fn one_half_is_where_the_expected_losses_are_equal() {
        let truth = Logistic { bias: 3.0, slopes: [-8.0, 2.0] };
        let fitted = Logistic::fit(&rows(truth, 40_000));
        // A gain weighs nine times as much as a loss: log-odds are higher by ln 9.
        let shift = 9f64.ln();
        for top in [[0.5, 0.4], [0.6, 0.3], [0.8, 0.1], [0.95, 0.04]] {
            let z = truth.bias + shift + truth.slopes[0] * top[0] + truth.slopes[1] * top[1];
            assert!((fitted.probability(top) - sigmoid(z)).abs() < 0.03, "{top:?} {fitted:?}");
        }
    }

    #[test]
    fn separable_one_sided_and_no_rows_stay_finite() {
        let separable: Vec<_> = (0..50)
            .map(|i| ([f64::from(i) / 50.0, 0.0], if i < 25 { 1.0 } else { -1.0 }))
            .collect();
        let one_sided: Vec<_> = separable.iter().map(|&(top, _)| (top, 1.0)).collect();
        for rows in [&separable[..], &one_sided, &[]] {
            let Logistic { bias, slopes } = Logistic::fit(rows);
            assert!([bias, slopes[0], slopes[1]].iter().all(|p| p.is_finite()));
        }
        let fitted = Logistic::fit(&separable);
        assert!(
            separable.iter().all(|&(top, gain)| (fitted.probability(top) > 0.5) == (gain > 0.0))
        );
    }
}
