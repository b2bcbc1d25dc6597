//! Fitting candidates on all folds but one, and judging them on the one left out.

use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::arithmetic::network::Shape;
use crate::data::folds::deal;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::error::{Error, Result};
use crate::learn::candidate::Candidate;
use crate::learn::grid::Grid;
use crate::learn::offsets::{ScoredRows, in_favour_of_the_best, tune_or};
use crate::learn::store::{HeldOut, Store};
use crate::learn::train::fit;
use crate::progress::Progress;

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

/// What all candidates of a selection share.
pub(super) struct Bench<'a> {
    pub(super) part: &'a Part,
    /// Rows x experts: the deferral losses.
    pub(super) losses: Matrix<f32>,
    pub(super) fold_of_row: Vec<u8>,
    /// The folds that have rows.
    pub(super) used: Vec<u8>,
    seed: u64,
    checkpoints: &'a [usize],
    store: &'a dyn Store,
    pub(super) progress: &'a dyn Progress,
    /// See [`Recipe::prior`](crate::learn::recipe::Recipe).
    prior: f64,
}

/// A candidate on its way through the folds.
pub(super) struct Run {
    pub(super) candidate: Candidate,
    /// Folds done, from the first of the used ones on.
    folds: usize,
    /// For each checkpoint the scores of all rows by networks that were fitted without the row's
    /// fold; 0 in folds to come.
    scores: Vec<Matrix<f64>>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
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

    pub(super) fn start(&self, candidate: &Candidate) -> Run {
        Run { candidate: candidate.clone(), folds: 0, scores: Vec::new() }
    }

    /// Takes all runs through the used folds `from..to`. Every fit is a task of its own, so that
    /// cores stay busy to the end.
    pub(super) fn extend(&self, runs: &mut [Run], from: usize, to: usize) -> Result<()> {
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
    pub(super) fn work(&self, candidate: &Candidate) -> u64 {
        const LOSS: usize = 10;
        let shape = Shape::new(self.part.inputs(), &candidate.hidden, self.part.experts());
        (shape.parameters() + LOSS * self.part.experts()) as u64
    }

    /// A run's loss at its best checkpoint over the folds done, offsets for each fold tuned on the
    /// others.
    pub(super) fn judge(&self, run: &Run) -> Judged {
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
pub(super) fn go_on(progress: &dyn Progress) -> Result<()> {
    if progress.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
}

/// Checkpoints in a row, all worse than the best before them, after which a fit ends (early
/// stopping; they are further apart each time).
const PATIENCE: usize = 2;

/// With fewer rows in a fold its loss says too little to end a fit by, and there is little to save.
const TELLING_ROWS: usize = 1_000;

/// Whether the deferral losses of a fit's checkpoints so far say that it only gets worse.
pub(super) fn is_over(losses: &[f64]) -> bool {
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

/// The fold of every row, and the folds that have rows.
pub(super) fn folds_of(part: &Part, folds: u8, seed: u64) -> (Vec<u8>, Vec<u8>) {
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
