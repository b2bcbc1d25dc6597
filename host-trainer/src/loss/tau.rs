//! From costs to weights: deferral as cost-sensitive classification.
//!
//! For any tau that does not depend on the expert, `sum_k (tau - c_k) 1[r != k]` is the deferral
//! loss plus terms without the decision r; so training a surrogate with weights
//! `w_k = tau - c_k >= 0` trains the deferral loss. Source: Mao, Mohri, Zhong 2023-2024 for `one`
//! and `sum`; `max`, the smallest weights that stay non-negative, is derived here.

use crate::intake::config::Tau;

/// The weights of one row from its costs (error plus price), both one for each expert.
///
/// `largest_cost` is the largest cost of any row and expert, which `Tau::One` needs.
pub fn weights(tau: Tau, costs: &[f32], largest_cost: f32, weights: &mut [f32]) {
    let tau = match tau {
        Tau::One => largest_cost,
        Tau::Sum => costs.iter().sum(),
        Tau::Max => costs.iter().copied().fold(0.0, f32::max),
    };
    for (weight, &cost) in weights.iter_mut().zip(costs) {
        *weight = (tau - cost).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The identity: whatever the decision, sum over k of w_k 1[r != k] minus the deferral loss is
    /// the same number.
    #[test]
    fn weighted_errors_are_the_deferral_loss_plus_a_constant() {
        let costs = [1.0, 0.03, 1.08, 0.02];
        for tau in [Tau::One, Tau::Sum, Tau::Max] {
            let mut w = [0.0; 4];
            weights(tau, &costs, 1.08, &mut w);
            assert!(w.iter().all(|&w| w >= 0.0));
            let rest = |r: usize| {
                let missed: f32 = (0..4).filter(|&k| k != r).map(|k| w[k]).sum();
                missed - costs[r]
            };
            for r in 1..4 {
                assert!((rest(r) - rest(0)).abs() < 1e-6, "{tau:?}");
            }
        }
    }

    #[test]
    fn max_gives_the_worst_expert_nothing() {
        let mut w = [9.0; 3];
        weights(Tau::Max, &[0.5, 1.1, 0.0], 5.0, &mut w);
        assert_eq!(w[1], 0.0);
        assert_eq!(w[2], 1.1);
    }
}
