//! The split of a log that names none: seeded, 60 % train, 20 % calibration, 20 % test, by group if
//! there are groups.

use crate::arithmetic::random::Random;
use crate::data::folds::{group_sizes, largest_first};
use crate::data::split::Split;

/// The rows of train, calibration and test, each ascending.
pub(super) fn draw(rows: usize, groups: Option<&[u32]>, seed: u64) -> [Vec<usize>; 3] {
    let mut random = Random::new(seed);
    let split_of_row = match groups {
        None => by_row(rows, &mut random),
        Some(groups) => by_group(groups, &mut random),
    };
    let mut parts: [Vec<usize>; 3] = Default::default();
    for (row, split) in split_of_row.into_iter().enumerate() {
        parts[split as usize].push(row);
    }
    parts
}

fn by_row(rows: usize, random: &mut Random) -> Vec<Split> {
    let mut order: Vec<usize> = (0..rows).collect();
    random.shuffle(&mut order);
    // A fifth, rounded, but no split of a tiny log stays empty.
    let held = ((rows + 2) / 5).max(1);
    let mut splits = vec![Split::Train; rows];
    for (place, row) in order.into_iter().rev().take(2 * held).enumerate() {
        splits[row] = if place < held { Split::Test } else { Split::Calibration };
    }
    splits
}

fn by_group(groups: &[u32], random: &mut Random) -> Vec<Split> {
    let sizes = group_sizes(groups);
    // In fifths of a row, so that all arithmetic is exact.
    let mut lacking = [3, 1, 1].map(|fifths| fifths * groups.len() as i64);
    let mut split_of_group = vec![Split::Train; sizes.len()];
    for group in largest_first(&sizes, random) {
        let emptiest = *lacking.iter().max().expect("three splits");
        let split =
            Split::ALL[lacking.iter().position(|&l| l == emptiest).expect("it is one of them")];
        lacking[split as usize] -= 5 * sizes[group] as i64;
        split_of_group[group] = split;
    }
    groups.iter().map(|&group| split_of_group[group as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_three_one_one_fifths() {
        for (rows, expected) in
            [(1000, [600, 200, 200]), (3, [1, 1, 1]), (7, [5, 1, 1]), (8, [4, 2, 2])]
        {
            assert_eq!(draw(rows, None, 5).map(|part| part.len()), expected, "{rows} rows");
        }
        assert_eq!(draw(50, None, 5), draw(50, None, 5));
        assert_ne!(draw(50, None, 5), draw(50, None, 6));
        // Written down once: every platform must draw these.
        assert_eq!(draw(10, None, 0)[2], [3, 9]);
    }

    #[test]
    fn groups_stay_whole() {
        let groups: Vec<u32> = (0..1000u32).map(|row| row / 7).collect();
        let parts = draw(1000, Some(&groups), 3);
        for (part, share) in parts.iter().zip([600, 200, 200]) {
            assert!(part.len().abs_diff(share) <= 7, "{}", part.len());
        }
        for group in 0..=groups[999] {
            let holders =
                parts.iter().filter(|part| part.iter().any(|&row| groups[row] == group)).count();
            assert_eq!(holders, 1, "group {group}");
        }
        // One large group does not leave a split empty.
        let parts = draw(102, Some(&[[0, 1].as_slice(), &[2; 100]].concat()), 3);
        assert_eq!(parts.map(|part| part.len()), [100, 1, 1]);
    }
}
