//! Points of reference of a part: what hindsight would choose.

use crate::data::part::Part;

/// The cheapest choice on each row, known only in hindsight; ties go to the lower index.
#[must_use]
pub fn oracle(part: &Part) -> Vec<usize> {
    (0..part.rows())
        .map(|row| {
            let mut best = 0;
            for k in 1..part.experts() {
                if part.deferral_loss(row, k) < part.deferral_loss(row, best) {
                    best = k;
                }
            }
            best
        })
        .collect()
}

/// The expert with the lowest mean deferral loss on a part; ties go to the lower index.
#[must_use]
pub fn best_single(part: &Part) -> usize {
    let losses: Vec<f64> = (0..part.experts()).map(|k| part.mean_deferral_loss(|_| k)).collect();
    (0..part.experts()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::part::PartColumns;

    #[test]
    fn oracle_and_best_single() {
        let rows = 400;
        let errors = (0..rows).flat_map(|row| [f32::from(row % 4 == 0), 0.0]).collect();
        let prices = (0..rows).flat_map(|_| [0.0, 0.1]).collect();
        let part = PartColumns { rows: 400, experts: 2, errors, prices, ..PartColumns::default() }
            .padded();
        let choices = oracle(&part);
        assert_eq!((choices[0], choices[1]), (1, 0));
        assert_eq!(best_single(&part), 1);
    }
}
