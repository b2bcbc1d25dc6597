//! Smaller logs from a large one, for learning curves.

use crate::arithmetic::random::Random;
use crate::data::dataset::Dataset;
use crate::data::folds::group_sizes;
use crate::data::part::Part;

/// The log as it would be if it had so many train rows: a seeded sample of them, and of the
/// calibration rows in proportion. The test rows stay.
#[must_use]
pub(crate) fn thin(data: &Dataset, train_rows: usize, seed: u64) -> Dataset {
    let share = train_rows as f64 / data.train.rows().max(1) as f64;
    let calibration_rows = (data.calibration.rows() as f64 * share).round() as usize;
    Dataset {
        train: sample(&data.train, train_rows, seed),
        // At least some rows, or there would be nothing to tune offsets on.
        calibration: sample(&data.calibration, calibration_rows.max(20), !seed),
        ..data.clone()
    }
}

/// So many rows, in the order of the part. Groups come whole, but for the last one.
fn sample(part: &Part, rows: usize, seed: u64) -> Part {
    if rows >= part.rows() {
        return part.clone();
    }
    let mut random = Random::new(seed ^ 0x1ea4_c07e);
    let mut chosen: Vec<usize> = match &part.groups() {
        None => {
            let mut order: Vec<usize> = (0..part.rows()).collect();
            random.shuffle(&mut order);
            order
        }
        Some(groups) => {
            let mut place: Vec<usize> = (0..group_sizes(groups).len()).collect();
            random.shuffle(&mut place);
            let mut order: Vec<usize> = (0..part.rows()).collect();
            order.sort_by_key(|&row| place[groups[row] as usize]);
            order
        }
    };
    chosen.truncate(rows);
    chosen.sort_unstable();
    part.subset(&chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::part::PartColumns;

    fn part(rows: usize, groups: Option<Vec<u32>>) -> Part {
        PartColumns { rows, lines: (0..rows as u32).collect(), groups, ..PartColumns::default() }
            .padded()
    }

    #[test]
    fn samples_are_seeded_ordered_and_of_whole_groups() {
        let rows = sample(&part(100, None), 30, 4);
        assert_eq!(rows.rows(), 30);
        assert!(rows.lines().is_sorted());
        assert_eq!(rows, sample(&part(100, None), 30, 4));
        assert_ne!(rows, sample(&part(100, None), 30, 5));
        assert_eq!(sample(&part(10, None), 30, 4).rows(), 10);
        let grouped = sample(&part(100, Some((0..100).map(|row| row / 10).collect())), 35, 1);
        let sizes = group_sizes(grouped.groups().as_ref().unwrap());
        let whole = sizes.iter().filter(|&&size| size == 10).count();
        assert_eq!((whole, sizes.iter().filter(|&&size| size == 5).count()), (3, 1));
    }

    #[test]
    fn calibration_shrinks_in_proportion_and_test_stays() {
        let data = Dataset {
            feature_names: vec![],
            experts: vec![],
            class_names: vec![],
            log_digest: [0; 8],
            notes: Default::default(),
            train: part(1000, None),
            calibration: part(400, None),
            test: part(70, None),
            raw: None,
            windows: vec![],
        };
        let thin = thin(&data, 500, 0);
        assert_eq!((thin.train.rows(), thin.calibration.rows(), thin.test.rows()), (500, 200, 70));
    }
}
