//! Cost regression: each output predicts one expert's deferral loss, and the least one is taken.
//!
//! `1/2 sum_k (r_k + c_k)^2` with `c_k = error_k + price_k`, so that a score is minus the
//! prediction and the highest score is the choice. Its minimiser is `r_k = -E[c_k | x]`, which is
//! all that the best rule needs. Source: cost-sensitive classification by regression (Tu and Lin,
//! "One-sided support vector regression for multiclass cost-sensitive classification", ICML 2010,
//! whose loss is one-sided); its use with fixed experts is derived.
//!
//! It learns more than a choice needs: a network that is too small for all the losses may spend
//! itself on differences that decide nothing.

use std::fmt;

use super::{Definition, Entry, Rows, Surrogate, Tau};
use crate::arithmetic::dense::{LANES, Lanes};
use crate::arithmetic::real::Real;

/// The loss. The targets are the c_k, then 1 for a row (and 0 for padding).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostRegression;

impl Definition for CostRegression {
    type Surrogate = Self;

    const METHODS: &'static [Entry] = &[Entry {
        name: "cost-regression",
        about: "a prediction of each expert's error plus price, of which the least is taken",
        in_auto: false,
        tau: None,
        losses: |_| vec![Self.into()],
    }];

    const USES_TAU: bool = false;
    const OF_ONE_OUTPUT: Option<fn(f64, f64, f64) -> f64> =
        Some(|output, _, loss| 0.5 * (output + loss) * (output + loss));

    fn targets(self, rows: &Rows<'_>, _: Tau) -> Vec<f32> {
        rows.deferral_losses().flat_map(|losses| losses.iter().copied().chain([1.0])).collect()
    }

    fn surrogate(self, _: &Rows<'_>, _: &[f32]) -> Self {
        self
    }
}

impl fmt::Display for CostRegression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cost-regression")
    }
}

impl<T: Real> Surrogate<T> for CostRegression {
    fn targets_per_row(&self, scores: usize) -> usize {
        scores + 1
    }

    #[inline(always)]
    fn evaluate(
        &self,
        targets: &[Lanes<T>],
        scores: &[Lanes<T>],
        gradient: &mut [Lanes<T>],
        loss: &mut Lanes<T>,
    ) {
        let half = T::from_f64(0.5);
        let present = &targets[scores.len()];
        for ((score, target), gradient) in scores.iter().zip(targets).zip(gradient) {
            for lane in 0..LANES {
                let residual = present[lane] * (score[lane] + target[lane]);
                loss[lane] += half * residual * residual;
                gradient[lane] = present[lane] * residual;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::learn::store::Forgetful;
    use crate::progress::Silent;
    use crate::{intake, pipeline};

    #[test]
    fn gradient() {
        testing::check_gradient(&CostRegression, 2, 13);
        testing::check_gradient(&CostRegression, 5, 14);
    }

    #[test]
    fn equals_the_formula_and_notices_a_common_shift() {
        let targets = [[0.25; LANES], [1.5; LANES], [1.0; LANES]];
        let at = |scores: [f64; 2]| {
            testing::evaluate(&CostRegression, &targets, &scores.map(|score| [score; LANES]))
        };
        let (value, gradient) = at([-0.75, -1.0]);
        assert_eq!(value[0], 0.5 * (0.5 * 0.5 + 0.5 * 0.5));
        assert_eq!([gradient[0][0], gradient[1][0]], [-0.5, 0.5]);
        // The scores are predictions, not only an order.
        assert_eq!(at([0.25, 0.0]).0[0], 0.5 * (0.5 * 0.5 + 1.5 * 1.5));
    }

    #[test]
    fn the_minimiser_is_minus_the_mean_deferral_loss() {
        let mean = 0.85f64;
        let mut sum = 0.0f64;
        for loss in [0.1, 1.1, 1.1, 1.1] {
            let targets = [[loss; LANES], [1.0; LANES]];
            sum += testing::evaluate(&CostRegression, &targets, &[[-mean; LANES]]).1[0][0];
        }
        assert!(sum.abs() < 1e-12, "{sum}");
    }

    /// `local` is the cheapest below 0 in the second feature, `cloud` above.
    #[test]
    fn a_small_image_takes_the_cheapest_expert() {
        let (mut config, data) = intake::testing::log(1000, 600);
        config.rejector.method = "cost-regression".parse().unwrap();
        config.train.max_iterations = 200;
        let trained = pipeline::train(&config, &data, &Forgetful, &Silent).unwrap();
        let choices = trained.int8_choices(&data.test);
        let cheapest = |row: usize| usize::from(data.test.row(row)[1] > 0.0);
        let right = (0..600).filter(|&row| choices[row] == cheapest(row)).count();
        assert!(right > 540, "{right} of 600");
        let loss = data.test.mean_deferral_loss(|row| choices[row]);
        let alone = [0, 1].map(|k| data.test.mean_deferral_loss(|_| k));
        assert!(loss < 0.5 * alone[0].min(alone[1]), "{loss} {alone:?}");
    }
}
