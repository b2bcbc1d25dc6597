//! Where the margins of MILD help: every rule in both forms beside equal margins, on networks that
//! are held back by a penalty and on those that may fit every train row.
//!
//! Nothing is selected here and no constant may take a rejector's place: each network is fitted for
//! the same number of iterations on the same seeded samples of the train rows, in floating point,
//! and judged on all test rows with its scores as they are and with offsets tuned on the
//! calibration rows. Beside the margins stand class-balanced weights, logit adjustment (Menon et al.
//! 2021) and the penalised logistic regressions that are the bar where rows are few.

mod report;

use rayon::prelude::*;
use serde::Serialize;

use crate::data::dataset::Dataset;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::data::reference::{best_single, oracle};
use crate::error::{Error, Result};
use crate::experiments::compare::figures::minority_rows;
use crate::experiments::compare::paired::{Against, Paired, SeedLosses, Verdict};
use crate::experiments::compare::sample::thin;
use crate::experiments::methods::{self, Contender};
use crate::intake::config::Config;
use crate::learn::candidate::Candidate;
use crate::learn::fit::Fit;
use crate::learn::offsets::{ScoredRows, choices, tune};
use crate::learn::store::Forgetful;
use crate::learn::train::fit_for;
use crate::loss::{ClassBalanced, Form, Loss, Margins, Mild, RhoRule, Tau, TwoStage};
use crate::progress::{Progress, Silent};

/// A log of the study.
pub(crate) struct StudiedLog {
    /// Its name in the table.
    pub name: String,
    /// Its configuration.
    pub config: Config,
    /// Its rows.
    pub data: Dataset,
}

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

/// One combination.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Setting {
    /// Train rows.
    pub train_rows: usize,
    /// The width of the hidden layer; 0 without one.
    pub width: usize,
    /// The factor of half the squared norm of the weights.
    pub l2: f64,
    /// How deferral losses become weights.
    pub tau: Tau,
}

/// The name of equal margins, which all others are compared with.
const EQUAL: &str = "equal";

/// What is compared with them.
enum Way {
    /// A network with a loss of its own.
    Loss(Loss),
    /// The network of equal margins with the logarithm of each expert's share of cheapest choices
    /// taken from its scores.
    LogitAdjustment,
}

/// All ways, equal margins of 1 first. Beside the margins stand their controls, other things that
/// may make the difference: equal margins of another size, which are the same as another scale of
/// the scores, and equal margins with an optimiser that begins anew where it does for `balance`.
fn ways() -> Vec<(String, Way)> {
    const THIRD: f64 = 1.0 / 3.0;
    let of = |form, margins| Way::Loss(Mild { form, margins }.into());
    let equal = Margins::PLAIN;
    let balance = Margins { rule: RhoRule::Balance, gamma: 0.5, ..equal };
    let rules = [
        ("count^-1/3", Margins { gamma: -THIRD, ..equal }),
        ("count^1/3", Margins { gamma: THIRD, ..equal }),
        ("mass^1/3", Margins { rule: RhoRule::Mass, gamma: THIRD, ..equal }),
        ("spread^1/3", Margins { rule: RhoRule::Spread, gamma: THIRD, ..equal }),
        ("balance", balance),
    ];
    let mut ways = vec![(EQUAL.to_owned(), Way::Loss(TwoStage::LOG.into()))];
    for form in [Form::N, Form::I] {
        ways.extend(rules.map(|(name, margins)| (format!("{form}:{name}"), of(form, margins))));
    }
    // Where all experts count as rare they share one margin.
    let anew = Margins { min_wins: usize::MAX, ..balance };
    let controls = [
        ("equal-of-0.3", of(Form::N, Margins { rho_bar: 0.3, ..equal })),
        ("equal-of-3", of(Form::N, Margins { rho_bar: 3.0, ..equal })),
        ("equal-begun-anew", of(Form::N, anew)),
        ("class-balanced-weights", Way::Loss(ClassBalanced.into())),
        ("logit-adjustment", Way::LogitAdjustment),
    ];
    ways.extend(controls.map(|(name, way)| (name.to_owned(), way)));
    ways
}

/// One way on one log in one setting. Losses are mean deferral losses over seeds, on the test rows
/// unless they say otherwise.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MarginsResult {
    /// The log.
    pub log: String,
    /// Where.
    #[serde(flatten)]
    pub setting: Setting,
    /// The margins, or what stands beside them.
    pub margins: String,
    /// On the train rows, with scores as they are, less that of the best possible choices: 0 where
    /// the network fits them all.
    pub excess_on_train: f64,
    /// With scores as they are.
    pub plain: f64,
    /// The difference from equal margins, both with scores as they are.
    pub plain_against_equal: Against,
    /// With tuned offsets.
    pub tuned: f64,
    /// The difference from equal margins, both with tuned offsets.
    pub tuned_against_equal: Against,
    /// With scores as they are: the share of the rows on which a minority expert is the cheapest
    /// right choice that are given to it; none without such rows.
    pub minority_recall: Option<f64>,
    /// Of the penalised logistic regressions on the same samples, which have no part in the setting
    /// but its rows.
    pub reference_logistic: f64,
    /// Of the single expert that is best on the rows that a training may see.
    pub single: f64,
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

/// The samples of a log with one number of train rows, a seed each.
struct Drawn<'a> {
    log: &'a StudiedLog,
    samples: Vec<Dataset>,
    reference_logistic: f64,
    single: f64,
}

impl<'a> Drawn<'a> {
    fn new(log: &'a StudiedLog, rows: usize, seeds: u64) -> Result<Self> {
        let reference: Contender = "reference-logistic".parse()?;
        let samples: Vec<Dataset> = (0..seeds).map(|seed| thin(&log.data, rows, seed)).collect();
        let test = &log.data.test;
        let (mut of_reference, mut of_single) = (0.0, 0.0);
        for (seed, data) in (0..seeds).zip(&samples) {
            let mut config = log.config.clone();
            config.train.seed = seed;
            let run = methods::run(reference, &config, data, &Forgetful, &Silent)?;
            let chosen = run.float.choices();
            of_reference += test.mean_deferral_loss(|row| chosen[row]);
            let single = best_single(&data.seen());
            of_single += test.mean_deferral_loss(|_| single);
        }
        let seeds = seeds.max(1) as f64;
        Ok(Self {
            log,
            samples,
            reference_logistic: of_reference / seeds,
            single: of_single / seeds,
        })
    }

    /// All ways in a setting.
    fn judged(
        &self,
        setting: Setting,
        iterations: usize,
        progress: &dyn Progress,
        step: &dyn Fn(&Setting),
    ) -> Result<Vec<MarginsResult>> {
        let test = &self.log.data.test;
        let names: Vec<String> = ways().into_iter().map(|(name, _)| name).collect();
        let mut scored: Vec<Vec<Scored>> = names.iter().map(|_| Vec::new()).collect();
        for (seed, data) in (0u64..).zip(&self.samples) {
            let mut equal = None;
            for (at, (_, way)) in ways().into_iter().enumerate() {
                if progress.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                let found = match (way, &equal) {
                    (Way::LogitAdjustment, Some(equal)) => {
                        Scored::new(data, equal, &adjustment(&data.train))
                    }
                    (Way::LogitAdjustment, None) => unreachable!("equal margins are first"),
                    (Way::Loss(loss), _) => {
                        let hidden = Some(setting.width).filter(|&width| width > 0);
                        let candidate = Candidate {
                            hidden: hidden.into_iter().collect(),
                            tau: setting.tau,
                            loss,
                            l2: setting.l2,
                            ..Candidate::default()
                        };
                        let all: Vec<usize> = (0..data.train.rows()).collect();
                        let fit = fit_for(&data.train, &all, &candidate, seed, iterations);
                        let found = Scored::new(data, &fit, &vec![0.0; test.experts()]);
                        equal.get_or_insert(fit);
                        found
                    }
                };
                scored[at].push(found);
            }
            step(&setting);
        }
        let plain = scored.iter().map(|seeds| seeds.iter().map(|one| one.plain.clone()).collect());
        let tuned = scored.iter().map(|seeds| seeds.iter().map(|one| one.tuned.clone()).collect());
        let lines: Vec<SeedLosses> = plain.chain(tuned).collect();
        let paired = Paired::new(test, &lines);
        let count = names.len();
        let results = names.into_iter().zip(&scored).enumerate().map(|(at, (margins, seeds))| {
            let mean = |of: &dyn Fn(&Scored) -> f64| {
                seeds.iter().map(of).sum::<f64>() / seeds.len().max(1) as f64
            };
            let recalls = seeds.iter().all(|one| one.minority_recall.is_some());
            MarginsResult {
                log: self.log.name.clone(),
                setting,
                margins,
                excess_on_train: mean(&|one| one.excess_on_train),
                plain: paired.means[at],
                plain_against_equal: paired.against(at, 0),
                tuned: paired.means[count + at],
                tuned_against_equal: paired.against(count + at, count),
                minority_recall: recalls
                    .then(|| mean(&|one| one.minority_recall.unwrap_or_default())),
                reference_logistic: self.reference_logistic,
                single: self.single,
            }
        });
        Ok(results.collect())
    }
}

/// What logit adjustment adds to the scores: minus the logarithm of each expert's share of cheapest
/// choices, rare ones held up by the floor of the margins.
fn adjustment(train: &Part) -> Vec<f64> {
    let mut counts = vec![Margins::PLAIN.floor; train.experts()];
    oracle(train).into_iter().for_each(|k| counts[k] += 1.0);
    let all: f64 = counts.iter().sum();
    counts.iter().map(|count| -libm::log(count / all)).collect()
}

/// One fit on one sample.
struct Scored {
    excess_on_train: f64,
    /// The loss of each test row, scores as they are and with tuned offsets.
    plain: Vec<f64>,
    tuned: Vec<f64>,
    minority_recall: Option<f64>,
}

impl Scored {
    /// `added` is added to the scores.
    fn new(data: &Dataset, fit: &Fit, added: &[f64]) -> Self {
        let of = |part: &Part| {
            let all: Vec<usize> = (0..part.rows()).collect();
            let scores = fit.scores(part, &all);
            let experts = part.experts();
            let scores =
                Matrix::from_fn(part.rows(), experts, |row, k| scores[(row, k)] + added[k]);
            (scores, part.deferral_losses(&all))
        };
        let zero = vec![0.0; added.len()];
        let (scores, deferral_losses) = &of(&data.calibration);
        let offsets = tune(&ScoredRows { scores, deferral_losses });
        let (scores, _) = &of(&data.train);
        let chosen = choices(scores, &zero);
        let best = oracle(&data.train);
        let (scores, deferral_losses) = &of(&data.test);
        let test = ScoredRows { scores, deferral_losses };
        let given = choices(scores, &zero);
        let wanted = minority_rows(&data.test);
        let recalled = wanted.iter().filter(|&&(row, k)| given[row] == k).count();
        Self {
            excess_on_train: data.train.mean_deferral_loss(|row| chosen[row])
                - data.train.mean_deferral_loss(|row| best[row]),
            plain: test.losses(&zero),
            tuned: test.losses(&offsets),
            minority_recall: (!wanted.is_empty()).then(|| recalled as f64 / wanted.len() as f64),
        }
    }
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
