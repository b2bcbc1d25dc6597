//! One additive offset per expert, tuned on the deferral loss itself.
//!
//! Logit adjustment for deferral: after training, `argmax_k (score_k + offset_k)` is tuned by exact
//! coordinate search. Along one offset the mean deferral loss is a step function whose steps are at
//! the rows' score differences, so sorting them gives the best value exactly.
//!
//! Offsets are fitted numbers too: on few rows the best ones fit the noise. They are kept only if
//! they gain more than two standard errors over offsets of 0 on the rows that they were tuned on.

use crate::evaluate::paired_difference;

/// Passes over the coordinates; each is exact, and a second or third one rarely changes anything.
const PASSES: usize = 6;

/// Scores of rows beside what each choice costs, both row-major, rows x experts.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    /// Number of experts.
    pub experts: usize,
    /// Scores in any unit.
    pub scores: &'a [f64],
    /// Error plus price of each expert.
    pub costs: &'a [f32],
}

impl Scored<'_> {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.costs.len() / self.experts
    }

    /// The expert that each row chooses under these offsets; ties go to the lower index.
    #[must_use]
    pub fn choices(&self, offsets: &[f64]) -> Vec<usize> {
        self.scores.chunks_exact(self.experts).map(|scores| argmax(scores, offsets)).collect()
    }

    /// The deferral loss of each row under these offsets.
    #[must_use]
    pub fn losses(&self, offsets: &[f64]) -> Vec<f64> {
        let rows =
            self.scores.chunks_exact(self.experts).zip(self.costs.chunks_exact(self.experts));
        rows.map(|(scores, costs)| f64::from(costs[argmax(scores, offsets)])).collect()
    }

    fn total(&self, offsets: &[f64]) -> f64 {
        self.losses(offsets).iter().sum()
    }
}

/// The expert with the highest score plus offset; ties go to the lower index.
pub(crate) fn argmax(scores: &[f64], offsets: &[f64]) -> usize {
    let mut best = 0;
    for k in 1..scores.len() {
        if scores[k] + offsets[k] > scores[best] + offsets[best] {
            best = k;
        }
    }
    best
}

/// The tuned offsets, the first of them 0; all 0 if they gain no more than two standard errors, or
/// without rows.
#[must_use]
pub fn tune(scored: &Scored<'_>) -> Vec<f64> {
    let none = vec![0.0; scored.experts];
    let tuned = search(scored);
    let (gain, error) = paired_difference(&scored.losses(&none), &scored.losses(&tuned));
    if gain > 2.0 * error { tuned } else { none }
}

/// The offsets with the lowest loss that coordinate search finds from 0 on.
fn search(scored: &Scored<'_>) -> Vec<f64> {
    let mut offsets = vec![0.0; scored.experts];
    let mut total = scored.total(&offsets);
    for _ in 0..PASSES {
        let before = total;
        for k in 1..scored.experts {
            let candidate = best_offset(scored, &offsets, k);
            let previous = std::mem::replace(&mut offsets[k], candidate);
            let reached = scored.total(&offsets);
            // Smaller gains than this are rounding.
            if reached < total - 1e-9 {
                total = reached;
            } else {
                offsets[k] = previous;
            }
        }
        if total >= before {
            break;
        }
    }
    offsets
}

/// The best offset of expert `k` given the others: the middle of the best interval between
/// neighbouring steps; of equally good ones the interval nearest to the present offset.
fn best_offset(scored: &Scored<'_>, offsets: &[f64], k: usize) -> f64 {
    let rows =
        scored.scores.chunks_exact(scored.experts).zip(scored.costs.chunks_exact(scored.experts));
    // At which offset the row turns to k, and by how much its loss then changes.
    let mut steps: Vec<(f64, f64)> = rows
        .map(|(scores, costs)| {
            let mut other = usize::from(k == 0);
            for j in 0..scored.experts {
                if j != k && scores[j] + offsets[j] > scores[other] + offsets[other] {
                    other = j;
                }
            }
            let turn = scores[other] + offsets[other] - scores[k];
            (turn, f64::from(costs[k]) - f64::from(costs[other]))
        })
        .collect();
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (Some(&(first, _)), Some(&(last, _))) = (steps.first(), steps.last()) else {
        return offsets[k];
    };
    // Beyond all steps: by a little more than the whole range, so that new rows fall inside too.
    let beyond = 0.5 * (last - first) + 1e-3 * first.abs().max(last.abs()) + 1e-6;
    let mut best = (0.0, first - beyond);
    let mut change = 0.0;
    let mut index = 0;
    while index < steps.len() {
        let turn = steps[index].0;
        while index < steps.len() && steps[index].0 == turn {
            change += steps[index].1;
            index += 1;
        }
        let middle = steps.get(index).map_or(turn + beyond, |next| 0.5 * (turn + next.0));
        let nearer = (middle - offsets[k]).abs() < (best.1 - offsets[k]).abs();
        if change < best.0 - 1e-9 || (change < best.0 + 1e-9 && nearer) {
            best = (change.min(best.0), middle);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn never_raises_the_loss_and_beats_a_fine_grid() {
        let mut random = Random::new(9);
        for _ in 0..20 {
            let scores: Vec<f64> = (0..300).map(|_| random.normal()).collect();
            let costs: Vec<f32> = (0..300).map(|_| random.below(2) as f32 + 0.1).collect();
            let scored = Scored { experts: 2, scores: &scores, costs: &costs };
            let tuned = scored.total(&search(&scored));
            for step in -600..600 {
                let offset = f64::from(step) * 0.01;
                assert!(tuned <= scored.total(&[0.0, offset]) + 1e-9, "offset {offset} is better");
            }
        }
    }

    #[test]
    fn useless_scores_end_in_the_best_single_expert() {
        let mut random = Random::new(10);
        let scores: Vec<f64> = (0..900).map(|_| random.uniform()).collect();
        let costs: Vec<f32> = (0..300).flat_map(|_| [0.9, 0.2, 0.5]).collect();
        let scored = Scored { experts: 3, scores: &scores, costs: &costs };
        assert!(scored.choices(&tune(&scored)).iter().all(|&choice| choice == 1));
    }

    #[test]
    fn gains_within_the_noise_are_not_taken() {
        let mut random = Random::new(12);
        let mut kept = 0;
        for _ in 0..200 {
            let scores: Vec<f64> = (0..600).map(|_| random.normal()).collect();
            let costs: Vec<f32> = (0..600).map(|_| random.below(2) as f32).collect();
            let tuned = tune(&Scored { experts: 2, scores: &scores, costs: &costs });
            kept += usize::from(tuned != [0.0; 2]);
        }
        // The search takes the best of many cuts, so more than the one-sided 2 % pass by chance;
        // at one standard error most would.
        assert!((1..60).contains(&kept), "{kept} of 200 random problems kept their offsets");
    }

    #[test]
    fn no_rows_and_perfect_scores_need_no_offset() {
        assert_eq!(tune(&Scored { experts: 3, scores: &[], costs: &[] }), [0.0; 3]);
        let scores = [1.0, 0.0, 0.0, 1.0];
        let costs = [0.0, 1.0, 1.0, 0.0];
        assert_eq!(tune(&Scored { experts: 2, scores: &scores, costs: &costs }), [0.0; 2]);
    }
}
