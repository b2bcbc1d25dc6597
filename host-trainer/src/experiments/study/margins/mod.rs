//! Where the margins of MILD help: every rule in both forms beside equal margins, on networks that
//! are held back by a penalty and on those that may fit every train row.
//!
//! Nothing is selected here and no constant may take a rejector's place: each network is fitted for
//! the same number of iterations on the same seeded samples of the train rows, in floating point,
//! and judged on all test rows with its scores as they are and with offsets tuned on the
//! calibration rows. Beside the margins stand class-balanced weights, logit adjustment (Menon et al.
//! 2021) and the penalised logistic regressions that are the bar where rows are few.

mod judged;
mod outcome;
mod report;
mod ways;

use rayon::prelude::*;
use serde::Serialize;

use self::judged::Drawn;
pub(crate) use self::outcome::{MarginsResult, Setting, StudiedLog};
use self::ways::ways;
use crate::error::Result;
use crate::experiments::compare::paired::{Against, Verdict};
use crate::loss::Tau;
use crate::progress::Progress;

/// What is studied: every combination.
#[derive(Debug, Clone)]
pub(crate) struct MarginsPlan {
    /// Numbers of train rows; calibration rows in proportion.
    pub train_rows: Vec<usize>,
    /// Widths of the only hidden layer; 0 for a linear rejector.
    pub widths: Vec<usize>,
    /// Penalties.
    pub penalties: Vec<f64>,
    /// How deferral losses become weights.
    pub taus: Vec<Tau>,
    /// Iterations of every fit.
    pub iterations: usize,
    /// Samples of each log.
    pub seeds: u64,
}

/// One way in one setting over all logs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OverLogs {
    /// Where.
    #[serde(flatten)]
    pub setting: Setting,
    /// The margins, or what stands beside them.
    pub margins: String,
    /// Logs that have as many rows.
    pub logs: usize,
    /// The mean of the logs' losses, scores as they are.
    pub plain: f64,
    /// The mean of the logs' differences from equal margins.
    pub plain_minus_equal: f64,
    /// Logs on which it is better than equal margins by its interval.
    pub plain_better: Vec<String>,
    /// Logs on which it is worse.
    pub plain_worse: Vec<String>,
    /// As `plain`, with tuned offsets.
    pub tuned: f64,
    /// As `plain_minus_equal`, with tuned offsets.
    pub tuned_minus_equal: f64,
    /// As `plain_better`, with tuned offsets.
    pub tuned_better: Vec<String>,
    /// As `plain_worse`, with tuned offsets.
    pub tuned_worse: Vec<String>,
}

/// All outcomes; also the JSON document of `mild study margins`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MarginsStudy {
    /// Samples of each log.
    pub seeds: u64,
    /// Iterations of every fit.
    pub iterations: usize,
    /// Over all logs.
    pub over_logs: Vec<OverLogs>,
    /// By log.
    pub by_log: Vec<MarginsResult>,
}

/// Fits every way in every setting on samples of every log.
///
/// # Errors
/// [`Error::Cancelled`] if `progress` says so, and those of
/// `reference-logistic`.
pub(crate) fn study(
    logs: &[StudiedLog],
    plan: &MarginsPlan,
    progress: &dyn Progress,
) -> Result<MarginsStudy> {
    let mut settings = Vec::new();
    for &train_rows in &plan.train_rows {
        for &width in &plan.widths {
            for &l2 in &plan.penalties {
                for &tau in &plan.taus {
                    settings.push(Setting { train_rows, width, l2, tau });
                }
            }
        }
    }
    let long = |log: &StudiedLog, rows: usize| log.data.train.rows() >= rows;
    let samples: Vec<(&StudiedLog, usize)> = logs
        .iter()
        .flat_map(|log| plan.train_rows.iter().map(move |&rows| (log, rows)))
        .filter(|&(log, rows)| long(log, rows))
        .collect();
    // A fit takes time in proportion to rows and width.
    let work = |setting: &Setting| (setting.train_rows * (setting.width + 4)) as u64;
    let all = |rows: usize| settings.iter().filter(move |setting| setting.train_rows == rows);
    let total = |&(_, rows): &(&StudiedLog, usize)| all(rows).map(work).sum::<u64>();
    progress.total(samples.iter().map(total).sum::<u64>() * plan.seeds);
    let of_sample = |&(log, rows): &(&StudiedLog, usize)| -> Result<Vec<MarginsResult>> {
        let drawn = Drawn::new(log, rows, plan.seeds)?;
        let step = |setting: &Setting| progress.step(work(setting));
        let of_setting =
            |setting: &Setting| drawn.judged(*setting, plan.iterations, progress, &step);
        let settings: Vec<&Setting> = all(rows).collect();
        let found: Vec<Vec<MarginsResult>> =
            settings.into_par_iter().map(of_setting).collect::<Result<_>>()?;
        Ok(found.into_iter().flatten().collect())
    };
    let by_log: Vec<Vec<MarginsResult>> = samples.iter().map(of_sample).collect::<Result<_>>()?;
    progress.finish();
    let by_log: Vec<MarginsResult> = by_log.into_iter().flatten().collect();
    let mut over_logs = Vec::new();
    for setting in &settings {
        for (margins, _) in ways() {
            let of_way = |one: &&MarginsResult| one.setting == *setting && one.margins == margins;
            over_logs.extend(OverLogs::new(&by_log.iter().filter(of_way).collect::<Vec<_>>()));
        }
    }
    Ok(MarginsStudy { seeds: plan.seeds, iterations: plan.iterations, over_logs, by_log })
}

impl OverLogs {
    /// Of one way in one setting; none without logs.
    fn new(of_logs: &[&MarginsResult]) -> Option<Self> {
        let first = of_logs.first()?;
        let mean = |of: &dyn Fn(&MarginsResult) -> f64| {
            of_logs.iter().map(|one| of(one)).sum::<f64>() / of_logs.len() as f64
        };
        let named = |verdict: Verdict, of: fn(&MarginsResult) -> &Against| -> Vec<String> {
            let some = of_logs.iter().filter(|one| of(one).verdict == verdict);
            some.map(|one| one.log.clone()).collect()
        };
        Some(Self {
            setting: first.setting,
            margins: first.margins.clone(),
            logs: of_logs.len(),
            plain: mean(&|one| one.plain),
            plain_minus_equal: mean(&|one| one.plain_against_equal.difference.mean),
            plain_better: named(Verdict::Better, |one| &one.plain_against_equal),
            plain_worse: named(Verdict::Worse, |one| &one.plain_against_equal),
            tuned: mean(&|one| one.tuned),
            tuned_minus_equal: mean(&|one| one.tuned_against_equal.difference.mean),
            tuned_better: named(Verdict::Better, |one| &one.tuned_against_equal),
            tuned_worse: named(Verdict::Worse, |one| &one.tuned_against_equal),
        })
    }
}

#[cfg(test)]
mod tests;
