//! One-vs-all: a sigmoid for each expert, trained to say whether that expert is right.
//!
//! `sum_k t_k softplus(-r_k) + (1 - t_k) softplus(r_k)`, the binary cross-entropy of q_k =
//! sigmoid(r_k) toward `t_k = 1 - error_k`. Its minimiser is `q_k = P(expert k is right | x)`, in
//! which no price occurs: prices are put in when deciding. Sources: Verma and Nalisnick,
//! "Calibrated learning to defer with one-vs-all classifiers", ICML 2022; Verma, Barrejón,
//! Nalisnick, "Learning to defer to multiple experts", AISTATS 2023. Theirs is one-stage; with
//! fixed experts, `local` among them, only the experts' terms remain.

use std::fmt;

use super::{Definition, Entry, Rows, Surrogate, Tau};
use crate::arithmetic::dense::{LANES, Lanes};
use crate::arithmetic::real::Real;

/// The loss. The targets are the t_k, then 1 for a row (and 0 for padding).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneVsAll;

impl Definition for OneVsAll {
    type Surrogate = Self;

    const METHODS: &'static [Entry] = &[Entry {
        name: "one-vs-all",
        about: "a probability of being right for each expert, whose prices can change at run time",
        in_auto: true,
        tau: None,
        losses: |_| vec![Self.into()],
    }];

    const USES_TAU: bool = false;
    const GIVES_PROBABILITIES: bool = true;
    const OF_ONE_OUTPUT: Option<fn(f64, f64, f64) -> f64> = Some(|output, error, _| {
        let right = 1.0 - error.clamp(0.0, 1.0);
        output.max(0.0) + libm::log1p(libm::exp(-output.abs())) - right * output
    });

    fn targets(self, rows: &Rows<'_>, _: Tau) -> Vec<f32> {
        rows.shares_right()
    }

    fn surrogate(self, _: &Rows<'_>, _: &[f32]) -> Self {
        self
    }
}

impl fmt::Display for OneVsAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one-vs-all")
    }
}

impl<T: Real> Surrogate<T> for OneVsAll {
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
        let present = &targets[scores.len()];
        for ((score, target), gradient) in scores.iter().zip(targets).zip(gradient) {
            binary(score, target, present, gradient, loss);
        }
    }
}

/// Adds the binary cross-entropy of one output; its gradient is `present * (sigmoid(r) - t)`.
#[inline(always)]
pub(super) fn binary<T: Real>(
    score: &Lanes<T>,
    target: &Lanes<T>,
    present: &Lanes<T>,
    gradient: &mut Lanes<T>,
    loss: &mut Lanes<T>,
) {
    for lane in 0..LANES {
        let r = score[lane];
        let positive = r.max(T::ZERO);
        // e^-|r| never overflows.
        let e = (r - positive - positive).exp();
        let softplus = positive + (T::ONE + e).ln();
        let q = if r > T::ZERO { T::ONE } else { e } / (T::ONE + e);
        loss[lane] += present[lane] * (softplus - target[lane] * r);
        gradient[lane] = present[lane] * (q - target[lane]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn gradient() {
        testing::check_gradient(&OneVsAll, 2, 11);
        testing::check_gradient(&OneVsAll, 5, 12);
    }

    #[test]
    fn the_minimiser_is_the_probability_of_being_right() {
        // Three rows out of four right: the gradient vanishes at log-odds of 3.
        let loss = OneVsAll;
        let mut sum = 0.0;
        for t in [1.0, 1.0, 1.0, 0.0] {
            let targets = [[t; LANES], [1.0; LANES]];
            sum += testing::evaluate(&loss, &targets, &[[3.0f64.ln(); LANES]]).1[0][0];
        }
        assert!(sum.abs() < 1e-12, "{sum}");
    }

    #[test]
    fn extreme_scores_stay_finite() {
        for r in [-80.0f32, 80.0] {
            let targets = [[1.0; LANES], [1.0; LANES]];
            let (value, gradient) = testing::evaluate(&OneVsAll, &targets, &[[r; LANES]]);
            let expected = if r < 0.0 { (80.0, -1.0) } else { (0.0, 0.0) };
            assert!(
                (value[0] - expected.0).abs() < 1e-5 && (gradient[0][0] - expected.1).abs() < 1e-5
            );
        }
    }
}
