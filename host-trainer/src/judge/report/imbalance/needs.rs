//! How often each expert is needed.

use crate::data::part::Part;

/// On how many rows each expert is the cheapest of those that are right (error below 1/2); equal
/// costs count for the lower index.
#[must_use]
pub(crate) fn cheapest_right(part: &Part) -> Vec<usize> {
    let mut counts = vec![0; part.experts()];
    for row in 0..part.rows() {
        if let Some(k) = cheapest_right_of(part, row) {
            counts[k] += 1;
        }
    }
    counts
}

/// The cheapest expert that is right on a row, if any is.
#[must_use]
pub(crate) fn cheapest_right_of(part: &Part, row: usize) -> Option<usize> {
    let right = (0..part.experts()).filter(|&k| part.errors().row(row)[k] < 0.5);
    right.min_by(|&a, &b| part.deferral_loss(row, a).total_cmp(&part.deferral_loss(row, b)))
}

/// `sum_i w_ik^2` with the weights of tau = max.
pub(super) fn masses(part: &Part) -> Vec<f64> {
    let mut masses = vec![0.0; part.experts()];
    for row in 0..part.rows() {
        let asked = (0..part.experts()).filter(|&k| part.is_asked(row, k));
        let costs = asked.map(|k| (k, part.deferral_loss(row, k)));
        let largest = costs.clone().fold(0.0, |largest, (_, cost)| f32::max(largest, cost));
        for (k, cost) in costs {
            masses[k] += f64::from(largest - cost).powi(2);
        }
    }
    masses
}

/// Entropy of counts over the logarithm of their number.
pub(super) fn balance(counts: &[usize]) -> f64 {
    let total: usize = counts.iter().sum();
    if total == 0 || counts.len() < 2 {
        return 0.0;
    }
    let shares = counts.iter().filter(|&&count| count > 0).map(|&c| c as f64 / total as f64);
    let entropy: f64 = shares.map(|share| -share * libm::log(share)).sum();
    // Adding 0 turns -0 into 0.
    entropy / libm::log(counts.len() as f64) + 0.0
}
