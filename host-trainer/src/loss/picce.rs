//! PiCCE, "pick the confident correct expert", in a two-stage form.
//!
//! With many experts the usual losses spread their push over all experts that are right, and
//! underfit. PiCCE pushes only the one of them that the rejector already scores highest:
//! `-log softmax_{k+}(r)`, `k+ = argmax_{k in T} r_k`, T the experts of the least deferral loss on
//! the row. Source: Liu et al. 2026, "When more experts hurt", whose loss is one-stage over classes
//! and experts; the two-stage form is derived.

use std::fmt;

use super::{Definition, Entry, Rows, Surrogate, Tau, largest};
use crate::arithmetic::dense::{LANES, Lanes};
use crate::arithmetic::real::Real;

/// The loss; a target is 1 for an expert of the least deferral loss, else 0. A row without any
/// contributes nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Picce;

/// The targets of a row from its deferral losses.
fn cheapest(losses: &[f32]) -> impl Iterator<Item = f32> {
    let least = losses.iter().copied().fold(f32::INFINITY, f32::min);
    losses.iter().map(move |&loss| f32::from(u8::from(loss == least)))
}

/// The confident correct expert of each row.
pub(super) struct Picked<T> {
    /// Which one, as a number that lanes can hold; -1 if none is right.
    pub(super) index: Lanes<T>,
    /// Its score.
    pub(super) score: Lanes<T>,
}

/// The expert whose target is positive that has the highest score, ties to the lower index.
#[inline(always)]
pub(super) fn picked<T: Real>(targets: &[Lanes<T>], scores: &[Lanes<T>]) -> Picked<T> {
    let mut picked = Picked { index: [-T::ONE; LANES], score: [T::ZERO; LANES] };
    let mut index = T::ZERO;
    for (score, target) in scores.iter().zip(targets) {
        for lane in 0..LANES {
            let better = picked.index[lane] < T::ZERO || score[lane] > picked.score[lane];
            if target[lane] > T::ZERO && better {
                picked.index[lane] = index;
                picked.score[lane] = score[lane];
            }
        }
        index += T::ONE;
    }
    picked
}

impl Definition for Picce {
    type Surrogate = Self;

    const METHODS: &'static [Entry] = &[Entry {
        name: "picce",
        about: "pick the confident correct expert, in a two-stage form",
        in_auto: false,
        tau: None,
        losses: |_| vec![Self.into()],
    }];

    const USES_TAU: bool = false;

    fn targets(self, rows: &Rows<'_>, _: Tau) -> Vec<f32> {
        rows.deferral_losses().flat_map(cheapest).collect()
    }

    fn surrogate(self, _: &Rows<'_>, _: &[f32]) -> Self {
        self
    }
}

impl fmt::Display for Picce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("picce")
    }
}

impl<T: Real> Surrogate<T> for Picce {
    #[inline(always)]
    fn evaluate(
        &self,
        targets: &[Lanes<T>],
        scores: &[Lanes<T>],
        gradient: &mut [Lanes<T>],
        loss: &mut Lanes<T>,
    ) {
        let top = largest(scores);
        let picked = picked(targets, scores);
        let mut sum = [T::ZERO; LANES];
        for (score, gradient) in scores.iter().zip(gradient.iter_mut()) {
            for lane in 0..LANES {
                let e = (score[lane] - top[lane]).exp();
                gradient[lane] = e;
                sum[lane] += e;
            }
        }
        for lane in 0..LANES {
            if picked.index[lane] < T::ZERO {
                sum[lane] = T::ZERO;
            } else {
                loss[lane] += sum[lane].ln() + top[lane] - picked.score[lane];
                sum[lane] = T::ONE / sum[lane];
            }
        }
        let mut index = T::ZERO;
        for gradient in gradient.iter_mut() {
            for lane in 0..LANES {
                gradient[lane] = gradient[lane] * sum[lane];
                if picked.index[lane] == index {
                    gradient[lane] -= T::ONE;
                }
            }
            index += T::ONE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn gradient_and_invariance() {
        // Random targets are positive: all experts count as cheapest but in the padding.
        testing::check(&Picce, 2, 9);
        testing::check(&Picce, 5, 10);
    }

    #[test]
    fn pushes_the_confident_one_of_the_cheapest() {
        let targets = [[1.0; LANES], [0.0; LANES], [1.0; LANES]];
        let scores = [[0.5; LANES], [2.0; LANES], [0.6; LANES]];
        let (value, gradient) = testing::evaluate(&Picce, &targets, &scores);
        let sum: f64 = [0.5f64, 2.0, 0.6].iter().map(|r| r.exp()).sum();
        assert!((value[0] - (sum.ln() - 0.6)).abs() < 1e-12);
        assert!(gradient[2][0] < 0.0 && gradient[0][0] > 0.0 && gradient[1][0] > 0.0);
    }

    #[test]
    fn the_picked_one_is_right_and_ties_go_to_the_lower_index() {
        let lanes = |values: [f64; 4]| values.map(|value| [value; LANES]);
        let of = |targets, scores| {
            let Picked { index, score } = picked(&lanes(targets), &lanes(scores));
            (index[0], score[0])
        };
        let scores = [3.0, -2.0, -1.0, -1.0];
        assert_eq!(of([0.0, 1.0, 1.0, 1.0], scores), (2.0, -1.0));
        assert_eq!(of([0.0, 1.0, 0.0, 0.0], scores), (1.0, -2.0));
        assert_eq!(of([0.0; 4], scores).0, -1.0);
    }

    #[test]
    fn all_of_the_least_deferral_loss_are_marked() {
        let targets: Vec<f32> = cheapest(&[0.1, 1.0, 0.1, 0.2]).collect();
        assert_eq!(targets, [1.0, 0.0, 1.0, 0.0]);
    }
}
