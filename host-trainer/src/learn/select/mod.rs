//! Selection by cross-validated deferral loss.
//!
//! Every candidate is fitted on all folds but one and judged on the one left out, with offsets that
//! were tuned on yet other rows; groups are never split. The surrogate's own value decides nothing.
//!
//! Fits are spent where they matter: all candidates are judged on two folds first, and those that
//! are clearly behind there go no further (successive halving, Jamieson and Talwalkar 2016, with a
//! paired test in place of a fixed share).

mod bench;
mod penalties;
mod winner;

use std::ops::ControlFlow;

use bench::{Bench, Run, folds_of, go_on};
use penalties::Folds;
use rayon::prelude::*;
use winner::{beaten_by_luck, best_linear, simplest_within_one_error};

pub use bench::Judged;
pub(crate) use bench::offsets_of;

use crate::arithmetic::statistics::paired_difference;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::error::Result;
use crate::learn::candidate::Candidate;
use crate::learn::fit::Fit;
use crate::learn::grid::Grid;
use crate::learn::store::Store;
use crate::learn::train::{fit, fit_for};
use crate::progress::Progress;

/// Folds of the first round.
const FIRST_FOLDS: usize = 2;

/// Standard errors of the paired difference by which a candidate may be behind the best of the
/// first round and still go on.
const BEHIND: f64 = 2.0;

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
/// [`Error::Cancelled`](crate::error::Error::Cancelled) if `progress` says so.
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

/// Iterations after which a fit on all rows looks whether it is to go on.
const LOOK: usize = 10;

/// Fits the chosen candidate on all rows of a part.
///
/// # Errors
/// [`Error::Cancelled`](crate::error::Error::Cancelled) if `progress` says so.
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
