//! From promises to a threshold: what a rejector may defer so that limits hold on new data.
//!
//! Everything is about one number, the threshold that an advantage must exceed ([`AdvantageRows`]);
//! a higher one defers less. Each limit gives an interval of thresholds at which it holds with its
//! share of the allowed failures (Bonferroni), and the objective chooses in their intersection:
//!
//! - `max_deferral_rate`, `max_share`: rows are exchangeable, so that the count of new rows above
//!   the (k+1)-th largest calibration row has a known distribution; exact
//!   ([`binomial::most_deferred`]).
//! - `max_price`: fixed-sequence testing from no deferral on ([`risk`]).
//! - `max_error`: fixed-sequence testing (Learn-then-Test) from the highest deferral rate down,
//!   more precisely from the threshold with the lowest error on the train rows.
//!
//! Where the log has groups the rows of a group are not independent: the promise is about the mean
//! over groups, each counting once, and rests on the number of groups (Hoeffding-Bentkus on the
//! groups' means).

pub(crate) mod binomial;
pub(crate) mod caps;
mod operating_points;
pub(crate) mod risk;
pub(crate) mod rows;
#[cfg(test)]
mod tests;

use mild::image::OperatingPointsParts;
use serde::Serialize;

use crate::intake::config::{Guarantee, Objective, Policy};
use crate::refusal::{Achievable, Refusal};
pub(crate) use operating_points::largest as largest_operating_points;
#[cfg(test)]
pub(crate) use operating_points::most_entries;
pub(crate) use rows::{ALWAYS, AdvantageRows, NEVER};

/// What is promised, and what the calibration rows say of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Promise {
    /// The key in `[policy]`, or the expert's with a share.
    pub what: String,
    /// At most this.
    pub limit: f64,
    /// What it is on the calibration rows.
    pub calibration: f64,
}

/// The threshold that keeps a policy's limits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PromisedThreshold {
    /// What an advantage must exceed.
    pub threshold: i32,
    /// The limits.
    pub promises: Vec<Promise>,
    /// The table for the image; its thresholds are relative to this one.
    pub operating_points: OperatingPointsParts,
}

/// The search for the threshold that keeps a policy's limits.
pub(crate) struct ThresholdSearch<'a> {
    policy: &'a Policy,
    rows: &'a AdvantageRows,
    /// Candidate thresholds, descending, that do not depend on the calibration rows.
    grid: Vec<i32>,
    /// The threshold with the lowest error on the train rows.
    start: i32,
}

/// A limit that a policy sets.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    Rate,
    Price,
    Error,
    Share(u8),
}

/// Inclusive.
#[derive(Debug, Clone, Copy)]
struct Interval {
    lowest: i32,
    highest: i32,
}

impl<'a> ThresholdSearch<'a> {
    /// Candidates and the start of sequences come from the train rows, so that tests on the
    /// calibration rows are not spoilt by choosing on them.
    #[must_use]
    pub(crate) fn new(policy: &'a Policy, train: &AdvantageRows, rows: &'a AdvantageRows) -> Self {
        const CANDIDATES: usize = 128;
        let mut sorted = train.advantage.clone();
        sorted.sort_unstable_by_key(|&advantage| std::cmp::Reverse(advantage));
        let mut grid = vec![NEVER, 0, ALWAYS];
        let last = sorted.len().saturating_sub(1);
        grid.extend((0..CANDIDATES).filter_map(|i| sorted.get(i * last / (CANDIDATES - 1))));
        grid.sort_unstable_by_key(|&threshold| std::cmp::Reverse(threshold));
        grid.dedup();
        let error = |threshold| train.mean(|row| train.outcome(row, threshold).error);
        let best = |a: &i32, b: &i32| error(*a).total_cmp(&error(*b));
        let start = grid.iter().copied().min_by(best).unwrap_or(NEVER);
        Self { policy, rows, grid, start }
    }

    /// Chooses the threshold.
    ///
    /// # Errors
    /// [`Refusal::Promise`] if no threshold can be promised to keep the limits, with the lowest
    /// limit that could be.
    pub(crate) fn run(&self) -> std::result::Result<PromisedThreshold, Refusal> {
        let limits = self.limits();
        let interval = self.interval(&limits).ok_or_else(|| self.refusal(&limits))?;
        let threshold = self.choose(interval);
        let promises = limits
            .iter()
            .map(|&(limit, most)| Promise {
                what: limit.key(),
                limit: most,
                calibration: self.measured(limit, threshold),
            })
            .collect();
        Ok(PromisedThreshold {
            threshold,
            promises,
            operating_points: operating_points::found(self.policy, self.rows, threshold, |rate| {
                self.threshold_for_rate(rate)
            }),
        })
    }

    /// The lowest threshold at which the deferral rate is promised to be at most `rate`, with all
    /// of the allowed failures for it; `None` if that cannot be promised.
    #[must_use]
    pub(crate) fn threshold_for_rate(&self, rate: f64) -> Option<i32> {
        self.one(Limit::Rate, rate, self.delta()).map(|interval| interval.lowest)
    }

    /// The highest threshold at which the error is promised to be at most `error`.
    #[must_use]
    pub(crate) fn threshold_for_error(&self, error: f64) -> Option<i32> {
        self.one(Limit::Error, error, self.delta()).map(|interval| interval.highest)
    }

    /// The highest threshold at which the error of the calibration rows is at most `error`, or else
    /// the one with the lowest: with no promise.
    #[must_use]
    pub(crate) fn empirical_threshold_for_error(&self, error: f64) -> i32 {
        let of = |t: i32| self.rows.mean(|row| self.rows.outcome(row, t).error);
        let least = || self.grid.iter().copied().min_by(|&a, &b| of(a).total_cmp(&of(b)));
        let keeps = self.grid.iter().copied().find(|&threshold| of(threshold) <= error);
        keeps.or_else(least).unwrap_or(ALWAYS)
    }

    fn delta(&self) -> f64 {
        1.0 - self.policy.confidence
    }

    fn horizon(&self) -> Option<usize> {
        match self.policy.horizon {
            None => Some(self.rows.independent()),
            Some(0) => None,
            Some(horizon) => Some(horizon),
        }
    }

    fn limits(&self) -> Vec<(Limit, f64)> {
        let policy = self.policy;
        let shares = policy.max_share.iter().map(|&(k, share)| (Limit::Share(k), Some(share)));
        [
            (Limit::Rate, policy.max_deferral_rate),
            (Limit::Price, policy.max_price),
            (Limit::Error, policy.max_error),
        ]
        .into_iter()
        .chain(shares)
        .filter_map(|(limit, most)| Some((limit, most?)))
        .collect()
    }

    /// Where all limits hold.
    fn interval(&self, limits: &[(Limit, f64)]) -> Option<Interval> {
        let delta = self.delta() / limits.len().max(1) as f64;
        let mut all = Interval { lowest: ALWAYS, highest: NEVER };
        for &(limit, most) in limits {
            let one = self.one(limit, most, delta)?;
            all.lowest = all.lowest.max(one.lowest);
            all.highest = all.highest.min(one.highest);
        }
        (all.lowest <= all.highest).then_some(all)
    }

    fn one(&self, limit: Limit, most: f64, delta: f64) -> Option<Interval> {
        match limit {
            Limit::Error => self.error(most, delta),
            Limit::Price => {
                let prices = self.rows.local.iter().chain(&self.rows.away).map(|of| of.price);
                let dearest = prices.fold(0.0, f64::max);
                if dearest <= most {
                    return Some(Interval { lowest: ALWAYS, highest: NEVER });
                }
                let price = |row, threshold| self.rows.outcome(row, threshold).price / dearest;
                self.downward(most / dearest, delta, price)
            }
            Limit::Rate => self.share(|_| true, most, delta),
            Limit::Share(k) => self.share(|row| self.rows.other[row] == k, most, delta),
        }
    }

    /// How often some rows may be deferred.
    fn share(&self, counts: impl Fn(usize) -> bool, most: f64, delta: f64) -> Option<Interval> {
        let rows = self.rows;
        let plain = rows.groups.is_none() && self.policy.guarantee == Guarantee::HighProbability;
        if !plain {
            let deferred =
                |row, threshold| f64::from(u8::from(counts(row) && rows.defers(row, threshold)));
            return self.downward(most, delta, deferred);
        }
        let k = binomial::most_deferred(rows.len(), most, delta, self.horizon())?;
        let mut advantages: Vec<i32> =
            (0..rows.len()).filter(|&row| counts(row)).map(|row| rows.advantage[row]).collect();
        if k >= advantages.len() {
            return Some(Interval { lowest: ALWAYS, highest: NEVER });
        }
        let (_, threshold, _) =
            advantages.select_nth_unstable_by_key(k, |&advantage| std::cmp::Reverse(advantage));
        Some(Interval { lowest: *threshold, highest: NEVER })
    }

    /// A mean that falls with the threshold: tested from no deferral on.
    fn downward(
        &self,
        most: f64,
        delta: f64,
        value: impl Fn(usize, i32) -> f64,
    ) -> Option<Interval> {
        let passed = self.passed(self.grid.iter().copied(), most, delta, false, value);
        let lowest = *self.grid.get(passed.checked_sub(1)?)?;
        Some(Interval { lowest, highest: NEVER })
    }

    fn error(&self, most: f64, delta: f64) -> Option<Interval> {
        let upward =
            || self.grid.iter().rev().copied().skip_while(|&threshold| threshold < self.start);
        let rows = self.rows;
        let passed = match self.policy.guarantee {
            Guarantee::HighProbability => {
                let error = |row, threshold| rows.outcome(row, threshold).error;
                self.passed(upward(), most, delta, rows.binary(), error)
            }
            // The worst of all thresholds up to each one: that can only grow, as the theorem needs.
            Guarantee::Expected => self.passed(upward(), most, delta, false, |row, threshold| {
                let local = if rows.defers(row, threshold) { 0.0 } else { rows.local[row].error };
                let away = if rows.defers(row, self.start) { rows.away[row].error } else { 0.0 };
                f64::max(local, away)
            }),
        };
        let highest = upward().nth(passed.checked_sub(1)?)?;
        Some(Interval { lowest: self.start, highest })
    }

    /// How many thresholds of a sequence keep a mean at most `most`.
    fn passed(
        &self,
        sequence: impl Iterator<Item = i32>,
        most: f64,
        delta: f64,
        binary: bool,
        value: impl Fn(usize, i32) -> f64,
    ) -> usize {
        let rows = self.rows;
        let n = rows.independent();
        let means = sequence.map(|threshold| rows.mean(|row| value(row, threshold)));
        match self.policy.guarantee {
            Guarantee::Expected => means.take_while(|&mean| risk::controls(mean, n, most)).count(),
            Guarantee::HighProbability => {
                // Half of the failures for the calibration rows, half for the noise of the new
                // ones. With groups the promise is about their expected mean.
                let horizon = if rows.groups.is_some() { None } else { self.horizon() };
                let delta = if horizon.is_some() { delta / 2.0 } else { delta };
                let limit = risk::limit_for(most, horizon, delta, binary);
                risk::rejected(means.map(|mean| risk::p_value(mean, n, limit, binary)), delta)
            }
        }
    }

    /// The best threshold of an interval. The deferral loss is lowest at 0, where the offsets have
    /// been tuned, so the nearest to that is taken; other objectives are read off the calibration
    /// rows.
    fn choose(&self, Interval { lowest, highest }: Interval) -> i32 {
        let inside = self.grid.iter().copied().filter(|t| (lowest..=highest).contains(t));
        let candidates = inside.chain([highest, lowest]);
        let least = |value: &dyn Fn(i32) -> f64| {
            candidates.min_by(|&a, &b| value(a).total_cmp(&value(b))).unwrap_or(lowest)
        };
        let rows = self.rows;
        match self.policy.minimize {
            Objective::DeferralLoss => 0.clamp(lowest, highest),
            Objective::Error => least(&|t| rows.mean(|row| rows.outcome(row, t).error)),
            Objective::Price => least(&|t| rows.mean(|row| rows.outcome(row, t).price)),
        }
    }

    fn measured(&self, limit: Limit, threshold: i32) -> f64 {
        let rows = self.rows;
        rows.mean(|row| match limit {
            Limit::Rate => f64::from(u8::from(rows.defers(row, threshold))),
            Limit::Price => rows.outcome(row, threshold).price,
            Limit::Error => rows.outcome(row, threshold).error,
            Limit::Share(k) => {
                f64::from(u8::from(rows.other[row] == k && rows.defers(row, threshold)))
            }
        })
    }

    /// Says which limit cannot be kept, and how far down it could be.
    fn refusal(&self, limits: &[(Limit, f64)]) -> Refusal {
        // The error is what the others leave no room for, if there is a limit on it.
        let is_error = |&(limit, _): &(Limit, f64)| limit == Limit::Error;
        let alone = |&&(limit, most): &&(Limit, f64)| {
            self.one(limit, most, self.delta() / limits.len() as f64).is_none()
        };
        let culprit = limits.iter().find(alone).or(limits.iter().find(|limit| is_error(limit)));
        let &(limit, most) = culprit.or(limits.first()).expect("without limits nothing is refused");
        let best = self.achievable(limit, limits);
        let threshold = best.and_then(|best| {
            let at_best = limits.iter().map(|&(l, m)| (l, if l == limit { best } else { m }));
            self.interval(&at_best.collect::<Vec<_>>()).map(|interval| self.choose(interval))
        });
        let achievable = best.map(|best| Achievable {
            limit: best,
            measured: threshold.map(|threshold| self.measured(limit, threshold)),
            units: self.rows.independent(),
            groups: self.rows.groups.is_some(),
        });
        Refusal::Promise {
            limit: limit.key(),
            most,
            achievable,
            confidence: self.policy.confidence,
        }
    }

    /// The lowest limit of one kind that can be kept beside the others.
    fn achievable(&self, limit: Limit, limits: &[(Limit, f64)]) -> Option<f64> {
        let feasible = |most: f64| {
            let limits = limits.iter().map(|&(l, m)| (l, if l == limit { most } else { m }));
            self.interval(&limits.collect::<Vec<_>>()).is_some()
        };
        let mut high = 1.0;
        if !feasible(high) {
            return None;
        }
        let mut low = 0.0;
        for _ in 0..24 {
            let middle = 0.5 * (low + high);
            if feasible(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high)
    }
}

impl Limit {
    fn key(self) -> String {
        match self {
            Self::Rate => "max_deferral_rate".to_owned(),
            Self::Price => "max_price".to_owned(),
            Self::Error => "max_error".to_owned(),
            Self::Share(k) => format!("max_share of expert {k}"),
        }
    }
}
