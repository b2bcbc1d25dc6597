//! Surrogate losses: one file each.
//!
//! A rejector's scores cannot be trained on the deferral loss itself, which is a step function.
//! Each surrogate replaces it by something smooth. They work on [`LANES`] rows at once, so that the
//! arithmetic of a loss is vectorised like that of the network.
//!
//! To add a loss, write its file (a type with [`Definition`] and [`Surrogate`]) and name it in the
//! table below. Configuration, selection, `mild compare` and the documents take it from there.

mod balance;
mod definition;
mod margins;
mod method;
mod rows;
mod table;
mod tau;

mod class_balanced;
mod cost_regression;
mod mild;
mod one_stage;
mod one_stage_one_vs_all;
mod one_vs_all;
mod picce;
mod realizable;
mod two_stage;

pub use class_balanced::ClassBalanced;
pub use cost_regression::CostRegression;
pub use definition::Definition;
pub use margins::{Form, Margins, RhoRule, RowsForMargins};
pub use method::{Effort, Entry, Method, Space};
pub use mild::{MarginLoss, Mild};
pub use one_stage::OneStage;
pub use one_stage_one_vs_all::OneStageOneVsAll;
pub use one_vs_all::OneVsAll;
pub use picce::Picce;
pub use realizable::Realizable;
pub use rows::Rows;
pub use tau::{Tau, weights};
pub use two_stage::{Link, TwoStage};

use crate::arithmetic::dense::{LANES, Lanes};
use crate::arithmetic::real::Real;

// The table. `auto` tries the losses in this order, the plain ones before the many margins of
// `Mild`.
table::losses! {
    TwoStage,
    Realizable,
    Picce,
    OneVsAll,
    CostRegression,
    Mild,
    OneStage,
    OneStageOneVsAll,
    ClassBalanced,
}

/// Something to do with a surrogate loss. Each loss gets code of its own: the inner loops are
/// compiled with the loss inside.
pub trait WithSurrogate {
    /// What comes of it.
    type Output;

    /// Does it; `targets` are those of all rows, row-major.
    fn run<S: Surrogate<f32>>(self, surrogate: &S, targets: &[f32]) -> Self::Output;
}

/// A surrogate loss over the scores of one row, evaluated on [`LANES`] rows at once.
///
/// What the loss must know of a row is called its *targets*, a fixed number of values. Rows that
/// pad a block have targets of 0, and must then contribute 0.
pub trait Surrogate<T: Real>: Sync {
    /// The number of targets of a row with this many scores.
    fn targets_per_row(&self, scores: usize) -> usize {
        scores
    }

    /// Whether a part of it is taken from the scores that its rows have while it is minimised.
    fn follows_scores(&self) -> bool {
        false
    }

    /// The loss with that part taken from these scores, if there is one; targets and scores of all
    /// rows are row-major.
    fn at_scores(&self, _targets: &[f32], _scores: &[f32]) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// Adds each row's loss to `loss` and writes its gradient by the scores to `gradient`.
    ///
    /// `scores` and `gradient` are of one length, `targets` has as many as
    /// [`Self::targets_per_row`] says.
    fn evaluate(
        &self,
        targets: &[Lanes<T>],
        scores: &[Lanes<T>],
        gradient: &mut [Lanes<T>],
        loss: &mut Lanes<T>,
    );
}

/// The largest score of each row.
#[inline(always)]
fn largest<T: Real>(scores: &[Lanes<T>]) -> Lanes<T> {
    let mut largest = scores[0];
    for score in &scores[1..] {
        for lane in 0..LANES {
            largest[lane] = largest[lane].max(score[lane]);
        }
    }
    largest
}

#[cfg(test)]
pub(crate) mod testing {
    //! Checks that every surrogate must pass.

    use super::*;
    use crate::arithmetic::random::Random;

    /// Random targets in `0.0..1.0` and scores in ±3, the last lane being padding.
    pub(crate) fn random_block(
        loss: &impl Surrogate<f64>,
        scores: usize,
        random: &mut Random,
    ) -> (Vec<Lanes<f64>>, Vec<Lanes<f64>>) {
        let mut lanes = |count: usize, low: f64, high: f64| -> Vec<Lanes<f64>> {
            (0..count)
                .map(|_| std::array::from_fn(|_| low + (high - low) * random.uniform()))
                .collect()
        };
        let mut targets = lanes(loss.targets_per_row(scores), 0.0, 1.0);
        let scores = lanes(scores, -3.0, 3.0);
        for target in &mut targets {
            target[LANES - 1] = 0.0;
        }
        (targets, scores)
    }

    /// The loss of each row and its gradient.
    pub(crate) fn evaluate<T: Real>(
        loss: &impl Surrogate<T>,
        targets: &[Lanes<T>],
        scores: &[Lanes<T>],
    ) -> (Lanes<T>, Vec<Lanes<T>>) {
        let mut gradient = vec![[T::ZERO; LANES]; scores.len()];
        let mut value = [T::ZERO; LANES];
        loss.evaluate(targets, scores, &mut gradient, &mut value);
        (value, gradient)
    }

    /// [`check_gradient`], and invariance to a common shift of the scores.
    pub(crate) fn check(loss: &impl Surrogate<f64>, scores: usize, seed: u64) {
        check_gradient(loss, scores, seed);
        let mut random = Random::new(seed);
        for _ in 0..20 {
            let (targets, scores) = random_block(loss, scores, &mut random);
            let (value, gradient) = evaluate(loss, &targets, &scores);
            let shifted: Vec<Lanes<f64>> =
                scores.iter().map(|score| score.map(|score| score + 1.75)).collect();
            let (value_shifted, _) = evaluate(loss, &targets, &shifted);
            for lane in 0..LANES {
                assert!((value[lane] - value_shifted[lane]).abs() < 1e-9, "not shift-invariant");
                let sum: f64 = gradient.iter().map(|gradient| gradient[lane]).sum();
                assert!(sum.abs() < 1e-12, "the gradient sums to {sum}");
            }
        }
    }

    /// Gradient against central differences, and the padding's silence.
    pub(crate) fn check_gradient(loss: &impl Surrogate<f64>, scores: usize, seed: u64) {
        let mut random = Random::new(seed);
        for _ in 0..20 {
            let (targets, scores) = random_block(loss, scores, &mut random);
            let (value, gradient) = evaluate(loss, &targets, &scores);
            assert_eq!(value[LANES - 1], 0.0, "padding contributes to the loss");
            for (k, gradient) in gradient.iter().enumerate() {
                assert_eq!(gradient[LANES - 1], 0.0, "padding contributes to the gradient");
                const STEP: f64 = 1e-5;
                let moved = |step: f64| {
                    let mut scores = scores.clone();
                    scores[k].iter_mut().for_each(|score| *score += step);
                    evaluate(loss, &targets, &scores).0
                };
                let (above, below) = (moved(STEP), moved(-STEP));
                for lane in 0..LANES {
                    let difference = (above[lane] - below[lane]) / (2.0 * STEP);
                    assert!(
                        (difference - gradient[lane]).abs() < 1e-7,
                        "expert {k}: finite difference {difference}, gradient {}",
                        gradient[lane]
                    );
                }
            }
        }
    }
}
