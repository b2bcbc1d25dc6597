//! Equal rows on two sides of the split: what is learned from one is tested on its copy.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::look::{Look, Warning};
use crate::data::part::Part;
use crate::data::split::Split;

/// Copies are worth a warning from this share of the rows of a split on.
const SHARE: f64 = 0.01;

/// Where fewer of the train rows are different from all others, rows are equal because the features
/// are coarse, not because they were copied.
const DISTINCT: f64 = 0.9;

/// With fewer numbers than this rows are equal by chance: a confidence of 1 is not rare.
const FEWEST_NUMBERS: usize = 4;

pub(super) fn warnings(look: &Look<'_>) -> Vec<Warning> {
    if look.numbers().count() < FEWEST_NUMBERS {
        return Vec::new();
    }
    let train = &look.data.train;
    let mut known: Vec<(u64, u32)> =
        (0..train.rows()).map(|row| (digest(train, row), train.lines()[row])).collect();
    known.sort_unstable();
    known.dedup_by_key(|(digest, _)| *digest);
    if (known.len() as f64) < DISTINCT * train.rows() as f64 {
        return Vec::new();
    }
    let copy_of = |part: &Part, row: usize| {
        let place = known.binary_search_by_key(&digest(part, row), |(digest, _)| *digest).ok()?;
        Some((part.lines()[row], known[place].1))
    };
    let of_split = |split: Split| {
        let part = look.data.part(split);
        let copies: Vec<(u32, u32)> =
            (0..part.rows()).filter_map(|row| copy_of(part, row)).collect();
        let &(line, of) = copies.first()?;
        if (copies.len() as f64) < SHARE * part.rows() as f64 {
            return None;
        }
        let text = format!(
            "{} of the {} {split} rows are equal to a train row in features, label and answers (line \
             {line} to line {of}). Figures on them look better than they are: give equal rows the same \
             `group`, or remove the copies",
            copies.len(),
            part.rows(),
        );
        Some(Warning::new("equal-rows", text))
    };
    [Split::Calibration, Split::Test].into_iter().filter_map(of_split).collect()
}

/// Two rows with the same digest are equal, but for a chance of about rows squared in 2^65.
fn digest(part: &Part, row: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    for values in [part.row(row), part.errors().row(row), part.prices().row(row)] {
        for value in values {
            // 0 and -0 are equal.
            (value + 0.0).to_bits().hash(&mut hasher);
        }
    }
    part.labels().map(|labels| labels[row]).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::look::Judged;
    use super::super::testing::{log, warnings};
    use crate::data::dataset::Dataset;

    /// The usual log with two more features.
    fn wide_log() -> Dataset {
        let mut data = log(400);
        data.feature_names.extend(["c".to_owned(), "d".to_owned()]);
        for part in [&mut data.train, &mut data.calibration, &mut data.test] {
            part.edit(|columns| {
                let rows = columns.features.chunks_exact(2);
                columns.features =
                    rows.flat_map(|row| [row[0], row[1], row[0] * row[1], -row[0]]).collect();
                columns.inputs = 4;
            });
        }
        data
    }

    #[test]
    fn test_rows_that_are_copies_of_train_rows() {
        let mut data = wide_log();
        assert_eq!(warnings(&data, Judged::ByLabel), []);
        let copies: Vec<usize> = (0..100).map(|row| if row < 50 { row } else { 2 * row }).collect();
        let mut copied = data.train.subset(&copies);
        copied.edit(|part| {
            part.lines = data.test.lines().to_vec();
            // The second half is something else.
            for (row, label) in part.labels.as_mut().unwrap().iter_mut().enumerate().skip(50) {
                *label = 9 + row as u16;
            }
        });
        data.test = copied;
        let parts = ["50 of the 100 test rows are equal to a train row", "(line 5 to line 2)"];
        let found = warnings(&data, Judged::ByLabel);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(parts.iter().all(|part| found[0].text.contains(part)), "{found:?}");
    }
}
