//! The two-stage surrogate, comp-sum form with the logarithm.
//!
//! `sum_k w_k (-log softmax_k(r))`. Source: Mao, C. Mohri, M. Mohri, Zhong, "Two-stage learning to
//! defer with multiple experts", NeurIPS 2023.

use super::{LANES, Lanes, Surrogate, largest};
use crate::real::Real;

/// Weighted cross-entropy over the experts; the targets are the weights w_k.
#[derive(Debug, Clone, Copy)]
pub struct TwoStage {
    /// Number of experts.
    pub experts: usize,
}

impl<T: Real> Surrogate<T> for TwoStage {
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
        scaled(T::ONE, T::ONE, targets, scores, gradient, loss);
    }
}

/// `outer * sum_k w_k (-log softmax_k(inverse_rho * r))`: the loss of equal margins.
#[inline(always)]
pub(super) fn scaled<T: Real>(
    outer: T,
    inverse_rho: T,
    weights: &[Lanes<T>],
    scores: &[Lanes<T>],
    gradient: &mut [Lanes<T>],
    loss: &mut Lanes<T>,
) {
    let top = largest(scores);
    let mut sum = [T::ZERO; LANES];
    let mut weight_sum = [T::ZERO; LANES];
    let mut linear = [T::ZERO; LANES];
    for ((score, weight), gradient) in scores.iter().zip(weights).zip(gradient.iter_mut()) {
        for lane in 0..LANES {
            let z = (score[lane] - top[lane]) * inverse_rho;
            let e = z.exp();
            gradient[lane] = e;
            sum[lane] += e;
            weight_sum[lane] += weight[lane];
            linear[lane] = weight[lane].mul_add(z, linear[lane]);
        }
    }
    let factor = outer * inverse_rho;
    for lane in 0..LANES {
        loss[lane] += outer * (weight_sum[lane] * sum[lane].ln() - linear[lane]);
        weight_sum[lane] = factor * weight_sum[lane] / sum[lane];
    }
    for (weight, gradient) in weights.iter().zip(gradient) {
        for lane in 0..LANES {
            gradient[lane] = weight_sum[lane] * gradient[lane] - factor * weight[lane];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn gradient_and_invariance() {
        testing::check(&TwoStage { experts: 2 }, 1);
        testing::check(&TwoStage { experts: 5 }, 2);
    }

    #[test]
    fn equals_the_formula() {
        let targets = [[0.7; LANES], [0.2; LANES]];
        let scores = [[1.0; LANES], [-0.5; LANES]];
        let (value, _) = testing::evaluate(&TwoStage { experts: 2 }, &targets, &scores);
        let softmax = 1.0 / (1.0 + (-1.5f64).exp());
        let expected = -0.7 * softmax.ln() - 0.2 * (1.0 - softmax).ln();
        assert!((value[0] - expected).abs() < 1e-12);
    }

    #[test]
    fn single_precision_agrees_with_double() {
        let mut random = crate::random::Random::new(3);
        let loss = TwoStage { experts: 4 };
        let (targets, scores) = testing::random_block(&loss, &mut random);
        let narrow = |block: &[Lanes<f64>]| -> Vec<Lanes<f32>> {
            block.iter().map(|lanes| lanes.map(|value| value as f32)).collect()
        };
        let (value, gradient) = testing::evaluate::<f64>(&loss, &targets, &scores);
        let (value_32, gradient_32) =
            testing::evaluate::<f32>(&loss, &narrow(&targets), &narrow(&scores));
        for lane in 0..LANES {
            assert!((value[lane] - f64::from(value_32[lane])).abs() < 2e-6);
            for k in 0..4 {
                assert!((gradient[k][lane] - f64::from(gradient_32[k][lane])).abs() < 1e-6);
            }
        }
    }
}
