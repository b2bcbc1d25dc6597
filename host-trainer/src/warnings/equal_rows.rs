//! Equal rows on two sides of the split: what is learned from one is tested on its copy.

use rayon::prelude::*;

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
    let mut known = digests(train);
    known.dedup_by_key(|(digest, _)| *digest);
    if (known.len() as f64) < DISTINCT * train.rows() as f64 {
        return Vec::new();
    }
    let of_split = |split: Split| {
        let part = look.data.part(split);
        let copies = copies(&digests(part), &known);
        let &(row, train_row) = copies.iter().min()?;
        let (line, of) = (part.lines()[row], train.lines()[train_row]);
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

/// The digest of each row and its number, sorted.
fn digests(part: &Part) -> Vec<(u64, usize)> {
    let mut digests: Vec<(u64, usize)> =
        (0..part.rows()).into_par_iter().map(|row| (digest(part, row), row)).collect();
    digests.par_sort_unstable();
    digests
}

/// The rows of a part that are among the known ones, each with the row that it is equal to. Both are
/// sorted.
fn copies(part: &[(u64, usize)], known: &[(u64, usize)]) -> Vec<(usize, usize)> {
    let mut known = known.iter().peekable();
    let copy = |&(digest, row): &(u64, usize)| {
        while known.next_if(|(other, _)| *other < digest).is_some() {}
        known.peek().filter(|(other, _)| *other == digest).map(|&&(_, of)| (row, of))
    };
    part.iter().filter_map(copy).collect()
}

/// Two rows with the same digest are equal, but for a chance of about rows squared in 2^65.
fn digest(part: &Part, row: usize) -> u64 {
    // The digits of pi, as in many a hash: any odd number with bits all over will do.
    const FACTOR: u64 = 0x243f_6a88_85a3_08d3;
    let mix = |state: u64, word: u32| {
        let product = u128::from(state ^ u64::from(word)) * u128::from(FACTOR);
        product as u64 ^ (product >> 64) as u64
    };
    let values = [part.row(row), part.errors().row(row), part.prices().row(row)];
    // 0 and -0 are equal.
    let words = values.into_iter().flatten().map(|value| (value + 0.0).to_bits());
    let label = part.labels().map_or(u32::MAX, |labels| labels[row].into());
    words.chain([label]).fold(FACTOR, |state, word| mix(state, word).wrapping_add(FACTOR))
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
