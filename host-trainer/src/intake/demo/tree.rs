//! Decision trees and forests in whole numbers: the demonstration's experts.
//!
//! The demonstration promises the same bytes on every host. Inputs here are sensor counts,
//! impurities are compared as fractions, ties always go to the first candidate, and the random
//! numbers are the trainer's. Nothing depends on a hash map's order, on how a host rounds or on its
//! number of cores. (`linfa-trees` sums and breaks ties in the order of a hash map with a random
//! key, and so grows another tree in every process.)

use crate::arithmetic::random::Random;

/// Number of classes a tree tells apart: the three bands of acidity.
pub(super) const CLASSES: usize = 3;

/// What a tree is fitted on: one row of counts and one class per sample.
pub(super) struct Samples<'a, R> {
    pub(super) readings: &'a [R],
    pub(super) classes: &'a [u8],
}

impl<R> Clone for Samples<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Samples<'_, R> {}

/// How far a tree may grow.
#[derive(Clone, Copy)]
pub(super) struct Growth {
    /// Splits between the root and a leaf, at most.
    pub(super) depth: usize,
    /// Samples in a leaf, at least.
    pub(super) leaf: usize,
}

enum Node {
    Leaf(u8),
    /// Left if twice the count is at most `twice`: the middle of two counts without a fraction.
    Split {
        column: usize,
        twice: i32,
        left: usize,
        right: usize,
    },
}

/// A classification tree grown with Gini's impurity (Breiman, Friedman, Olshen and Stone,
/// "Classification and Regression Trees", 1984).
pub(super) struct Tree(Vec<Node>);

impl Tree {
    /// Fits a tree to the samples named by `rows`, looking at `columns` only.
    pub(super) fn fit<R: AsRef<[i16]>>(
        samples: Samples<'_, R>,
        rows: &[usize],
        columns: &[usize],
        growth: Growth,
    ) -> Self {
        Self::grow(samples, rows.to_vec(), growth, |consider| consider(columns))
    }

    /// Grows a tree; `choose` hands the columns that one node may split on to the function it is
    /// given.
    fn grow<R: AsRef<[i16]>>(
        samples: Samples<'_, R>,
        rows: Vec<usize>,
        growth: Growth,
        mut choose: impl FnMut(&mut dyn FnMut(&[usize])),
    ) -> Self {
        let mut nodes = vec![Node::Leaf(0)];
        // A work list instead of recursion; the order is fixed, so the random numbers fall to the
        // same nodes every time.
        let mut open = vec![(0, 0, rows)];
        while let Some((at, depth, rows)) = open.pop() {
            let counts = count(samples.classes, &rows);
            let mut split = None;
            if depth < growth.depth && counts.iter().filter(|&&n| n > 0).count() > 1 {
                choose(&mut |columns| split = best_split(samples, &rows, columns, growth.leaf));
            }
            let Some((column, twice)) = split else {
                nodes[at] = Node::Leaf(most_frequent(&counts));
                continue;
            };
            let (left_rows, right_rows): (Vec<usize>, Vec<usize>) = rows
                .into_iter()
                .partition(|&row| 2 * i32::from(samples.readings[row].as_ref()[column]) <= twice);
            let (left, right) = (nodes.len(), nodes.len() + 1);
            nodes.extend([Node::Leaf(0), Node::Leaf(0)]);
            nodes[at] = Node::Split { column, twice, left, right };
            open.push((right, depth + 1, right_rows));
            open.push((left, depth + 1, left_rows));
        }
        Self(nodes)
    }

    /// The class of one row of counts.
    pub(super) fn classify(&self, readings: &[i16]) -> u8 {
        let mut at = 0;
        loop {
            match self.0[at] {
                Node::Leaf(class) => return class,
                Node::Split { column, twice, left, right } => {
                    at = if 2 * i32::from(readings[column]) <= twice { left } else { right };
                }
            }
        }
    }
}

/// A random forest: trees on bootstrap samples, a few columns drawn for every split, a vote
/// (Breiman, "Random forests", 2001).
pub(super) struct Forest(Vec<Tree>);

impl Forest {
    /// Fits `trees` trees to the samples named by `rows`, looking at `columns` only.
    pub(super) fn fit<R: AsRef<[i16]>>(
        samples: Samples<'_, R>,
        rows: &[usize],
        columns: &[usize],
        trees: usize,
        random: &mut Random,
    ) -> Self {
        // The customary square root of the number of columns.
        let drawn = columns.len().isqrt().max(1);
        let growth = Growth { depth: usize::MAX, leaf: 1 };
        let fit_one = |_| {
            let bag = (0..rows.len()).map(|_| rows[random.below(rows.len())]).collect();
            let mut order = columns.to_vec();
            Tree::grow(samples, bag, growth, |consider| {
                for i in 0..drawn {
                    let other = i + random.below(order.len() - i);
                    order.swap(i, other);
                }
                consider(&order[..drawn]);
            })
        };
        Self((0..trees).map(fit_one).collect())
    }

    /// The class that most trees vote for; a tie goes to the lower class.
    pub(super) fn classify(&self, readings: &[i16]) -> u8 {
        let mut votes = [0; CLASSES];
        for tree in &self.0 {
            votes[usize::from(tree.classify(readings))] += 1;
        }
        most_frequent(&votes)
    }
}

fn count(classes: &[u8], rows: &[usize]) -> [u64; CLASSES] {
    let mut counts = [0; CLASSES];
    for &row in rows {
        counts[usize::from(classes[row])] += 1;
    }
    counts
}

/// The class with the highest count; a tie goes to the lower class.
fn most_frequent(counts: &[u64; CLASSES]) -> u8 {
    let mut best = 0;
    for class in 1..CLASSES {
        if counts[class] > counts[best] {
            best = class;
        }
    }
    best as u8
}

fn sum_of_squares(counts: &[u64; CLASSES]) -> u64 {
    counts.iter().map(|n| n * n).sum()
}

/// The column and (twice) the threshold with the lowest impurity, the first of equals.
///
/// The impurity of a split falls as `a/m + b/n` rises, where `m` and `n` are the sizes of its sides
/// and `a` and `b` the sums of their squared class counts. Over a common denominator and multiplied
/// crosswise that is a comparison of whole numbers, which no host rounds; with 1,599 samples all of
/// it stays below 2^54.
fn best_split<R: AsRef<[i16]>>(
    samples: Samples<'_, R>,
    rows: &[usize],
    columns: &[usize],
    leaf: usize,
) -> Option<(usize, i32)> {
    let total = count(samples.classes, rows);
    let size = rows.len() as u64;
    // A split must beat no split at all: `a/size` of the undivided node.
    let (mut best_above, mut best_below) = (sum_of_squares(&total), size);
    let mut best = None;
    let mut sorted = Vec::with_capacity(rows.len());
    for &column in columns {
        sorted.clear();
        sorted.extend(
            rows.iter().map(|&row| (samples.readings[row].as_ref()[column], samples.classes[row])),
        );
        sorted.sort_unstable();
        let (mut left, mut right) = ([0; CLASSES], total);
        for (i, pair) in sorted.windows(2).enumerate() {
            let (value, class) = pair[0];
            left[usize::from(class)] += 1;
            right[usize::from(class)] -= 1;
            let next = pair[1].0;
            let (m, n) = (i as u64 + 1, size - i as u64 - 1);
            if value == next || m.min(n) < leaf as u64 {
                continue;
            }
            let above = sum_of_squares(&left) * n + sum_of_squares(&right) * m;
            if above * best_below > best_above * (m * n) {
                (best_above, best_below) = (above, m * n);
                best = Some((column, i32::from(value) + i32::from(next)));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tree_learns_two_thresholds() {
        let readings: Vec<[i16; 2]> = (0..90).map(|i| [0, i - 45]).collect();
        let classes: Vec<u8> = (0..90).map(|i| (i / 30) as u8).collect();
        let samples = Samples { readings: &readings, classes: &classes };
        let rows: Vec<usize> = (0..90).collect();
        let growth = Growth { depth: 2, leaf: 1 };
        let tree = Tree::fit(samples, &rows, &[0, 1], growth);
        for (reading, &class) in readings.iter().zip(&classes) {
            assert_eq!(tree.classify(reading), class);
        }
        let blind = Tree::fit(samples, &rows, &[0], growth);
        assert_eq!(blind.0.len(), 1, "a constant column has no split");
    }

    #[test]
    fn leaves_keep_their_least_size() {
        let readings: Vec<[i16; 1]> = (0..20).map(|i| [i]).collect();
        let mut classes = [0; 20];
        classes[0] = 1;
        let samples = Samples { readings: &readings, classes: &classes };
        let rows: Vec<usize> = (0..20).collect();
        let tree = |leaf| Tree::fit(samples, &rows, &[0], Growth { depth: 5, leaf });
        assert_eq!(tree(1).classify(&[0]), 1);
        assert_eq!(tree(4).classify(&[0]), 0);
    }

    #[test]
    fn forest_never_answers_a_class_it_has_not_seen() {
        let readings: Vec<[i16; 2]> = (0..60).map(|i| [i, 60 - i]).collect();
        let classes: Vec<u8> = (0..60).map(|i| (i / 20) as u8).collect();
        let samples = Samples { readings: &readings, classes: &classes };
        let rows: Vec<usize> = (20..60).collect();
        let forest = Forest::fit(samples, &rows, &[0, 1], 9, &mut Random::new(3));
        assert_eq!(forest.classify(&readings[0]), 1);
        assert_eq!(forest.classify(&readings[59]), 2);
    }
}
