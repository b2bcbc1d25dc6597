//! A deferral log in memory: three parts, each a few dense arrays.
//!
//! Arrays with two dimensions are row-major: the values of row `i` are at `i * width .. (i + 1) * width`. Rows keep
//! the order of the log. Errors, losses and prices are all in units of one error.

use crate::arithmetic::random::Random;
use crate::data::confidence::Confidence;
use crate::data::matrix::{compact, gather};
use crate::data::split::Split;

/// One who can be asked. Index 0 is the device itself, `local`.
#[derive(Debug, Clone, PartialEq)]
pub struct Expert {
    /// The name in the configuration.
    pub name: String,
    /// The mean price of one use over the train rows, in units of one error.
    pub mean_cost: f32,
    /// Whether the price differs between rows of the log.
    pub cost_varies: bool,
}

/// How the i16 reading of a device becomes a feature: `scale * reading + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawScale {
    /// Feature units per step of the reading, > 0.
    pub scale: f32,
    /// The feature at a reading of 0.
    pub offset: f32,
}

/// A deferral log, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The names of the inputs; one-hot inputs are called `column=value`.
    pub feature_names: Vec<String>,
    /// The experts, `local` first.
    pub experts: Vec<Expert>,
    /// The first eight bytes of the SHA-256 of the log as it is stored.
    pub log_digest: [u8; 8],
    /// The rows for fitting.
    pub train: Part,
    /// The rows for offsets, thresholds and choices.
    pub calibration: Part,
    /// The rows for the reported figures.
    pub test: Part,
    /// Per input, how the device's reading becomes it; `None` if the configuration has no section `[raw]`.
    pub raw: Option<Vec<RawScale>>,
}

impl Dataset {
    /// The number of inputs of the rejector.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.feature_names.len()
    }

    /// The same log with its first `experts` experts alone, `local` among them.
    #[must_use]
    pub fn first_experts(&self, experts: usize) -> Self {
        self.only(&(0..experts.min(self.experts.len())).collect::<Vec<_>>())
    }

    /// The same log without one of its experts.
    #[must_use]
    pub fn without_expert(&self, k: usize) -> Self {
        self.only(&(0..self.experts.len()).filter(|&other| other != k).collect::<Vec<_>>())
    }

    /// The same log with one of its experts behind all others.
    #[must_use]
    pub fn with_expert_last(&self, k: usize) -> Self {
        let others = (0..self.experts.len()).filter(|&other| other != k);
        self.only(&others.chain([k]).collect::<Vec<_>>())
    }

    /// The same log with one more expert, behind all others, at the same price on every row; `error` says its
    /// error, or its expected one, on a row of a part.
    #[must_use]
    pub fn with_expert(&self, name: &str, price: f32, error: impl Fn(&Part, usize) -> f32) -> Self {
        let expert = Expert { name: name.to_owned(), mean_cost: price, cost_varies: false };
        Self {
            experts: self.experts.iter().cloned().chain([expert]).collect(),
            train: self.train.with_expert(price, &error),
            calibration: self.calibration.with_expert(price, &error),
            test: self.test.with_expert(price, &error),
            ..self.clone()
        }
    }

    /// The same log with these experts alone, in this order.
    fn only(&self, experts: &[usize]) -> Self {
        Self {
            experts: experts.iter().map(|&k| self.experts[k].clone()).collect(),
            train: self.train.only(experts),
            calibration: self.calibration.only(experts),
            test: self.test.only(experts),
            ..self.clone()
        }
    }

    /// The same log with half of its calibration rows set apart, whole groups where there are some: rows on which
    /// nothing is tuned, so that what holds on them holds on new rows by the same chance.
    #[must_use]
    pub fn reserve(&self, seed: u64) -> (Self, Part) {
        let side = self.calibration.folds(2, seed);
        let rows = |fold| (0..side.len()).filter(|&row| side[row] == fold).collect::<Vec<_>>();
        let reserved = self.calibration.subset(&rows(1));
        (Self { calibration: self.calibration.subset(&rows(0)), ..self.clone() }, reserved)
    }

    /// The rows of one split.
    #[must_use]
    pub fn part(&self, split: Split) -> &Part {
        match split {
            Split::Train => &self.train,
            Split::Calibration => &self.calibration,
            Split::Test => &self.test,
        }
    }
}

/// Rows of a log.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part {
    /// The number of rows.
    pub rows: usize,
    /// The number of features of a row.
    pub inputs: usize,
    /// The number of experts.
    pub experts: usize,
    /// `rows` x `inputs`, finite.
    pub features: Vec<f32>,
    /// `rows` x `experts`: 0 (right), 1 (wrong), or a loss of 0 to 1.
    pub errors: Vec<f32>,
    /// `rows` x `experts`: what asking costs, >= 0.
    pub prices: Vec<f32>,
    /// `rows`: the group of a row. Ids are dense over the whole log, not over this part.
    pub groups: Option<Vec<u32>>,
    /// `rows`: the class of a row.
    pub labels: Option<Vec<u16>>,
    /// `rows`: how sure the local model is of its answer, if the log tells.
    pub confidence: Option<Confidence>,
    /// `rows`: the line of the log on which a row begins; the header is line 1.
    pub lines: Vec<u32>,
}

impl Part {
    /// The features of row `i`.
    ///
    /// # Panics
    /// As all access by row: if there is no such row.
    #[must_use]
    pub fn row(&self, i: usize) -> &[f32] {
        &self.features[i * self.inputs..][..self.inputs]
    }

    /// The error or loss of every expert on row `i`.
    #[must_use]
    pub fn errors(&self, i: usize) -> &[f32] {
        &self.errors[i * self.experts..][..self.experts]
    }

    /// The price of every expert on row `i`.
    #[must_use]
    pub fn prices(&self, i: usize) -> &[f32] {
        &self.prices[i * self.experts..][..self.experts]
    }

    /// The deferral loss of choosing expert `k` on row `i`: its error plus its price.
    #[must_use]
    pub fn cost(&self, i: usize, k: usize) -> f32 {
        self.errors(i)[k] + self.prices(i)[k]
    }

    /// The deferral loss of every expert on some rows, row-major.
    #[must_use]
    pub fn deferral_losses(&self, rows: &[usize]) -> Vec<f32> {
        rows.iter().flat_map(|&row| (0..self.experts).map(move |k| self.cost(row, k))).collect()
    }

    /// The mean deferral loss of choosing `choose(i)` on every row `i`; 0 without rows.
    #[must_use]
    pub fn deferral_loss(&self, choose: impl Fn(usize) -> usize) -> f64 {
        let sum: f64 = (0..self.rows).map(|i| f64::from(self.cost(i, choose(i)))).sum();
        sum / self.rows.max(1) as f64
    }

    /// The same rows with these experts alone, in this order.
    fn only(&self, experts: &[usize]) -> Self {
        let of = |values: &[f32]| -> Vec<f32> {
            let rows = values.chunks_exact(self.experts.max(1));
            rows.flat_map(|row| experts.iter().map(|&k| row[k])).collect()
        };
        let (errors, prices) = (of(&self.errors), of(&self.prices));
        Self { experts: experts.len(), errors, prices, ..self.clone() }
    }

    /// The same rows with one more expert.
    fn with_expert(&self, price: f32, error: &impl Fn(&Self, usize) -> f32) -> Self {
        let mut errors = Vec::with_capacity(self.rows * (self.experts + 1));
        let mut prices = Vec::with_capacity(self.rows * (self.experts + 1));
        for row in 0..self.rows {
            errors.extend_from_slice(self.errors(row));
            errors.push(error(self, row));
            prices.extend_from_slice(self.prices(row));
            prices.push(price);
        }
        Self { experts: self.experts + 1, errors, prices, ..self.clone() }
    }

    /// The given rows, in the given order.
    #[must_use]
    pub fn subset(&self, rows: &[usize]) -> Self {
        Self {
            rows: rows.len(),
            inputs: self.inputs,
            experts: self.experts,
            features: gather(&self.features, self.inputs, rows),
            errors: gather(&self.errors, self.experts, rows),
            prices: gather(&self.prices, self.experts, rows),
            groups: self.groups.as_ref().map(|v| gather(v, 1, rows)),
            labels: self.labels.as_ref().map(|v| gather(v, 1, rows)),
            confidence: self.confidence.as_ref().map(|v| v.subset(rows)),
            lines: gather(&self.lines, 1, rows),
        }
    }

    /// Keeps the given rows, which must ascend, without a second copy of them.
    pub(crate) fn keep(&mut self, rows: &[usize]) {
        self.rows = rows.len();
        compact(&mut self.features, self.inputs, rows);
        compact(&mut self.errors, self.experts, rows);
        compact(&mut self.prices, self.experts, rows);
        if let Some(groups) = &mut self.groups {
            compact(groups, 1, rows);
        }
        if let Some(labels) = &mut self.labels {
            compact(labels, 1, rows);
        }
        if let Some(confidence) = &mut self.confidence {
            confidence.keep(rows);
        }
        compact(&mut self.lines, 1, rows);
    }

    /// Deals the rows into `k` folds of nearly equal size and returns the fold of every row.
    ///
    /// A group is never in two folds; then sizes are as equal as the groups allow, and with fewer groups (or rows)
    /// than folds some folds stay empty. The same seed gives the same folds on every host.
    ///
    /// # Panics
    /// If `k` is 0.
    #[must_use]
    pub fn folds(&self, k: u8, seed: u64) -> Vec<u8> {
        let k = usize::from(k);
        let mut random = Random::new(seed);
        let mut fold_of_row = vec![0u8; self.rows];
        let Some(groups) = &self.groups else {
            let mut order: Vec<usize> = (0..self.rows).collect();
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

/// The groups that have rows, the largest first, equally large ones in a random order: dealt in this order, the
/// small groups even out what the large ones left uneven.
pub(crate) fn largest_first(sizes: &[usize], random: &mut Random) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).filter(|&group| sizes[group] > 0).collect();
    random.shuffle(&mut order);
    order.sort_by_key(|&group| std::cmp::Reverse(sizes[group]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(groups: Option<Vec<u32>>, rows: usize) -> Part {
        Part {
            rows,
            inputs: 2,
            experts: 2,
            features: (0..rows * 2).map(|v| v as f32).collect(),
            errors: (0..rows * 2).map(|v| (v % 2) as f32).collect(),
            prices: vec![0.25; rows * 2],
            groups,
            labels: Some((0..rows as u16).collect()),
            confidence: Some(Confidence::new(2, (0..rows * 2).map(|v| v as f32).collect())),
            lines: (2..rows as u32 + 2).collect(),
        }
    }

    #[test]
    fn rows_are_where_the_shape_says() {
        let part = part(None, 3);
        assert_eq!(part.row(1), [2.0, 3.0]);
        assert_eq!((part.errors(2), part.prices(2)), (&[0.0, 1.0][..], &[0.25, 0.25][..]));
        assert_eq!(part.cost(0, 1), 1.25);
        assert_eq!(part.deferral_loss(|i| usize::from(i == 0)), (1.25 + 0.25 + 0.25) / 3.0);
    }

    #[test]
    fn keep_is_subset_in_place() {
        let whole = part(Some(vec![0, 0, 1, 2, 1]), 5);
        let chosen = whole.subset(&[1, 2, 4]);
        assert_eq!(chosen.row(2), [8.0, 9.0]);
        assert_eq!(chosen.groups, Some(vec![0, 1, 1]));
        assert_eq!(chosen.lines, [3, 4, 6]);
        assert_eq!(chosen.confidence, Some(Confidence::new(2, vec![2.0, 3.0, 4.0, 5.0, 8.0, 9.0])));
        let mut kept = whole.clone();
        kept.keep(&[1, 2, 4]);
        assert_eq!(kept, chosen);
    }

    #[test]
    fn experts_keep_their_columns() {
        let mut whole = part(None, 3);
        whole.errors = vec![0.0, 1.0, 0.5, 0.25, 1.0, 0.0];
        let one = whole.only(&[0]);
        assert_eq!((one.experts, &one.errors[..]), (1, &[0.0, 0.5, 1.0][..]));
        assert_eq!((one.prices.len(), one.features.len()), (3, whole.features.len()));
        assert_eq!(whole.only(&[0, 1]), whole);
        assert_eq!(whole.only(&[1, 0]).errors, [1.0, 0.0, 0.25, 0.5, 0.0, 1.0]);
        let again = one.with_expert(0.25, &|_, row| [1.0, 0.25, 0.0][row]);
        assert_eq!(again, whole, "taken away and put back");
    }

    #[test]
    fn folds_are_balanced_and_repeatable() {
        let part = part(None, 103);
        let folds = part.folds(5, 9);
        for fold in 0..5 {
            let size = folds.iter().filter(|&&f| f == fold).count();
            assert!((20..=21).contains(&size), "{size}");
        }
        assert_eq!(folds, part.folds(5, 9));
        assert_ne!(folds, part.folds(5, 10));
    }

    #[test]
    fn folds_keep_groups_together() {
        let groups: Vec<u32> = (0..200u32).map(u32::isqrt).collect();
        let folds = part(Some(groups.clone()), 200).folds(4, 1);
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
