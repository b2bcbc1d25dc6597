//! The realizable surrogate, in its two-stage form.
//!
//! `-log sum_k a_k p_k` with p = softmax(r) and an acceptability `a_k` of 0 to 1. Its minimum is
//! reached by any rule that always picks an expert with the best a_k, so a class of rejectors that
//! holds such a rule finds it. Source: Mozannar et al., "Who should predict?", AISTATS 2023, for
//! one expert; this form for several fixed experts is derived. The a_k are the weights w_k: scaling
//! them changes the loss by a constant only.

use std::fmt;

use super::{Definition, Entry, Rows, Surrogate, Tau, largest};
use crate::arithmetic::dense::{LANES, Lanes};
use crate::arithmetic::real::Real;

/// The loss; the targets are the weights w_k. A row whose weights are all 0 contributes nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Realizable;

impl Definition for Realizable {
    type Surrogate = Self;

    const METHODS: &'static [Entry] = &[Entry {
        name: "realizable",
        about: "the realizable surrogate: some rule of the network's class reaches its minimum",
        in_auto: true,
        tau: None,
        losses: |_| vec![Self.into()],
    }];

    fn targets(self, rows: &Rows<'_>, tau: Tau) -> Vec<f32> {
        rows.weights(tau)
    }

    fn surrogate(self, _: &Rows<'_>, _: &[f32]) -> Self {
        self
    }
}

impl fmt::Display for Realizable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("realizable")
    }
}

impl<T: Real> Surrogate<T> for Realizable {
    #[inline(always)]
    fn evaluate(
        &self,
        targets: &[Lanes<T>],
        scores: &[Lanes<T>],
        gradient: &mut [Lanes<T>],
        loss: &mut Lanes<T>,
    ) {
        let top = largest(scores);
        let mut all = [T::ZERO; LANES];
        let mut accepted = [T::ZERO; LANES];
        for ((score, target), gradient) in scores.iter().zip(targets).zip(gradient.iter_mut()) {
            for lane in 0..LANES {
                let e = (score[lane] - top[lane]).exp();
                gradient[lane] = e;
                all[lane] += e;
                accepted[lane] = target[lane].mul_add(e, accepted[lane]);
            }
        }
        // With nothing to accept both factors become 0 and the value that of a sum of 1.
        let mut accepted_factor = [T::ZERO; LANES];
        let mut all_factor = [T::ZERO; LANES];
        for lane in 0..LANES {
            if accepted[lane] > T::ZERO {
                loss[lane] += all[lane].ln() - accepted[lane].ln();
                accepted_factor[lane] = T::ONE / accepted[lane];
                all_factor[lane] = T::ONE / all[lane];
            }
        }
        for (target, gradient) in targets.iter().zip(gradient) {
            for lane in 0..LANES {
                let e = gradient[lane];
                gradient[lane] = e * all_factor[lane] - target[lane] * e * accepted_factor[lane];
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
        testing::check(&Realizable, 2, 7);
        testing::check(&Realizable, 5, 8);
    }

    #[test]
    fn a_rule_that_picks_an_acceptable_expert_reaches_the_minimum() {
        let targets = [[1.0; LANES], [1.0; LANES], [0.0; LANES]];
        let loss = |scores: [f64; 3]| {
            let scores = scores.map(|score| [score; LANES]);
            testing::evaluate(&Realizable, &targets, &scores).0[0]
        };
        assert!(loss([40.0, 0.0, 0.0]) < 1e-12 && loss([0.0, 40.0, 0.0]) < 1e-12);
        assert!(loss([0.0, 0.0, 40.0]) > 30.0);
    }
}
