//! Class-balanced weights: what is usually done about imbalance, to judge margins by.
//!
//! Each expert's weights are divided by the number of rows on which it is the cheapest choice, plus
//! a floor, and scaled to a mean factor of 1; the loss is the plain two-stage one. Sourced as usual
//! practice for classes; with experts (derived) its minimiser orders them by `E[w_k|x]` over that
//! number, so that it is not consistent: it buys recall of rare experts with deferral loss.

use std::fmt;

use super::{Definition, Margins, Rows, RowsForMargins, Tau, TwoStage};

/// The loss; the targets are the balanced weights. Only `mild study margins` uses it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassBalanced;

impl Definition for ClassBalanced {
    type Surrogate = TwoStage;

    fn targets(self, rows: &Rows<'_>, tau: Tau) -> Vec<f32> {
        let mut weights = rows.weights(tau);
        let wins = RowsForMargins::gather(rows, &weights).wins;
        let factors = wins.iter().map(|&wins| 1.0 / (wins as f64 + Margins::PLAIN.floor));
        let factors: Vec<f64> = factors.collect();
        let mean = factors.iter().sum::<f64>() / factors.len().max(1) as f64;
        for weights in weights.chunks_exact_mut(factors.len().max(1)) {
            for (weight, factor) in weights.iter_mut().zip(&factors) {
                *weight *= (factor / mean) as f32;
            }
        }
        weights
    }

    fn surrogate(self, _: &Rows<'_>, _: &[f32]) -> TwoStage {
        TwoStage::LOG
    }
}

impl fmt::Display for ClassBalanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("class-balanced weights")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::part::PartColumns;

    #[test]
    fn weights_are_divided_by_wins_and_scaled_to_a_mean_factor_of_1() {
        // 30 rows for expert 0, 10 for expert 1.
        let errors: Vec<f32> =
            (0..40).flat_map(|row| if row % 4 > 0 { [0.0, 1.0] } else { [1.0, 0.0] }).collect();
        let part = PartColumns { rows: 40, experts: 2, errors, ..PartColumns::default() }.padded();
        let all: Vec<usize> = (0..40).collect();
        let rows = Rows::new(&part, &all, &|_| 1.0);
        let targets = ClassBalanced.targets(&rows, Tau::Max);
        // Factors in the ratio 1/40 to 1/20, whose mean is 1.
        let expected = |row: usize| [[0.0, 4.0 / 3.0], [2.0 / 3.0, 0.0]][(row % 4).min(1)];
        for (row, found) in targets.chunks_exact(2).enumerate() {
            for (found, expected) in found.iter().zip(expected(row)) {
                assert!((found - expected).abs() < 1e-6, "{row}: {found} {expected}");
            }
        }
    }
}
