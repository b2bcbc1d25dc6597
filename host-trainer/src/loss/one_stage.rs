//! One-stage learning to defer: a network with an output for each class and each expert that learns
//! to classify and to defer at once.
//!
//! `sum_k w_k (-log softmax_k(r))` over classes and experts, `w_k` being 1 for the right class and
//! for every expert that is right. Source: Mozannar and Sontag, ICML 2020, for one expert; Verma,
//! Barrejón, Nalisnick, AISTATS 2023, for several.
//!
//! With many experts most of the push goes to experts that happen to be right, and the class
//! outputs underfit. PiCCE ("pick the confident correct expert", Liu et al. 2026, "When more
//! experts hurt") gives weight to one of them only, the one that already has the highest score.

use std::fmt;

use super::picce::picked;
use super::{Definition, Rows, Surrogate, Tau, largest};
use crate::arithmetic::dense::{LANES, Lanes};
use crate::arithmetic::real::Real;

/// The loss; a target is 1 for the right class and for an expert that is right, else 0. The outputs
/// and targets of the classes come first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneStage {
    /// Number of classes.
    pub classes: usize,
    /// Whether only the confident correct expert counts (PiCCE).
    pub pick: bool,
}

impl Definition for OneStage {
    type Surrogate = Self;

    const USES_TAU: bool = false;

    fn targets(self, rows: &Rows<'_>, _: Tau) -> Vec<f32> {
        // Right is right, whatever the price.
        rows.errors().flatten().map(|error| 1.0 - error).collect()
    }

    fn surrogate(self, _: &Rows<'_>, _: &[f32]) -> Self {
        self
    }
}

impl fmt::Display for OneStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.pick { "picce-one-stage" } else { "one-stage" })
    }
}

impl<T: Real> Surrogate<T> for OneStage {
    #[inline(always)]
    fn evaluate(
        &self,
        targets: &[Lanes<T>],
        scores: &[Lanes<T>],
        gradient: &mut [Lanes<T>],
        loss: &mut Lanes<T>,
    ) {
        let top = largest(scores);
        let picked = picked(&targets[self.classes..], &scores[self.classes..]).index;
        let mut sum = [T::ZERO; LANES];
        let mut weight_sum = [T::ZERO; LANES];
        let mut linear = [T::ZERO; LANES];
        let mut index = T::ZERO;
        for (k, ((score, target), gradient)) in
            scores.iter().zip(targets).zip(gradient.iter_mut()).enumerate()
        {
            let counts = k < self.classes || !self.pick;
            for lane in 0..LANES {
                let z = score[lane] - top[lane];
                sum[lane] += z.exp();
                let weight = if counts || picked[lane] == index { target[lane] } else { T::ZERO };
                weight_sum[lane] += weight;
                linear[lane] = weight.mul_add(z, linear[lane]);
                // The weight waits here for the sums.
                gradient[lane] = weight;
            }
            if k >= self.classes {
                index += T::ONE;
            }
        }
        for lane in 0..LANES {
            loss[lane] += weight_sum[lane] * sum[lane].ln() - linear[lane];
            weight_sum[lane] = weight_sum[lane] / sum[lane];
        }
        for (score, gradient) in scores.iter().zip(gradient) {
            for lane in 0..LANES {
                let share = weight_sum[lane] * (score[lane] - top[lane]).exp();
                gradient[lane] = share - gradient[lane];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn gradient_and_invariance() {
        for pick in [false, true] {
            testing::check(&OneStage { classes: 2, pick }, 3, 31);
            testing::check(&OneStage { classes: 4, pick }, 7, 32);
        }
    }

    #[test]
    fn equals_the_formulas() {
        let scores = [0.3f64, -1.0, 0.5, 2.0, 1.0];
        let targets = [1.0, 0.0, 1.0, 0.0, 1.0];
        let log_sum = scores.iter().map(|r| r.exp()).sum::<f64>().ln();
        let term = |k: usize| log_sum - scores[k];
        for (pick, expected) in [(false, term(0) + term(2) + term(4)), (true, term(0) + term(4))] {
            let loss = OneStage { classes: 2, pick };
            let (value, _) =
                testing::evaluate(&loss, &targets.map(|t| [t; LANES]), &scores.map(|r| [r; LANES]));
            assert!((value[0] - expected).abs() < 1e-12, "pick {pick}");
        }
    }

    #[test]
    fn rows_on_which_no_expert_is_right_are_plain_classification() {
        let scores = [0.3f64, -1.0, 0.5, 2.0];
        let targets = [0.0, 1.0, 0.0, 0.0];
        let of = |pick| {
            let loss = OneStage { classes: 2, pick };
            testing::evaluate(&loss, &targets.map(|t| [t; LANES]), &scores.map(|r| [r; LANES]))
        };
        assert_eq!(of(true), of(false));
        let log_sum = scores.iter().map(|r| r.exp()).sum::<f64>().ln();
        assert!((of(true).0[0] - (log_sum + 1.0)).abs() < 1e-12);
    }
}
