//! PiCCE, "pick the confident correct expert", in a two-stage form.
//!
//! With many experts the usual losses spread their push over all experts that are right, and
//! underfit. PiCCE pushes only the one of them that the rejector already scores highest:
//! `-log softmax_{k+}(r)`, `k+ = argmax_{k in T} r_k`, T the experts of least cost on the row.
//! Source: Liu et al. 2026, "When more experts hurt", whose loss is one-stage over classes and
//! experts; the two-stage form is derived.

use super::{LANES, Lanes, Surrogate, largest};
use crate::real::Real;

/// The loss; a target is 1 for an expert of least cost, else 0. A row without any contributes
/// nothing.
#[derive(Debug, Clone, Copy)]
pub struct Picce {
    /// Number of experts.
    pub experts: usize,
}

/// The targets of a row from its costs.
pub fn cheapest(costs: &[f32], targets: &mut [f32]) {
    let least = costs.iter().copied().fold(f32::INFINITY, f32::min);
    for (target, &cost) in targets.iter_mut().zip(costs) {
        *target = f32::from(u8::from(cost == least));
    }
}

impl<T: Real> Surrogate<T> for Picce {
    fn outputs(&self) -> usize {
        self.experts
    }

    fn targets(&self) -> usize {
        self.experts
    }

    #[inline(always)]
    fn evaluate(
        &self,
        targets: &[Lanes<T>],
        scores: &[Lanes<T>],
        gradient: &mut [Lanes<T>],
        loss: &mut Lanes<T>,
    ) {
        let top = largest(scores);
        let mut sum = [T::ZERO; LANES];
        // Which expert is picked, as a number that lanes can hold, and its score.
        let mut picked = [-T::ONE; LANES];
        let mut picked_score = [T::ZERO; LANES];
        let mut index = T::ZERO;
        for ((score, target), gradient) in scores.iter().zip(targets).zip(gradient.iter_mut()) {
            for lane in 0..LANES {
                let e = (score[lane] - top[lane]).exp();
                gradient[lane] = e;
                sum[lane] += e;
                let better = picked[lane] < T::ZERO || score[lane] > picked_score[lane];
                if target[lane] > T::ZERO && better {
                    picked[lane] = index;
                    picked_score[lane] = score[lane];
                }
            }
            index += T::ONE;
        }
        for lane in 0..LANES {
            if picked[lane] < T::ZERO {
                sum[lane] = T::ZERO;
            } else {
                loss[lane] += sum[lane].ln() + top[lane] - picked_score[lane];
                sum[lane] = T::ONE / sum[lane];
            }
        }
        index = T::ZERO;
        for gradient in gradient.iter_mut() {
            for lane in 0..LANES {
                gradient[lane] = gradient[lane] * sum[lane];
                if picked[lane] == index {
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
        testing::check(&Picce { experts: 2 }, 9);
        testing::check(&Picce { experts: 5 }, 10);
    }

    #[test]
    fn pushes_the_confident_one_of_the_cheapest() {
        let targets = [[1.0; LANES], [0.0; LANES], [1.0; LANES]];
        let scores = [[0.5; LANES], [2.0; LANES], [0.6; LANES]];
        let (value, gradient) = testing::evaluate(&Picce { experts: 3 }, &targets, &scores);
        let sum: f64 = [0.5f64, 2.0, 0.6].iter().map(|r| r.exp()).sum();
        assert!((value[0] - (sum.ln() - 0.6)).abs() < 1e-12);
        assert!(gradient[2][0] < 0.0 && gradient[0][0] > 0.0 && gradient[1][0] > 0.0);
    }

    #[test]
    fn cheapest_marks_all_of_least_cost() {
        let mut targets = [9.0; 4];
        cheapest(&[0.1, 1.0, 0.1, 0.2], &mut targets);
        assert_eq!(targets, [1.0, 0.0, 1.0, 0.0]);
    }
}
