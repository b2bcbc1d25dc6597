//! Selection by cross-validated deferral loss.
//!
//! Every candidate is fitted on all folds but one and judged on the one left out, with offsets that
//! were tuned on yet other rows; groups are never split. The surrogate's own value decides nothing.
//!
//! Fits are spent where they matter: all candidates are judged on two folds first, and those that
//! are clearly behind there go no further (successive halving, Jamieson and Talwalkar 2016, with a
//! paired test in place of a fixed share).

mod penalties;

use std::ops::ControlFlow;

use penalties::Folds;
use rayon::prelude::*;

use crate::arithmetic::network::Shape;
use crate::arithmetic::statistics::paired_difference;
use crate::data::folds::deal;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::error::{Error, Result};
use crate::learn::candidate::Candidate;
use crate::learn::fit::Fit;
use crate::learn::grid::Grid;
use crate::learn::offsets::{ScoredRows, in_favour_of_the_best, tune_or};
use crate::learn::store::{HeldOut, Store};
use crate::learn::train::{fit, fit_for};
use crate::progress::Progress;

/// Folds of the first round.
const FIRST_FOLDS: usize = 2;

/// Standard errors of the paired difference by which a candidate may be behind the best of the
/// first round and still go on.
const BEHIND: f64 = 2.0;

/// How a candidate did, at its best number of iterations.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The candidate.
    pub candidate: Candidate,
    /// The number of iterations at which it did best.
    pub iterations: usize,
    /// Cross-validated mean deferral loss over the folds that it was judged on.
    pub loss: f64,
    /// Folds that it was judged on: all, or those of the first round.
    pub folds: usize,
    /// The loss of each row of those folds, in the order of rows.
    pub losses: Vec<f64>,
}

/// How often a stronger penalty is tried, at most, while the strongest one is the best.
const STRONGER: usize = 3;

/// What a selection decided, and why.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Those that were judged on all folds, the best first, then the others likewise.
    pub ranking: Vec<Judged>,
    /// The index in `ranking` of the simplest one that is not worse than the best by more than one
    /// standard error of their paired difference: with the best one's loss, or a plainer one as
    /// good, in the smallest network.
    pub chosen: usize,
    /// Mean deferral loss of always the same expert, on the same rows.
    pub constants: Vec<f64>,
}

/// Judges a grid's candidates on a part, then the best of them in wider networks, and chooses. Fits
/// that `store` remembers are not done again.
///
/// # Errors
/// [`Error::Cancelled`] if `progress` says so.
///
/// # Panics
/// If there are no candidates or checkpoints, or fewer than two rows or folds.
pub fn select(
    part: &Part,
    grid: &Grid,
    seed: u64,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Result<Selection> {
    let bench = Bench::new(part, grid, seed, store, progress);
    let mut race = Race::new(bench);
    let of_experts = race.penalties_of_experts(&grid.of_experts)?;
    race.run(&of_experts)?;
    race.run(&grid.candidates)?;
    race.run(&grid.rescaled(race.ranking()))?;
    race.run(&grid.wider(race.ranking()))?;
    for _ in 0..STRONGER {
        race.run(&grid.stronger(race.ranking()))?;
    }
    progress.finish();
    let Race { finished: mut ranking, mut dropped, .. } = race;
    let tried = ranking.len() + dropped.len();
    let chosen = if grid.recipe.doubts_the_luckiest && beaten_by_luck(&ranking, tried) {
        best_linear(&ranking).expect("one is as good")
    } else {
        simplest_within_one_error(&ranking, part)
    };
    dropped.sort_by(|a, b| a.loss.total_cmp(&b.loss));
    ranking.extend(dropped);
    let constants = (0..part.experts()).map(|k| part.mean_deferral_loss(|_| k)).collect();
    Ok(Selection { ranking, chosen, constants })
}

/// Candidates in turn, of which those that are clearly behind after the first folds go no further.
struct Race<'a> {
    bench: Bench<'a>,
    /// The work of all fits so far, those to come of the present candidates included.
    work: u64,
    /// The best one over the first folds.
    leader: Option<Judged>,
    /// Those that were judged on all folds, the best first.
    finished: Vec<Judged>,
    /// The others, as they were when they were left behind.
    dropped: Vec<Judged>,
}

impl<'a> Race<'a> {
    fn new(bench: Bench<'a>) -> Self {
        Self { bench, work: 0, leader: None, finished: Vec::new(), dropped: Vec::new() }
    }

    /// The candidates that were judged on all folds, the best first.
    fn ranking(&self) -> impl Iterator<Item = &Candidate> {
        self.finished.iter().map(|judged| &judged.candidate)
    }

    /// These candidates with the best penalty for each expert; of several with one loss, that
    /// with the least held-out loss.
    fn penalties_of_experts(&mut self, candidates: &[Candidate]) -> Result<Vec<Candidate>> {
        let bench = &self.bench;
        let work: u64 = candidates.iter().map(|candidate| bench.work(candidate)).sum();
        self.work += work * bench.used.len() as u64;
        bench.progress.total(self.work);
        let mut best: Vec<(Candidate, f64)> = Vec::new();
        let folds = Folds {
            part: bench.part,
            losses: &bench.losses,
            fold_of_row: &bench.fold_of_row,
            used: &bench.used,
        };
        for of in candidates {
            go_on(bench.progress)?;
            let done = || bench.progress.step(bench.work(of));
            let (candidate, loss) = penalties::of_experts(&folds, of, &done);
            match best.iter_mut().find(|(other, _)| other.loss == candidate.loss) {
                Some(known) if loss < known.1 => *known = (candidate, loss),
                Some(_) => {}
                None => best.push((candidate, loss)),
            }
        }
        Ok(best.into_iter().map(|(candidate, _)| candidate).collect())
    }

    fn run(&mut self, candidates: &[Candidate]) -> Result<()> {
        let known = |candidate: &Candidate| {
            let mut judged = self.finished.iter().chain(&self.dropped);
            judged.any(|judged| judged.candidate == *candidate)
        };
        let candidates: Vec<&Candidate> =
            candidates.iter().filter(|candidate| !known(candidate)).collect();
        if candidates.is_empty() {
            return Ok(());
        }
        let bench = &self.bench;
        let folds = bench.used.len();
        let first = folds.min(FIRST_FOLDS);
        let work = |runs: &[Run]| runs.iter().map(|run| bench.work(&run.candidate)).sum::<u64>();
        let mut runs: Vec<Run> =
            candidates.into_iter().map(|candidate| bench.start(candidate)).collect();
        self.work += work(&runs) * first as u64;
        bench.progress.total(self.work);
        bench.extend(&mut runs, 0, first)?;
        let judged: Vec<Judged> = runs.par_iter().map(|run| bench.judge(run)).collect();
        let best = judged.iter().chain(&self.leader).min_by(|a, b| a.loss.total_cmp(&b.loss));
        let Some(leader) = best.cloned() else { return Ok(()) };
        let mut survivors = Vec::new();
        for (run, judged) in runs.into_iter().zip(judged) {
            let (behind, error) = paired_difference(&judged.losses, &leader.losses);
            if behind <= BEHIND * error { survivors.push(run) } else { self.dropped.push(judged) }
        }
        self.leader = Some(leader);
        self.work += work(&survivors) * (folds - first) as u64;
        bench.progress.total(self.work);
        bench.extend(&mut survivors, first, folds)?;
        let judged: Vec<Judged> = survivors.par_iter().map(|run| bench.judge(run)).collect();
        self.finished.extend(judged);
        // Stable: equal losses keep the order of the candidates.
        self.finished.sort_by(|a, b| a.loss.total_cmp(&b.loss));
        Ok(())
    }
}

/// What all candidates of a selection share.
struct Bench<'a> {
    part: &'a Part,
    /// Rows x experts: the deferral losses.
    losses: Matrix<f32>,
    fold_of_row: Vec<u8>,
    /// The folds that have rows.
    used: Vec<u8>,
    seed: u64,
    checkpoints: &'a [usize],
    store: &'a dyn Store,
    progress: &'a dyn Progress,
    /// See [`Recipe::prior`](crate::learn::recipe::Recipe).
    prior: f64,
}

/// A candidate on its way through the folds.
struct Run {
    candidate: Candidate,
    /// Folds done, from the first of the used ones on.
    folds: usize,
    /// For each checkpoint the scores of all rows by networks that were fitted without the row's
    /// fold; 0 in folds to come.
    scores: Vec<Matrix<f64>>,
}

impl<'a> Bench<'a> {
    fn new(
        part: &'a Part,
        grid: &'a Grid,
        seed: u64,
        store: &'a dyn Store,
        progress: &'a dyn Progress,
    ) -> Self {
        let (folds, checkpoints) = (grid.folds, &grid.checkpoints[..]);
        let (fold_of_row, used) = folds_of(part, folds, seed);
        let all: Vec<usize> = (0..part.rows()).collect();
        let losses = part.deferral_losses(&all);
        let prior = grid.recipe.prior;
        Self { part, losses, fold_of_row, used, seed, checkpoints, store, progress, prior }
    }

    fn start(&self, candidate: &Candidate) -> Run {
        Run { candidate: candidate.clone(), folds: 0, scores: Vec::new() }
    }

    /// Takes all runs through the used folds `from..to`. Every fit is a task of its own, so that
    /// cores stay busy to the end.
    fn extend(&self, runs: &mut [Run], from: usize, to: usize) -> Result<()> {
        let tasks: Vec<(usize, u8)> = (0..runs.len())
            .flat_map(|run| self.used[from..to].iter().map(move |&fold| (run, fold)))
            .collect();
        let candidates: Vec<&Candidate> = runs.iter().map(|run| &run.candidate).collect();
        let hold_out = |&(run, fold): &(usize, u8)| self.hold_out(candidates[run], fold);
        let held_out: Vec<HeldOut> = tasks.par_iter().map(hold_out).collect::<Result<_>>()?;
        let none = Matrix::filled(self.part.rows(), self.part.experts(), 0.0);
        for ((run, fold), scores) in tasks.into_iter().zip(held_out) {
            let run = &mut runs[run];
            run.folds = to;
            run.scores.resize(self.checkpoints.len(), none.clone());
            for (all, scores) in run.scores.iter_mut().zip(scores) {
                let held = (0..self.part.rows()).filter(|&row| self.fold_of_row[row] == fold);
                for (row, scores) in held.zip(scores.iter_rows()) {
                    all.row_mut(row).copy_from_slice(scores);
                }
            }
        }
        Ok(())
    }

    /// Fits without a fold and scores its rows, unless that is known.
    fn hold_out(&self, candidate: &Candidate, fold: u8) -> Result<HeldOut> {
        go_on(self.progress)?;
        let (held, fitted): (Vec<usize>, Vec<usize>) =
            (0..self.part.rows()).partition(|&row| self.fold_of_row[row] == fold);
        let shape = (held.len(), self.part.experts());
        let known = self.store.get(candidate, fold).filter(|known| {
            let fits = |scores: &Matrix<f64>| (scores.rows(), scores.columns()) == shape;
            known.len() == self.checkpoints.len() && known.iter().all(fits)
        });
        let fit_anew = || -> Result<HeldOut> {
            let mut scores: HeldOut = Vec::new();
            let mut losses: Vec<f64> = Vec::new();
            let seed = self.seed.wrapping_add(u64::from(fold));
            fit(self.part, &fitted, candidate, seed, self.checkpoints, |_, fit| {
                let found = fit.scores(self.part, &held);
                losses.push(self.plain_loss(&held, &found));
                scores.push(found);
                let may_end = !candidate.is_solved() && held.len() >= TELLING_ROWS;
                if self.progress.is_cancelled() || (may_end && is_over(&losses)) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            let last = scores.last().cloned().expect("at least one checkpoint");
            scores.resize(self.checkpoints.len(), last);
            // What was cut short is no result, and nobody is to remember it.
            go_on(self.progress)?;
            self.store.put(candidate, fold, &scores);
            Ok(scores)
        };
        let scores = known.map_or_else(fit_anew, Ok)?;
        self.progress.step(self.work(candidate));
        Ok(scores)
    }

    /// The deferral loss of some rows with their scores as they are.
    fn plain_loss(&self, rows: &[usize], scores: &Matrix<f64>) -> f64 {
        let scored = ScoredRows { scores, deferral_losses: &self.part.deferral_losses(rows) };
        scored.losses(&vec![0.0; self.part.experts()]).iter().sum()
    }

    /// What fitting a candidate on one fold costs beside others: its multiply-accumulates and, for
    /// the loss, some for each output.
    fn work(&self, candidate: &Candidate) -> u64 {
        const LOSS: usize = 10;
        let shape = Shape::new(self.part.inputs(), &candidate.hidden, self.part.experts());
        (shape.parameters() + LOSS * self.part.experts()) as u64
    }

    /// A run's loss at its best checkpoint over the folds done, offsets for each fold tuned on the
    /// others.
    fn judge(&self, run: &Run) -> Judged {
        let done = &self.used[..run.folds];
        let rows: Vec<usize> =
            (0..self.part.rows()).filter(|&row| done.contains(&self.fold_of_row[row])).collect();
        let mut best: Option<Judged> = None;
        let first = if run.candidate.is_solved() { self.checkpoints.len() - 1 } else { 0 };
        for (scores, &iterations) in run.scores.iter().zip(self.checkpoints).skip(first) {
            let mut losses = vec![0.0; rows.len()];
            for &fold in done {
                let (held, fitted): (Vec<usize>, Vec<usize>) =
                    (0..rows.len()).partition(|&at| self.fold_of_row[rows[at]] == fold);
                let select = |indices: &[usize]| {
                    let rows: Vec<usize> = indices.iter().map(|&index| rows[index]).collect();
                    (scores.select_rows(&rows), self.losses.select_rows(&rows))
                };
                let (scores, deferral_losses) = &select(&fitted);
                let offsets =
                    offsets_of(&run.candidate, &ScoredRows { scores, deferral_losses }, self.prior);
                let (scores, deferral_losses) = &select(&held);
                let of_held = ScoredRows { scores, deferral_losses }.losses(&offsets);
                for (index, loss) in held.into_iter().zip(of_held) {
                    losses[index] = loss;
                }
            }
            let loss = losses.iter().sum::<f64>() / losses.len().max(1) as f64;
            if best.as_ref().is_none_or(|best| loss < best.loss) {
                let candidate = run.candidate.clone();
                best = Some(Judged { candidate, iterations, loss, folds: run.folds, losses });
            }
        }
        best.expect("at least one checkpoint")
    }
}

/// # Errors
/// [`Error::Cancelled`] if the work is to be given up.
fn go_on(progress: &dyn Progress) -> Result<()> {
    if progress.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
}

/// Checkpoints in a row, all worse than the best before them, after which a fit ends (early
/// stopping; they are further apart each time).
const PATIENCE: usize = 2;

/// With fewer rows in a fold its loss says too little to end a fit by, and there is little to save.
const TELLING_ROWS: usize = 1_000;

/// Whether the deferral losses of a fit's checkpoints so far say that it only gets worse.
fn is_over(losses: &[f64]) -> bool {
    let Some(split) = losses.len().checked_sub(PATIENCE) else { return false };
    let (before, last) = losses.split_at(split);
    let best = before.iter().copied().fold(f64::INFINITY, f64::min);
    last.iter().all(|&loss| loss > best)
}

/// Offsets of a candidate's scores on rows that its network has not seen: tuned ones if they gain
/// clearly, else, if the scores are predicted deferral losses, some in favour of the best single
/// expert, by `prior` standard errors.
#[must_use]
pub(crate) fn offsets_of(candidate: &Candidate, scored: &ScoredRows<'_>, prior: f64) -> Vec<f64> {
    let others = match candidate.loss.of_one_output() {
        Some(_) => in_favour_of_the_best(scored.deferral_losses, prior),
        None => vec![0.0; scored.scores.columns()],
    };
    tune_or(scored, others)
}

/// The best of the linear candidates with a penalty for each expert.
fn best_linear(ranking: &[Judged]) -> Option<usize> {
    ranking.iter().position(|judged| judged.candidate.is_solved())
}

/// Whether the best of `tried` candidates is no further ahead of the best linear one with a penalty
/// for each expert than luck may bring it. The largest of n independent standard normal numbers is
/// about `sqrt(2 ln n)`; candidates that resemble each other count as the root of their number,
/// which leaves `sqrt(ln n)` standard errors of the paired difference.
fn beaten_by_luck(ranking: &[Judged], tried: usize) -> bool {
    let Some(linear) = best_linear(ranking) else { return false };
    let (behind, error) = paired_difference(&ranking[linear].losses, &ranking[0].losses);
    behind <= libm::sqrt(libm::log(tried as f64)) * error
}

/// The one-standard-error rule (Breiman et al. 1984) along one path at a time: first the loss with
/// the fewest chosen margins in the best one's network, then the smallest network with that loss,
/// regularisation and tau. Over all candidates at once it would take the luckiest of the many small
/// ones, which look better than they are.
fn simplest_within_one_error(ranking: &[Judged], part: &Part) -> usize {
    let best = &ranking[0];
    let within: Vec<(usize, &Candidate)> = ranking
        .iter()
        .enumerate()
        .filter(|(_, judged)| {
            let (behind, error) = paired_difference(&judged.losses, &best.losses);
            behind <= error
        })
        .map(|(index, judged)| (index, &judged.candidate))
        .collect();
    let simplest = within
        .iter()
        .filter(|(_, candidate)| candidate.hidden == best.candidate.hidden)
        .min_by_key(|&&(index, candidate)| (candidate.loss.complexity(), index));
    let Some(&(_, simplest)) = simplest else { return 0 };
    let same_but_for_network = |candidate: &Candidate| {
        *candidate == Candidate { hidden: candidate.hidden.clone(), ..simplest.clone() }
    };
    let parameters = |candidate: &Candidate| {
        Shape::new(part.inputs(), &candidate.hidden, part.experts()).parameters()
    };
    within
        .iter()
        .filter(|(_, candidate)| same_but_for_network(candidate))
        .min_by_key(|&&(index, candidate)| (parameters(candidate), index))
        .map_or(0, |&(index, _)| index)
}

/// The outputs of all rows of a part by networks that were fitted without the row's fold.
#[must_use]
pub(crate) fn cross_fitted(part: &Part, judged: &Judged, folds: u8, seed: u64) -> Matrix<f64> {
    let (fold_of_row, used) = folds_of(part, folds, seed);
    let mut outputs = Matrix::filled(part.rows(), part.experts(), 0.0);
    let of_fold = |&fold: &u8| {
        let (held, fitted): (Vec<usize>, Vec<usize>) =
            (0..part.rows()).partition(|&row| fold_of_row[row] == fold);
        let seed = seed.wrapping_add(u64::from(fold));
        let fit = fit_for(part, &fitted, &judged.candidate, seed, judged.iterations);
        (fit.outputs(part, &held), held)
    };
    let of_folds: Vec<(Matrix<f64>, Vec<usize>)> = used.par_iter().map(of_fold).collect();
    for (found, held) in of_folds {
        for (row, found) in held.into_iter().zip(found.iter_rows()) {
            outputs.row_mut(row).copy_from_slice(found);
        }
    }
    outputs
}

/// The fold of every row, and the folds that have rows.
fn folds_of(part: &Part, folds: u8, seed: u64) -> (Vec<u8>, Vec<u8>) {
    let used_of = |fold_of_row: &[u8]| -> Vec<u8> {
        (0..folds).filter(|fold| fold_of_row.contains(fold)).collect()
    };
    let mut fold_of_row = part.folds(folds, seed);
    if used_of(&fold_of_row).len() < 2 {
        // All rows are of one group: rows are then the only units there are.
        fold_of_row = deal(part.rows(), None, folds, seed);
    }
    let used = used_of(&fold_of_row);
    (fold_of_row, used)
}

/// Iterations after which a fit on all rows looks whether it is to go on.
const LOOK: usize = 10;

/// Fits the chosen candidate on all rows of a part.
///
/// # Errors
/// [`Error::Cancelled`] if `progress` says so.
pub fn refit(part: &Part, judged: &Judged, seed: u64, progress: &dyn Progress) -> Result<Fit> {
    let all: Vec<usize> = (0..part.rows()).collect();
    let looks = (LOOK..judged.iterations).step_by(LOOK).chain([judged.iterations]);
    let mut fitted = None;
    fit(part, &all, &judged.candidate, seed, &looks.collect::<Vec<_>>(), |_, fit| {
        fitted = Some(fit.clone());
        if progress.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    go_on(progress)?;
    Ok(fitted.expect("the last checkpoint is always seen"))
}

#[cfg(test)]
mod tests;
