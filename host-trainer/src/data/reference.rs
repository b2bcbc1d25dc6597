//! Points of reference of a part: what hindsight would choose.

use crate::data::part::Part;

/// The cheapest choice on each row among those who were asked, known only in hindsight; ties go to
/// the lower index. On a row on which nobody was asked it is `local`.
#[must_use]
pub fn oracle(part: &Part) -> Vec<usize> {
    let cheapest = |row: usize| {
        let asked = (0..part.experts()).filter(|&k| part.is_asked(row, k));
        let loss = |k: &usize| part.deferral_loss(row, *k);
        asked.min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap_or(0)
    };
    (0..part.rows()).map(cheapest).collect()
}

/// The mean deferral loss of always asking an expert, over the rows on which it was asked, and
/// their number; NaN without rows.
#[must_use]
pub fn alone(part: &Part, k: usize) -> (f64, usize) {
    let losses = part.asked_rows(k).map(|row| f64::from(part.deferral_loss(row, k)));
    let (sum, rows) = losses.fold((0.0, 0), |(sum, rows), loss| (sum + loss, rows + 1));
    (sum / rows as f64, rows)
}

/// The expert with the lowest mean deferral loss on a part, each over the rows on which it was
/// asked; ties go to the lower index.
#[must_use]
pub fn best_single(part: &Part) -> usize {
    let losses: Vec<f64> = (0..part.experts()).map(|k| alone(part, k).0).collect();
    // NaN, of one that was never asked, is above all numbers.
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

    #[test]
    fn those_who_were_not_asked_are_no_choice() {
        let nan = f32::NAN;
        let part = PartColumns {
            rows: 4,
            experts: 3,
            errors: vec![1.0, nan, 0.0, nan, 0.5, 1.0, 0.0, nan, nan, nan, nan, nan],
            prices: [0.0, 0.25, 0.5].repeat(4),
            ..PartColumns::default()
        }
        .padded();
        assert_eq!(oracle(&part), [2, 1, 0, 0]);
        assert_eq!([0, 1, 2].map(|k| alone(&part, k)), [(0.5, 2), (0.75, 1), (1.0, 2)]);
        assert_eq!(best_single(&part), 0);
        assert!(!part.is_complete() && part.subset(&[]).is_complete());
    }
}
