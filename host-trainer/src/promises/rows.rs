//! What a threshold decides over: each row as the choice between `local` and the best of the
//! others.

use mild::Image;
use mild::governor::MAX_ADVANTAGE;

use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::integers::artifact::scores;

/// Above every advantage: nothing is deferred.
pub(crate) const NEVER: i32 = MAX_ADVANTAGE;

/// Below every advantage but the lowest possible.
pub(crate) const ALWAYS: i32 = -MAX_ADVANTAGE;

/// Rows of a log as a threshold sees them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct AdvantageRows {
    /// By how much the best other expert exceeds `local`, in score units.
    pub advantage: Vec<i32>,
    /// That expert.
    pub other: Vec<u8>,
    /// Error and price of `local` and of that expert.
    pub local: Vec<AnswerLoss>,
    /// Of that expert.
    pub away: Vec<AnswerLoss>,
    /// The group of each row, where the log has groups.
    pub groups: Option<Vec<u32>>,
}

/// The error and the price of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct AnswerLoss {
    /// 0 to 1.
    pub error: f64,
    /// In units of one error.
    pub price: f64,
}

impl AdvantageRows {
    /// The rows of a part under an image with these offsets.
    #[must_use]
    pub(crate) fn new(image: &Image<'_>, offsets: &[i32], part: &Part) -> Self {
        Self::of(&scores(image, part), offsets, part)
    }

    /// The rows of a part with these integer scores, rows x experts.
    #[must_use]
    pub(crate) fn of(scores: &Matrix<i32>, offsets: &[i32], part: &Part) -> Self {
        let mut rows = Self { groups: part.groups().map(<[u32]>::to_vec), ..Self::default() };
        for (row, scores) in scores.iter_rows().enumerate() {
            let sum = |k: usize| i64::from(scores[k]) + i64::from(offsets[k]);
            let mut best = 1;
            for k in 2..part.experts() {
                if sum(k) > sum(best) {
                    best = k;
                }
            }
            let limit = i64::from(MAX_ADVANTAGE);
            let outcome = |k: usize| AnswerLoss {
                error: f64::from(part.errors().row(row)[k]),
                price: f64::from(part.prices().row(row)[k]),
            };
            rows.advantage.push((sum(best) - sum(0)).clamp(-limit, limit) as i32);
            rows.other.push(best as u8);
            rows.local.push(outcome(0));
            rows.away.push(outcome(best));
        }
        rows
    }

    /// The number of rows.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.advantage.len()
    }

    /// Some of the rows.
    #[must_use]
    pub(crate) fn subset(&self, rows: &[usize]) -> Self {
        Self {
            advantage: rows.iter().map(|&row| self.advantage[row]).collect(),
            other: rows.iter().map(|&row| self.other[row]).collect(),
            local: rows.iter().map(|&row| self.local[row]).collect(),
            away: rows.iter().map(|&row| self.away[row]).collect(),
            groups: self
                .groups
                .as_ref()
                .map(|groups| rows.iter().map(|&row| groups[row]).collect()),
        }
    }

    /// These rows and then others, of the same log.
    #[must_use]
    pub(crate) fn join(mut self, others: Self) -> Self {
        self.advantage.extend(others.advantage);
        self.other.extend(others.other);
        self.local.extend(others.local);
        self.away.extend(others.away);
        if let (Some(groups), Some(others)) = (&mut self.groups, others.groups) {
            groups.extend(others);
        }
        self
    }

    /// The threshold above which the given share of these rows is: a plain quantile, as others use
    /// it, with no promise.
    #[must_use]
    pub(crate) fn empirical_threshold(&self, rate: f64) -> i32 {
        let mut sorted = self.advantage.clone();
        sorted.sort_unstable_by_key(|&advantage| std::cmp::Reverse(advantage));
        let most = (rate * self.len() as f64 + 1e-9) as usize;
        sorted.get(most).copied().unwrap_or(-MAX_ADVANTAGE)
    }

    /// Whether a row is deferred at a threshold.
    #[must_use]
    pub(crate) fn defers(&self, row: usize, threshold: i32) -> bool {
        self.advantage[row] > threshold
    }

    /// Error and price of a row at a threshold.
    #[must_use]
    pub(crate) fn outcome(&self, row: usize, threshold: i32) -> AnswerLoss {
        if self.defers(row, threshold) { self.away[row] } else { self.local[row] }
    }

    /// The mean of a number for each row. With groups each group counts once, by its own mean.
    pub(crate) fn mean(&self, value: impl Fn(usize) -> f64) -> f64 {
        let units = self.units(value);
        units.iter().sum::<f64>() / units.len().max(1) as f64
    }

    /// The independent numbers behind a mean: one for each row, or one for each group.
    pub(crate) fn units(&self, value: impl Fn(usize) -> f64) -> Vec<f64> {
        let Some(groups) = &self.groups else {
            return (0..self.len()).map(value).collect();
        };
        let mut sums = std::collections::BTreeMap::<u32, (f64, f64)>::new();
        for (row, &group) in groups.iter().enumerate() {
            let (sum, count) = sums.entry(group).or_default();
            *sum += value(row);
            *count += 1.0;
        }
        sums.into_values().map(|(sum, count)| sum / count).collect()
    }

    /// The number of rows, or of groups where there are some: what a guarantee rests on.
    #[must_use]
    pub(crate) fn independent(&self) -> usize {
        self.units(|_| 0.0).len()
    }

    /// The deferral rate at a threshold; with groups each counts once.
    #[must_use]
    pub(crate) fn rate(&self, threshold: i32) -> f64 {
        self.mean(|row| f64::from(u8::from(self.defers(row, threshold))))
    }

    /// Whether every error is 0 or 1 and no row belongs to a group.
    #[must_use]
    pub(crate) fn binary(&self) -> bool {
        let whole = |outcome: &AnswerLoss| outcome.error == 0.0 || outcome.error == 1.0;
        self.groups.is_none() && self.local.iter().chain(&self.away).all(whole)
    }
}
