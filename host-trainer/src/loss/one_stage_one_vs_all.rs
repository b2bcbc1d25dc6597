//! One-stage learning to defer, one-vs-all: a sigmoid for each class and each expert.
//!
//! With phi(z) = softplus(-z),
//! `phi(r_y) + sum_{c != y} phi(-r_c) + sum_j phi(-r_j) + sum_{j right} (phi(r_j) - phi(-r_j))`
//! over classes c and experts j: the binary cross-entropy of each output alone. Its minimiser is a
//! probability for each, of being the class and of being right. Sources: Verma and Nalisnick,
//! "Calibrated learning to defer with one-vs-all classifiers", ICML 2022, for one expert; Verma,
//! Barrejón, Nalisnick, "Learning to defer to multiple experts", AISTATS 2023, for several.
//!
//! PiCCE (Liu et al. 2026, "When more experts hurt") replaces the last sum, over the experts that
//! are right, by its term of the one of them that has the highest score. How the published loss
//! writes its one-vs-all form was not at hand; derived from the replacement: `sum_j phi(-r_j)`
//! stays, so that an expert that is right but not picked is pushed down like one that is wrong, as
//! it is by the softmax of the other form. The picked expert's output then tends to P(it is right |
//! x), another's to P(it is right and none scored higher is | x).

use std::fmt;

use super::one_vs_all::binary;
use super::picce::picked;
use super::{Definition, Rows, Surrogate, Tau};
use crate::arithmetic::dense::{LANES, Lanes};
use crate::arithmetic::real::Real;

/// The loss. A target is 1 for the right class and for an expert that is right, else 0; those of
/// the classes come first, then the experts', then 1 for a row (and 0 for padding).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneStageOneVsAll {
    /// Number of classes.
    pub classes: usize,
    /// Whether only the confident correct expert is a positive (PiCCE).
    pub pick: bool,
}

impl Definition for OneStageOneVsAll {
    type Surrogate = Self;

    const USES_TAU: bool = false;

    fn targets(self, rows: &Rows<'_>, _: Tau) -> Vec<f32> {
        rows.shares_right()
    }

    fn surrogate(self, _: &Rows<'_>, _: &[f32]) -> Self {
        self
    }
}

impl fmt::Display for OneStageOneVsAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.pick { "picce-one-vs-all" } else { "one-stage-one-vs-all" })
    }
}

impl<T: Real> Surrogate<T> for OneStageOneVsAll {
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
        let (targets, present) = targets.split_at(scores.len());
        let present = &present[0];
        let picked = picked(&targets[self.classes..], &scores[self.classes..]).index;
        let mut index = T::ZERO;
        for (k, ((score, target), gradient)) in scores.iter().zip(targets).zip(gradient).enumerate()
        {
            let mut positive = *target;
            if k >= self.classes {
                for lane in 0..LANES {
                    if self.pick && picked[lane] != index {
                        positive[lane] = T::ZERO;
                    }
                }
                index += T::ONE;
            }
            binary(score, &positive, present, gradient, loss);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    /// Loss and gradient of one row, without the targets' last 1.
    fn one_row(loss: OneStageOneVsAll, targets: &[f64], scores: &[f64]) -> (f64, Vec<f64>) {
        let lanes = |values: &[f64]| values.iter().map(|&v| [v; LANES]).collect::<Vec<_>>();
        let targets = lanes(&[targets, &[1.0]].concat());
        let (value, gradient) = testing::evaluate(&loss, &targets, &lanes(scores));
        (value[0], gradient.iter().map(|gradient| gradient[0]).collect())
    }

    #[test]
    fn gradient() {
        for pick in [false, true] {
            testing::check_gradient(&OneStageOneVsAll { classes: 2, pick }, 3, 41);
            testing::check_gradient(&OneStageOneVsAll { classes: 4, pick }, 7, 42);
        }
    }

    #[test]
    fn equals_the_formulas() {
        let scores = [0.3, -1.0, 0.5, 2.0, 1.0];
        let targets = [1.0, 0.0, 1.0, 0.0, 1.0];
        let phi = |z: f64| (1.0 + (-z).exp()).ln();
        let negatives: f64 = scores[2..].iter().map(|&r| phi(-r)).sum();
        let swap = |k: usize| phi(scores[k]) - phi(-scores[k]);
        let classes = phi(scores[0]) + phi(-scores[1]);
        // Both of the experts 0 and 2 are right; the latter has the higher score.
        for (pick, expected) in [
            (false, classes + negatives + swap(2) + swap(4)),
            (true, classes + negatives + swap(4)),
        ] {
            let loss = OneStageOneVsAll { classes: 2, pick };
            let (value, _) = one_row(loss, &targets, &scores);
            assert!((value - expected).abs() < 1e-12, "pick {pick}: {value} {expected}");
        }
    }

    #[test]
    fn picking_matters_only_among_several_that_are_right() {
        let scores = [0.3, -1.0, 0.5, 2.0];
        for targets in [[0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]] {
            let of = |pick| one_row(OneStageOneVsAll { classes: 2, pick }, &targets, &scores);
            assert_eq!(of(true), of(false), "{targets:?}");
        }
        let pick = OneStageOneVsAll { classes: 2, pick: true };
        let (_, gradient) = one_row(pick, &[0.0, 1.0, 1.0, 1.0], &scores);
        assert!(gradient[2] > 0.0 && gradient[3] < 0.0, "{gradient:?}");
    }

    #[test]
    fn minimisers_are_probabilities() {
        // Eight rows: both experts right on 3, the first alone on 3, the second alone on 1, none on
        // 1; the class is the first on 6. The gradient vanishes at the log-odds.
        let rows = [(3, 1.0, 1.0), (3, 1.0, 0.0), (1, 0.0, 1.0), (1, 0.0, 0.0)];
        let odds = |share: f64| (share / (1.0 - share)).ln();
        for (pick, second) in [(false, 4.0 / 8.0), (true, 1.0 / 8.0)] {
            let loss = OneStageOneVsAll { classes: 2, pick };
            let scores = [odds(0.75), odds(0.25), odds(0.75), odds(second)];
            let mut sum = [0.0; 4];
            let mut seen = 0;
            for (count, a, b) in rows {
                for _ in 0..count {
                    let class = f64::from(u8::from(seen < 6));
                    let (_, gradient) = one_row(loss, &[class, 1.0 - class, a, b], &scores);
                    sum.iter_mut().zip(gradient).for_each(|(sum, gradient)| *sum += gradient);
                    seen += 1;
                }
            }
            assert!(sum.iter().all(|sum| sum.abs() < 1e-12), "pick {pick}: {sum:?}");
        }
    }
}
