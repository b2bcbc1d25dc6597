//! From deferral losses to weights: deferral as cost-sensitive classification.
//!
//! Let `c_k` be error plus price of expert k. For any tau that does not depend on k,
//! `sum_k (tau - c_k) 1[r != k]` is the deferral loss plus terms without the decision r. So
//! training a surrogate with weights `w_k = tau - c_k >= 0` trains the deferral loss. Source: Mao,
//! Mohri, Zhong 2023-2024 for `one` and `sum`; `max`, the smallest weights that stay non-negative,
//! is derived here.

use crate::choice::choice;

choice! {
    /// The level that an expert's deferral loss is taken from to give its weight in the loss.
    Tau:
        /// The largest deferral loss of any row and expert.
        One = "one",
        /// The sum of the row's deferral losses.
        Sum = "sum",
        /// The largest of the row's deferral losses.
        Max = "max",
}

/// The weights of one row from its deferral losses, both one for each expert.
///
/// `largest` is the largest deferral loss of any row and expert, which `Tau::One` needs.
pub fn weights(tau: Tau, losses: &[f32], largest: f32, weights: &mut [f32]) {
    let tau = match tau {
        Tau::One => largest,
        Tau::Sum => losses.iter().sum(),
        Tau::Max => losses.iter().copied().fold(0.0, f32::max),
    };
    for (weight, &loss) in weights.iter_mut().zip(losses) {
        *weight = (tau - loss).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the decision r, the sum over k of w_k 1[r != k] minus the deferral loss is the same
    /// number.
    #[test]
    fn weighted_errors_are_the_deferral_loss_plus_a_constant() {
        let losses = [1.0, 0.03, 1.08, 0.02];
        for tau in [Tau::One, Tau::Sum, Tau::Max] {
            let mut w = [0.0; 4];
            weights(tau, &losses, 1.08, &mut w);
            assert!(w.iter().all(|&w| w >= 0.0));
            let rest = |r: usize| {
                let missed: f32 = (0..4).filter(|&k| k != r).map(|k| w[k]).sum();
                missed - losses[r]
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
