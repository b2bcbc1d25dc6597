//! Fitting and judging every way on the samples of a log.

use super::outcome::{MarginsResult, Setting, StudiedLog};
use super::ways::{Way, ways};
use crate::data::dataset::Dataset;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::data::reference::{best_single, oracle};
use crate::error::{Error, Result};
use crate::experiments::compare::figures::minority_rows;
use crate::experiments::compare::paired::{Paired, SeedLosses};
use crate::experiments::compare::sample::thin;
use crate::experiments::methods::{self, Contender};
use crate::learn::candidate::Candidate;
use crate::learn::fit::Fit;
use crate::learn::offsets::{ScoredRows, choices, tune};
use crate::learn::store::Forgetful;
use crate::learn::train::fit_for;
use crate::loss::Margins;
use crate::progress::{Progress, Silent};

/// The samples of a log with one number of train rows, a seed each.
pub(super) struct Drawn<'a> {
    log: &'a StudiedLog,
    samples: Vec<Dataset>,
    reference_logistic: f64,
    single: f64,
}

impl<'a> Drawn<'a> {
    pub(super) fn new(log: &'a StudiedLog, rows: usize, seeds: u64) -> Result<Self> {
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
    pub(super) fn judged(
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
pub(super) fn adjustment(train: &Part) -> Vec<f64> {
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
