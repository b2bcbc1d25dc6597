//! Selection by cross-validated deferral loss.
//!
//! Every candidate is fitted on all folds but one and judged on the one left out, with offsets that
//! were tuned on yet other rows; groups are never split. The surrogate's own value decides nothing.
//!
//! Fits are spent where they matter: all candidates are judged on two folds first, and those that
//! are clearly behind there go no further (successive halving, Jamieson and Talwalkar 2016, with a
//! paired test in place of a fixed share).

use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::arithmetic::network::Shape;
use crate::arithmetic::statistics::paired_difference;
use crate::data::folds::deal;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::learn::candidate::Candidate;
use crate::learn::fit::Fit;
use crate::learn::grid::Grid;
use crate::learn::offsets::{Scored, tune};
use crate::learn::store::{HeldOut, Store};
use crate::learn::train::{fit, fit_for};
use crate::progress::Progress;

/// Folds of the first round.
const FIRST_FOLDS: usize = 2;

/// Standard errors of the paired difference by which a candidate may be behind the best of the first
/// round and still go on.
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

/// What a selection decided, and why.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Those that were judged on all folds, the best first, then the others likewise.
    pub ranking: Vec<Judged>,
    /// The index in `ranking` of the simplest one that is not worse than the best by more than one
    /// standard error of their paired difference: with the best one's loss, or a plainer one as good, in the smallest network.
    pub chosen: usize,
    /// Mean deferral loss of always the same expert, on the same rows.
    pub constants: Vec<f64>,
}

/// Judges a grid's candidates on a part, then the best of them in wider networks, and chooses. Fits that `store`
/// remembers are not done again.
///
/// # Panics
/// If there are no candidates or checkpoints, or fewer than two rows or folds.
#[must_use]
pub fn select(
    part: &Part,
    grid: &Grid,
    seed: u64,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Selection {
    let mut race = Race::new(Bench::new(part, grid, seed, store, progress));
    race.run(&grid.candidates);
    let wider = grid.wider(race.finished.iter().map(|judged| &judged.candidate));
    race.run(&wider);
    progress.finish();
    let Race { finished: mut ranking, mut dropped, .. } = race;
    let chosen = simplest_within_one_error(&ranking, part);
    dropped.sort_by(|a, b| a.loss.total_cmp(&b.loss));
    ranking.extend(dropped);
    let constants = (0..part.experts()).map(|k| part.mean_deferral_loss(|_| k)).collect();
    Selection { ranking, chosen, constants }
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

    fn run(&mut self, candidates: &[Candidate]) {
        let bench = &self.bench;
        let folds = bench.used.len();
        let first = folds.min(FIRST_FOLDS);
        let work = |runs: &[Run]| runs.iter().map(|run| bench.work(&run.candidate)).sum::<u64>();
        let mut runs: Vec<Run> =
            candidates.iter().map(|candidate| bench.start(candidate)).collect();
        self.work += work(&runs) * first as u64;
        bench.progress.total(self.work);
        bench.extend(&mut runs, 0, first);
        let judged: Vec<Judged> = runs.par_iter().map(|run| bench.judge(run)).collect();
        let best = judged.iter().chain(&self.leader).min_by(|a, b| a.loss.total_cmp(&b.loss));
        let Some(leader) = best.cloned() else { return };
        let mut survivors = Vec::new();
        for (run, judged) in runs.into_iter().zip(judged) {
            let (behind, error) = paired_difference(&judged.losses, &leader.losses);
            if behind <= BEHIND * error { survivors.push(run) } else { self.dropped.push(judged) }
        }
        self.leader = Some(leader);
        self.work += work(&survivors) * (folds - first) as u64;
        bench.progress.total(self.work);
        bench.extend(&mut survivors, first, folds);
        let judged: Vec<Judged> = survivors.par_iter().map(|run| bench.judge(run)).collect();
        self.finished.extend(judged);
        // Stable: equal losses keep the order of the candidates.
        self.finished.sort_by(|a, b| a.loss.total_cmp(&b.loss));
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
}

/// A candidate on its way through the folds.
struct Run {
    candidate: Candidate,
    /// Folds done, from the first of the used ones on.
    folds: usize,
    /// For each checkpoint the scores of all rows, row-major, by networks that were fitted without the
    /// row's fold; 0 in folds to come.
    scores: Vec<Vec<f64>>,
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
        let mut fold_of_row = part.folds(folds, seed);
        let used_of = |fold_of_row: &[u8]| -> Vec<u8> {
            (0..folds).filter(|fold| fold_of_row.contains(fold)).collect()
        };
        if used_of(&fold_of_row).len() < 2 {
            // All rows are of one group: rows are then the only units there are.
            fold_of_row = deal(part.rows(), None, folds, seed);
        }
        let used = used_of(&fold_of_row);
        let all: Vec<usize> = (0..part.rows()).collect();
        let losses = part.deferral_losses(&all);
        Self { part, losses, fold_of_row, used, seed, checkpoints, store, progress }
    }

    fn start(&self, candidate: &Candidate) -> Run {
        Run { candidate: candidate.clone(), folds: 0, scores: Vec::new() }
    }

    /// Takes all runs through the used folds `from..to`. Every fit is a task of its own, so that
    /// cores stay busy to the end.
    fn extend(&self, runs: &mut [Run], from: usize, to: usize) {
        let tasks: Vec<(usize, u8)> = (0..runs.len())
            .flat_map(|run| self.used[from..to].iter().map(move |&fold| (run, fold)))
            .collect();
        let candidates: Vec<&Candidate> = runs.iter().map(|run| &run.candidate).collect();
        let fitted: Vec<HeldOut> =
            tasks.par_iter().map(|&(run, fold)| self.hold_out(candidates[run], fold)).collect();
        let experts = self.part.experts();
        for ((run, fold), scores) in tasks.into_iter().zip(fitted) {
            let run = &mut runs[run];
            run.folds = to;
            run.scores.resize(self.checkpoints.len(), vec![0.0; self.part.rows() * experts]);
            for (all, scores) in run.scores.iter_mut().zip(scores) {
                let held = (0..self.part.rows()).filter(|&row| self.fold_of_row[row] == fold);
                for (row, scores) in held.zip(scores.chunks_exact(experts)) {
                    all[row * experts..][..experts].copy_from_slice(scores);
                }
            }
        }
    }

    /// Fits without a fold and scores its rows, unless that is known.
    fn hold_out(&self, candidate: &Candidate, fold: u8) -> HeldOut {
        let (held, kept): (Vec<usize>, Vec<usize>) =
            (0..self.part.rows()).partition(|&row| self.fold_of_row[row] == fold);
        let values = held.len() * self.part.experts();
        let known = self.store.get(candidate, fold).filter(|known| {
            known.len() == self.checkpoints.len() && known.iter().all(|s| s.len() == values)
        });
        let scores = known.unwrap_or_else(|| {
            let mut scores: HeldOut = Vec::new();
            let mut losses: Vec<f64> = Vec::new();
            let seed = self.seed.wrapping_add(u64::from(fold));
            fit(self.part, &kept, candidate, seed, self.checkpoints, |_, fit| {
                let found = fit.scores(self.part, &held);
                losses.push(self.plain_loss(&held, &found));
                scores.push(found);
                if held.len() >= TELLING_ROWS && is_over(&losses) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            let last = scores.last().cloned().expect("at least one checkpoint");
            scores.resize(self.checkpoints.len(), last);
            self.store.put(candidate, fold, &scores);
            scores
        });
        self.progress.step(self.work(candidate));
        scores
    }

    /// The deferral loss of some rows with their scores as they are.
    fn plain_loss(&self, rows: &[usize], scores: &[f64]) -> f64 {
        let (experts, losses) = (self.part.experts(), self.part.deferral_losses(rows));
        Scored { experts, scores, costs: losses.values() }.losses(&vec![0.0; experts]).iter().sum()
    }

    /// What fitting a candidate on one fold costs beside others: its multiply-accumulates and, for the
    /// loss, some for each output.
    fn work(&self, candidate: &Candidate) -> u64 {
        const LOSS: usize = 10;
        let shape = Shape::new(self.part.inputs(), &candidate.hidden, self.part.experts());
        (shape.parameters() + LOSS * self.part.experts()) as u64
    }

    /// A run's loss at its best checkpoint over the folds done, offsets for each fold tuned on the
    /// others.
    fn judge(&self, run: &Run) -> Judged {
        let experts = self.part.experts();
        let done = &self.used[..run.folds];
        let rows: Vec<usize> =
            (0..self.part.rows()).filter(|&row| done.contains(&self.fold_of_row[row])).collect();
        let mut best: Option<Judged> = None;
        for (scores, &iterations) in run.scores.iter().zip(self.checkpoints) {
            let gather = |keep: &dyn Fn(u8) -> bool| -> (Vec<f64>, Vec<f32>) {
                let rows = rows.iter().filter(|&&row| keep(self.fold_of_row[row]));
                rows.flat_map(|&row| row * experts..(row + 1) * experts)
                    .map(|index| (scores[index], self.losses.values()[index]))
                    .unzip()
            };
            let mut losses = vec![0.0; rows.len()];
            for &fold in done {
                let (scores, costs) = gather(&|other| other != fold);
                let offsets = tune(&Scored { experts, scores: &scores, costs: &costs });
                let (scores, costs) = gather(&|other| other == fold);
                let held = Scored { experts, scores: &scores, costs: &costs }.losses(&offsets);
                let places = (0..rows.len()).filter(|&at| self.fold_of_row[rows[at]] == fold);
                for (at, loss) in places.zip(held) {
                    losses[at] = loss;
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

/// Checkpoints in a row, all worse than the best before them, after which a fit ends (early stopping; they are further
/// apart each time).
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

/// The one-standard-error rule (Breiman et al. 1984) along one path at a time: first the loss with the fewest chosen margins in
/// the best one's network, then the smallest network with that loss, regularisation and tau. Over all candidates at once it would
/// take the luckiest of the many small ones, which look better than they are.
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

/// Fits the chosen candidate on all rows of a part.
#[must_use]
pub fn refit(part: &Part, judged: &Judged, seed: u64) -> Fit {
    let all: Vec<usize> = (0..part.rows()).collect();
    fit_for(part, &all, &judged.candidate, seed, judged.iterations)
}

#[cfg(test)]
mod tests;
