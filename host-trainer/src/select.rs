//! Selection by cross-validated deferral loss.
//!
//! Every candidate is fitted on all folds but one and judged on the one left out, with offsets that
//! were tuned on yet other rows; groups are never split. The surrogate's own value decides nothing.

use rayon::prelude::*;

use crate::dataset::Part;
use crate::evaluate::paired_difference;
use crate::offsets::{Scored, tune};
use crate::train::{Candidate, Fit, costs, fit};

/// How a candidate did, at its best number of iterations.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The candidate.
    pub candidate: Candidate,
    /// The number of iterations at which it did best.
    pub iterations: usize,
    /// Cross-validated mean deferral loss.
    pub loss: f64,
    /// Of each row.
    pub losses: Vec<f64>,
}

/// What a selection decided, and why.
#[derive(Debug, Clone)]
pub struct Selection {
    /// All candidates, the best first.
    pub ranking: Vec<Judged>,
    /// The index in `ranking` of the simplest one that is not worse than the best by more than one
    /// standard error of their paired difference.
    pub chosen: usize,
    /// Mean deferral loss of always the same expert, on the same rows.
    pub constants: Vec<f64>,
}

/// Judges candidates on a part, and chooses.
///
/// `progress` is called once for each finished fit; there are candidates x folds of them.
#[must_use]
pub fn select(
    part: &Part,
    candidates: &[Candidate],
    folds: u8,
    seed: u64,
    checkpoints: &[usize],
    progress: impl Fn() + Sync,
) -> Selection {
    let fold_of_row = part.folds(folds, seed);
    let all: Vec<usize> = (0..part.rows).collect();
    let costs = costs(part, &all);
    let used: Vec<u8> = (0..folds).filter(|fold| fold_of_row.contains(fold)).collect();
    let mut ranking: Vec<Judged> = candidates
        .par_iter()
        .map(|candidate| {
            let scores =
                out_of_fold(part, &fold_of_row, &used, candidate, seed, checkpoints, &progress);
            judge(candidate, &scores, &costs, part.experts, &fold_of_row, &used, checkpoints)
        })
        .collect();
    // A stable sort: equal losses keep the order of the candidates.
    ranking.sort_by(|a, b| a.loss.total_cmp(&b.loss));
    let chosen = simplest_within_one_error(&ranking, part);
    let constants = (0..part.experts).map(|k| part.deferral_loss(|_| k)).collect();
    Selection { ranking, chosen, constants }
}

/// Scores of every row by a network that was fitted without the row's fold, for each checkpoint.
fn out_of_fold(
    part: &Part,
    fold_of_row: &[u8],
    used: &[u8],
    candidate: &Candidate,
    seed: u64,
    checkpoints: &[usize],
    progress: &(impl Fn() + Sync),
) -> Vec<Vec<f64>> {
    let fitted: Vec<(Vec<usize>, Vec<Vec<f64>>)> = used
        .par_iter()
        .map(|&fold| {
            let (held, kept): (Vec<usize>, Vec<usize>) =
                (0..part.rows).partition(|&row| fold_of_row[row] == fold);
            let mut scores = vec![Vec::new(); checkpoints.len()];
            fit(
                part,
                &kept,
                candidate,
                seed.wrapping_add(u64::from(fold)),
                checkpoints,
                |at, fit| {
                    scores[at] = fit.scores(part, &held);
                },
            );
            progress();
            (held, scores)
        })
        .collect();
    let experts = part.experts;
    let mut all = vec![vec![0.0; part.rows * experts]; checkpoints.len()];
    for (held, scores) in fitted {
        for (all, scores) in all.iter_mut().zip(scores) {
            for (&row, scores) in held.iter().zip(scores.chunks_exact(experts)) {
                all[row * experts..][..experts].copy_from_slice(scores);
            }
        }
    }
    all
}

/// The loss of a candidate at each checkpoint, offsets for a fold tuned on the others.
fn judge(
    candidate: &Candidate,
    scores: &[Vec<f64>],
    costs: &[f32],
    experts: usize,
    fold_of_row: &[u8],
    used: &[u8],
    checkpoints: &[usize],
) -> Judged {
    let mut best: Option<Judged> = None;
    for (scores, &iterations) in scores.iter().zip(checkpoints) {
        let mut losses = vec![0.0; fold_of_row.len()];
        for &fold in used {
            let pick = |inside: bool| -> (Vec<usize>, Vec<f64>, Vec<f32>) {
                let rows: Vec<usize> =
                    (0..losses.len()).filter(|&row| (fold_of_row[row] == fold) == inside).collect();
                let of = |row: usize| row * experts..(row + 1) * experts;
                let picked_scores =
                    rows.iter().flat_map(|&row| &scores[of(row)]).copied().collect();
                let picked_costs = rows.iter().flat_map(|&row| &costs[of(row)]).copied().collect();
                (rows, picked_scores, picked_costs)
            };
            let (_, other_scores, other_costs) = pick(false);
            let offsets = tune(&Scored { experts, scores: &other_scores, costs: &other_costs });
            let (rows, held_scores, held_costs) = pick(true);
            let held = Scored { experts, scores: &held_scores, costs: &held_costs };
            for (row, loss) in rows.into_iter().zip(held.losses(&offsets)) {
                losses[row] = loss;
            }
        }
        let loss = losses.iter().sum::<f64>() / losses.len().max(1) as f64;
        if best.as_ref().is_none_or(|best| loss < best.loss) {
            best = Some(Judged { candidate: candidate.clone(), iterations, loss, losses });
        }
    }
    best.expect("at least one checkpoint")
}

/// How complicated a candidate is: more parameters first, then unequal margins, then any margins.
fn complexity(candidate: &Candidate, part: &Part) -> (usize, bool, bool) {
    let shape = crate::network::Shape::new(part.inputs, &candidate.hidden, part.experts);
    (shape.parameters(), candidate.margins.gamma != 0.0, !candidate.is_plain())
}

fn simplest_within_one_error(ranking: &[Judged], part: &Part) -> usize {
    let best = &ranking[0];
    (0..ranking.len())
        .filter(|&index| {
            let (mean, error) = paired_difference(&ranking[index].losses, &best.losses);
            mean <= error
        })
        .min_by_key(|&index| (complexity(&ranking[index].candidate, part), index))
        .unwrap_or(0)
}

/// Fits the chosen candidate on all rows of a part.
#[must_use]
pub fn refit(part: &Part, judged: &Judged, seed: u64) -> Fit {
    let all: Vec<usize> = (0..part.rows).collect();
    let mut fitted = None;
    fit(part, &all, &judged.candidate, seed, &[judged.iterations], |_, fit| {
        fitted = Some(fit.clone())
    });
    fitted.expect("the checkpoint is always seen")
}
