//! How often promises are broken: over many random splits of real logs into calibration and test
//! rows.
//!
//! A rejector is trained once on a log, as with a policy. The rows that it has not seen, the
//! reserved half of the calibration rows and the test rows, are then dealt anew for each split,
//! whole groups where the log has them; the threshold is searched on the one part and judged on
//! the other, with as many rows as promised (the horizon).

use rayon::prelude::*;
use serde::Serialize;

use crate::arithmetic::random::Random;
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::intake::config::{Config, Policy};
use crate::integers::artifact::scores;
use crate::learn::store::Store;
use crate::pipeline;
use crate::progress::Progress;
use crate::promises::{AdvantageRows, ThresholdSearch};

/// A log's rows under a rejector trained on its train rows.
#[derive(Debug, Clone)]
pub(crate) struct TestedLog {
    /// Its name in the table.
    pub name: String,
    /// The rows that it was trained on.
    pub train: AdvantageRows,
    /// The rows that are dealt: reserved ones, then test rows.
    pub pool: AdvantageRows,
    /// The share of them that are calibration rows.
    pub share: f64,
}

impl TestedLog {
    /// Trains on a log, without a policy.
    ///
    /// # Errors
    /// As [`pipeline::train`].
    pub(crate) fn new(
        name: String,
        config: &Config,
        data: &Dataset,
        store: &dyn Store,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let config = Config { policy: None, ..config.clone() };
        let (tuned_on, reserved) = data.reserve(config.train.seed);
        let trained = pipeline::train(&config, &tuned_on, store, progress)?;
        let image = trained.artifact.image();
        let rows = |part| AdvantageRows::of(&scores(&image, part), image.offsets(), part);
        let (calibration, test) = (rows(&reserved), rows(&data.test));
        let share = calibration.len() as f64 / (calibration.len() + test.len()).max(1) as f64;
        Ok(Self { name, train: rows(&data.train), pool: calibration.join(test), share })
    }

    /// Calibration rows, and the rest.
    fn deal(&self, seed: u64) -> (AdvantageRows, AdvantageRows) {
        let mut random = Random::new(seed);
        let mut units: Vec<Vec<usize>> = match &self.pool.groups {
            None => (0..self.pool.len()).map(|row| vec![row]).collect(),
            Some(groups) => {
                let mut of_group = std::collections::BTreeMap::<u32, Vec<usize>>::new();
                for (row, &group) in groups.iter().enumerate() {
                    of_group.entry(group).or_default().push(row);
                }
                of_group.into_values().collect()
            }
        };
        random.shuffle(&mut units);
        let most = ((self.share * units.len() as f64).round() as usize).clamp(1, units.len());
        let (calibration, test) = units.split_at(most);
        (self.pool.subset(&calibration.concat()), self.pool.subset(&test.concat()))
    }
}

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PromiseKind {
    /// At most this deferral rate.
    Rate(f64),
    /// At most this error.
    Error(f64),
}

/// How often one promise was broken on one log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct GuaranteeResult {
    /// The log.
    pub log: String,
    /// What a guarantee rests on: calibration rows, or groups.
    pub calibration: usize,
    /// Of the same on the other side.
    pub test: usize,
    /// Whether those are groups.
    pub groups: bool,
    /// The promise.
    pub promise: PromiseKind,
    /// Share of the splits on which the promise was made and broken.
    pub broken: f64,
    /// Share on which it was refused.
    pub refused: f64,
    /// Mean of what was promised to be small, where it was promised; `None` if it never was.
    pub mean: Option<f64>,
    /// Share of the splits on which the empirical threshold breaks it.
    pub empirical_broken: f64,
    /// Its mean.
    pub empirical_mean: f64,
}

/// All outcomes; also the JSON document of `mild study guarantees`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct GuaranteeStudy {
    /// Splits of each log.
    pub splits: usize,
    /// The confidence of the promises.
    pub confidence: f64,
    /// The share of broken ones that chance allows: 1 - confidence and two standard errors.
    pub allowed: f64,
    /// By log and promise.
    pub outcomes: Vec<GuaranteeResult>,
}

/// Deals each log `splits` times.
#[must_use]
pub(crate) fn study(
    logs: &[TestedLog],
    rates: &[f64],
    splits: usize,
    confidence: f64,
    seed: u64,
    progress: &dyn Progress,
) -> GuaranteeStudy {
    let delta = 1.0 - confidence;
    let standard_error = (delta * confidence / splits.max(1) as f64).sqrt();
    let rows: usize = logs.iter().map(|log| log.pool.len()).sum();
    progress.total((rows * (rates.len() + 1) * splits) as u64);
    let outcomes = logs.iter().flat_map(|log| {
        let promises = rates.iter().map(|&rate| PromiseKind::Rate(rate)).chain([middle_error(log)]);
        promises
            .map(|promise| outcome(log, promise, splits, confidence, seed, progress))
            .collect::<Vec<_>>()
    });
    let outcomes = outcomes.collect();
    progress.finish();
    GuaranteeStudy { splits, confidence, allowed: delta + 2.0 * standard_error, outcomes }
}

/// Half way between the error of the device alone and the lowest error of any threshold on the
/// train rows, to three digits: a target that takes some, not all deferrals.
fn middle_error(log: &TestedLog) -> PromiseKind {
    let error = |threshold| log.train.mean(|row| log.train.outcome(row, threshold).error);
    let mut thresholds = log.train.advantage.clone();
    thresholds.sort_unstable();
    let every = thresholds.len().div_ceil(100).max(1);
    let lowest = thresholds.iter().step_by(every).map(|&t| error(t)).fold(f64::INFINITY, f64::min);
    let middle = 0.5 * (error(crate::promises::NEVER) + lowest);
    PromiseKind::Error((1000.0 * middle).round() / 1000.0)
}

fn outcome(
    log: &TestedLog,
    promise: PromiseKind,
    splits: usize,
    confidence: f64,
    seed: u64,
    progress: &dyn Progress,
) -> GuaranteeResult {
    let rounds: Vec<(Option<f64>, f64)> = (0..splits as u64)
        .into_par_iter()
        .map(|round| {
            let (calibration, test) = log.deal(seed.wrapping_mul(1_000_003).wrapping_add(round));
            let horizon = Some(test.independent());
            let policy = Policy { confidence, horizon, ..Policy::default() };
            let search = ThresholdSearch::new(&policy, &log.train, &calibration);
            let (promised, empirical) = match promise {
                PromiseKind::Rate(rate) => {
                    (search.threshold_for_rate(rate), calibration.empirical_threshold(rate))
                }
                PromiseKind::Error(error) => {
                    (search.threshold_for_error(error), search.empirical_threshold_for_error(error))
                }
            };
            let value = |threshold| match promise {
                PromiseKind::Rate(_) => test.rate(threshold),
                PromiseKind::Error(_) => test.mean(|row| test.outcome(row, threshold).error),
            };
            progress.step(log.pool.len() as u64);
            (promised.map(value), value(empirical))
        })
        .collect();
    let limit = match promise {
        PromiseKind::Rate(limit) | PromiseKind::Error(limit) => limit + 1e-12,
    };
    let made: Vec<f64> = rounds.iter().filter_map(|round| round.0).collect();
    let share = |count: usize| count as f64 / splits.max(1) as f64;
    let (calibration, test) = log.deal(seed);
    GuaranteeResult {
        log: log.name.clone(),
        calibration: calibration.independent(),
        test: test.independent(),
        groups: log.pool.groups.is_some(),
        promise,
        broken: share(made.iter().filter(|&&value| value > limit).count()),
        refused: share(splits - made.len()),
        mean: (!made.is_empty()).then(|| made.iter().sum::<f64>() / made.len() as f64),
        empirical_broken: share(rounds.iter().filter(|round| round.1 > limit).count()),
        empirical_mean: rounds.iter().map(|round| round.1).sum::<f64>() / splits.max(1) as f64,
    }
}

impl GuaranteeStudy {
    /// The table in Markdown.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let mut text = format!(
            "{} splits, confidence {}: at most {:.1} % may be broken by chance\n\n\
             | log | calibration / test | promise | broken | refused | mean | empirical: broken | empirical: mean |\n\
             |---|---:|---|---:|---:|---:|---:|---:|\n",
            self.splits,
            self.confidence,
            100.0 * self.allowed,
        );
        for outcome in &self.outcomes {
            let unit = if outcome.groups { "groups" } else { "rows" };
            let promise = match outcome.promise {
                PromiseKind::Rate(rate) => format!("rate <= {rate}"),
                PromiseKind::Error(error) => format!("error <= {error}"),
            };
            let percent = |share: f64| format!("{:.1} %", 100.0 * share);
            let cells = [
                outcome.log.clone(),
                format!("{} / {} {unit}", outcome.calibration, outcome.test),
                promise,
                percent(outcome.broken),
                percent(outcome.refused),
                outcome.mean.map_or("-".to_owned(), |mean| format!("{mean:.4}")),
                percent(outcome.empirical_broken),
                format!("{:.4}", outcome.empirical_mean),
            ];
            text += &format!("| {} |\n", cells.join(" | "));
        }
        text
    }
}
