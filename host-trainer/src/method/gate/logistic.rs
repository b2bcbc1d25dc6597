//! A logistic model that deferring is better, of the two largest probabilities of the local model.
//!
//! The gate is DIME's by description alone: the publication was not read. Derived here: rows weigh as much
//! as the deferral losses of the two actions differ, so that a probability of 0.5 is where their expected
//! losses are equal.

use std::ops::ControlFlow;

use crate::optimize::minimize;
use crate::probability::sigmoid;

/// Weight of half the squared norm, per row: keeps the coefficients finite on rows that can be separated.
const RIDGE: f64 = 1e-6;

/// More than three parameters need.
const ITERATIONS: usize = 200;

/// `sigmoid(bias + slopes . (largest, second))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Logistic {
    pub(super) bias: f64,
    pub(super) slopes: [f64; 2],
}

impl Logistic {
    /// Fits rows of the two largest probabilities beside what deferring gains.
    pub(super) fn fit(rows: &[([f64; 2], f64)]) -> Self {
        let mut parameters = vec![0.0; 3];
        let objective =
            |parameters: &[f64], gradient: &mut [f64]| objective(rows, parameters, gradient);
        minimize(&mut parameters, ITERATIONS, objective, |_, _| ControlFlow::Continue(()));
        Self { bias: parameters[0], slopes: [parameters[1], parameters[2]] }
    }

    /// The probability that deferring is better.
    pub(super) fn probability(&self, [first, second]: [f64; 2]) -> f64 {
        sigmoid(self.bias + self.slopes[0] * first + self.slopes[1] * second)
    }
}

/// The mean weighted log loss and its gradient.
fn objective(rows: &[([f64; 2], f64)], parameters: &[f64], gradient: &mut [f64]) -> f64 {
    let count = rows.len().max(1) as f64;
    gradient.iter_mut().zip(parameters).for_each(|(g, p)| *g = RIDGE * p);
    let mut value = 0.5 * RIDGE * parameters.iter().map(|p| p * p).sum::<f64>();
    for &([first, second], gain) in rows {
        let z = parameters[0] + parameters[1] * first + parameters[2] * second;
        let weight = gain.abs() / count;
        let against = if gain > 0.0 { -z } else { z };
        value += weight * (against.max(0.0) + libm::log1p(libm::exp(-z.abs())));
        let slope = weight * (sigmoid(z) - if gain > 0.0 { 1.0 } else { 0.0 });
        gradient.iter_mut().zip([1.0, first, second]).for_each(|(g, x)| *g += slope * x);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

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
    fn the_gradient_is_that_of_the_value() {
        let rows = rows(Logistic { bias: 1.0, slopes: [-2.0, 1.0] }, 40);
        let at = [0.3, -1.2, 0.7];
        let mut gradient = [0.0; 3];
        objective(&rows, &at, &mut gradient);
        for j in 0..3 {
            let value = |step: f64| {
                let mut moved = at;
                moved[j] += step;
                objective(&rows, &moved, &mut [0.0; 3])
            };
            let numeric = (value(1e-5) - value(-1e-5)) / 2e-5;
            assert!((numeric - gradient[j]).abs() < 1e-8, "{j}: {numeric} {}", gradient[j]);
        }
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
    fn a_row_twice_is_a_row_of_twice_the_weight() {
        let once = rows(Logistic { bias: 3.0, slopes: [-8.0, 2.0] }, 300);
        let first = once[0];
        let twice: Vec<_> = once.iter().copied().chain([first]).collect();
        let mut heavy = once.clone();
        heavy[0].1 *= 2.0;
        let of = |rows: &[_]| {
            let mut gradient = [0.0; 3];
            objective(rows, &[0.5, 1.0, -1.0], &mut gradient);
            gradient.map(|g| g * rows.len() as f64)
        };
        let (twice, heavy) = (of(&twice), of(&heavy));
        assert!(twice.iter().zip(heavy).all(|(a, b)| (a - b).abs() < 1e-5), "{twice:?} {heavy:?}");
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
