//! Rows dealt into folds, groups kept together.

use crate::arithmetic::random::Random;

/// Deals rows into `k` folds of nearly equal size and returns the fold of every row.
///
/// A group is never in two folds; then sizes are as equal as the groups allow, and with fewer
/// groups (or rows) than folds some folds stay empty. The same seed gives the same folds on every
/// host.
///
/// # Panics
/// If `k` is 0.
#[must_use]
pub(crate) fn deal(rows: usize, groups: Option<&[u32]>, k: u8, seed: u64) -> Vec<u8> {
    let k = usize::from(k);
    let mut random = Random::new(seed);
    let mut fold_of_row = vec![0u8; rows];
    let Some(groups) = groups else {
        let mut order: Vec<usize> = (0..rows).collect();
        random.shuffle(&mut order);
        for (place, row) in order.into_iter().enumerate() {
            fold_of_row[row] = (place % k) as u8;
        }
        return fold_of_row;
    };
    let sizes = group_sizes(groups);
    let mut filled = vec![0usize; k];
    let mut fold_of_group = vec![0u8; sizes.len()];
    for group in largest_first(&sizes, &mut random) {
        let fold = (0..k).min_by_key(|&fold| filled[fold]).expect("k > 0");
        filled[fold] += sizes[group];
        fold_of_group[group] = fold as u8;
    }
    for (fold, &group) in fold_of_row.iter_mut().zip(groups) {
        *fold = fold_of_group[group as usize];
    }
    fold_of_row
}

/// The number of rows of every group id.
pub(crate) fn group_sizes(groups: &[u32]) -> Vec<usize> {
    let ids = groups.iter().max().map_or(0, |&id| id as usize + 1);
    let mut sizes = vec![0usize; ids];
    for &group in groups {
        sizes[group as usize] += 1;
    }
    sizes
}

/// The groups that have rows, the largest first, equally large ones in a random order: dealt in
/// this order, the small groups even out what the large ones left uneven.
pub(crate) fn largest_first(sizes: &[usize], random: &mut Random) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).filter(|&group| sizes[group] > 0).collect();
    random.shuffle(&mut order);
    order.sort_by_key(|&group| std::cmp::Reverse(sizes[group]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_balanced_and_repeatable() {
        let folds = deal(103, None, 5, 9);
        for fold in 0..5 {
            let size = folds.iter().filter(|&&f| f == fold).count();
            assert!((20..=21).contains(&size), "{size}");
        }
        assert_eq!(folds, deal(103, None, 5, 9));
        assert_ne!(folds, deal(103, None, 5, 10));
    }

    #[test]
    fn folds_keep_groups_together() {
        let groups: Vec<u32> = (0..200u32).map(u32::isqrt).collect();
        let folds = deal(200, Some(&groups), 4, 1);
        let mut of_group = std::collections::HashMap::new();
        for (group, fold) in groups.iter().zip(&folds) {
            assert_eq!(of_group.entry(group).or_insert(fold), &fold);
        }
        for fold in 0..4 {
            let size = folds.iter().filter(|&&f| f == fold).count();
            assert!((47..=53).contains(&size), "{size}");
        }
    }
}
