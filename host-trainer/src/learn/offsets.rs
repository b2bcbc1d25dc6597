//! One additive offset per expert, tuned on the deferral loss itself.
//!
//! Logit adjustment for deferral: after training, `argmax_k (score_k + offset_k)` is tuned by exact
//! coordinate search. Along one offset the mean deferral loss is a step function whose steps are at
//! the rows' score differences, so sorting them gives the best value exactly.
//!
//! Offsets are fitted numbers too: on few rows the best ones fit the noise. They are kept only if
//! they gain more than two standard errors over offsets of 0 on the rows that they were tuned on.

use crate::arithmetic::statistics::paired_difference;
use crate::data::matrix::Matrix;

/// Passes over the coordinates; each is exact, and a second or third one rarely changes anything.
const PASSES: usize = 6;

/// Scores of rows and the deferral loss of each choice, both rows x experts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScoredRows<'a> {
    /// Scores in any unit.
    pub scores: &'a Matrix<f64>,
    /// Error plus price of each expert.
    pub deferral_losses: &'a Matrix<f32>,
}

impl ScoredRows<'_> {
    /// The number of experts.
    fn experts(&self) -> usize {
        self.scores.columns()
    }

    /// The deferral loss of each row under these offsets.
    #[must_use]
    pub(crate) fn losses(&self, offsets: &[f64]) -> Vec<f64> {
        let rows = self.scores.iter_rows().zip(self.deferral_losses.iter_rows());
        rows.map(|(scores, losses)| f64::from(losses[argmax(scores, offsets)])).collect()
    }

    /// Each row's two experts with the highest scores plus offsets; ties go to the lower index.
    fn highest(&self, offsets: &[f64]) -> Vec<[usize; 2]> {
        let of = |scores: &[f64]| {
            let (mut first, mut second) = ((0, f64::NEG_INFINITY), (0, f64::NEG_INFINITY));
            for (k, (score, offset)) in scores.iter().zip(offsets).enumerate() {
                let this = (k, score + offset);
                let (leads, follows) = (this.1 > first.1, this.1 > second.1);
                second = if leads {
                    first
                } else if follows {
                    this
                } else {
                    second
                };
                first = if leads { this } else { first };
            }
            [first.0, second.0]
        };
        self.scores.iter_rows().map(of).collect()
    }
}

/// The expert with the highest score plus offset; ties go to the lower index.
pub(crate) fn argmax(scores: &[f64], offsets: &[f64]) -> usize {
    let (mut best, mut highest) = (0, f64::NEG_INFINITY);
    for (k, (score, offset)) in scores.iter().zip(offsets).enumerate() {
        let value = score + offset;
        // Selects instead of branches, which random scores would mislead.
        best = if value > highest { k } else { best };
        highest = if value > highest { value } else { highest };
    }
    best
}

/// The expert that each row of scores chooses; ties go to the lower index.
#[must_use]
pub(crate) fn choices(scores: &Matrix<f64>, offsets: &[f64]) -> Vec<usize> {
    scores.iter_rows().map(|scores| argmax(scores, offsets)).collect()
}

/// The tuned offsets, the first of them 0; all 0 if they gain no more than two standard errors, or
/// without rows.
#[must_use]
pub(crate) fn tune(scored: &ScoredRows<'_>) -> Vec<f64> {
    tune_or(scored, vec![0.0; scored.experts()])
}

/// The tuned offsets, the first of them 0, if they gain more than two standard errors over others.
#[must_use]
pub(crate) fn tune_or(scored: &ScoredRows<'_>, others: Vec<f64>) -> Vec<f64> {
    let mut search = Search::new(scored);
    search.run();
    let (gain, error) = paired_difference(&scored.losses(&others), &search.losses());
    if gain > 2.0 * error { search.offsets } else { others }
}

/// Offsets for scores that are minus predicted deferral losses, which favour the best single
/// expert: each other one must be predicted to be better by so many standard errors of the mean
/// difference between the two. On few rows a prediction is no surer than that mean; on many the
/// offsets vanish.
#[must_use]
pub(crate) fn in_favour_of_the_best(deferral_losses: &Matrix<f32>, errors: f64) -> Vec<f64> {
    let column =
        |k: usize| -> Vec<f64> { deferral_losses.column(k).map(|&loss| f64::from(loss)).collect() };
    let columns: Vec<Vec<f64>> = (0..deferral_losses.columns()).map(column).collect();
    let sum = |k: usize| columns[k].iter().sum::<f64>();
    let Some(best) = (0..columns.len()).min_by(|&a, &b| sum(a).total_cmp(&sum(b))) else {
        return Vec::new();
    };
    columns.iter().map(|column| -errors * paired_difference(column, &columns[best]).1).collect()
}

/// A coordinate search, from offsets of 0 on.
struct Search<'a> {
    scored: &'a ScoredRows<'a>,
    offsets: Vec<f64>,
    /// The sum of the rows' losses.
    total: f64,
    /// Each row's two highest scores plus offsets, so that whichever expert is looked at, its rival
    /// is known.
    highest: Vec<[usize; 2]>,
    /// Whether some other offset has changed since the expert's own was the best one.
    open: Vec<bool>,
    /// Room for one coordinate's steps.
    steps: Steps,
}

impl<'a> Search<'a> {
    fn new(scored: &'a ScoredRows<'a>) -> Self {
        let offsets = vec![0.0; scored.experts()];
        let highest = scored.highest(&offsets);
        let open = vec![true; scored.experts()];
        let mut search =
            Self { scored, offsets, total: 0.0, highest, open, steps: Steps::default() };
        search.total = search.losses().iter().sum();
        search
    }

    fn run(&mut self) {
        for _ in 0..PASSES {
            let mut gained = false;
            for k in 1..self.scored.experts() {
                gained |= self.improve(k);
            }
            if !gained {
                break;
            }
        }
    }

    /// The loss of each row.
    fn losses(&self) -> Vec<f64> {
        let rows = self.scored.deferral_losses.iter_rows().zip(&self.highest);
        rows.map(|(losses, &[first, _])| f64::from(losses[first])).collect()
    }

    /// Gives expert `k` its best offset beside the others' if that gains anything.
    fn improve(&mut self, k: usize) -> bool {
        if !std::mem::replace(&mut self.open[k], false) {
            return false;
        }
        let offset = self.best_offset(k);
        let reached = self.total_with(k, offset);
        // Smaller gains than this are rounding.
        if reached >= self.total - 1e-9 {
            return false;
        }
        self.total = reached;
        self.offsets[k] = offset;
        self.highest = self.scored.highest(&self.offsets);
        self.open.fill(true);
        self.open[k] = false;
        true
    }

    /// Each row's scores and deferral losses, and the highest of all experts but `k`.
    fn rivals(&self, k: usize) -> impl Iterator<Item = (&[f64], &[f32], usize)> {
        let ScoredRows { scores, deferral_losses } = *self.scored;
        let rows = scores.iter_rows().zip(deferral_losses.iter_rows());
        rows.zip(&self.highest).map(move |((scores, losses), &[first, second])| {
            (scores, losses, if first == k { second } else { first })
        })
    }

    /// The sum of the rows' losses with another offset of expert `k`.
    fn total_with(&self, k: usize, offset: f64) -> f64 {
        let chosen = self.rivals(k).map(|(scores, losses, rival)| {
            let (own, other) = (scores[k] + offset, scores[rival] + self.offsets[rival]);
            let wins = own > other || (own == other && k < rival);
            f64::from(losses[if wins { k } else { rival }])
        });
        chosen.sum()
    }

    /// The best offset of expert `k` given the others: the middle of the best interval between
    /// neighbouring steps; of equally good ones the interval nearest to the present offset.
    fn best_offset(&mut self, k: usize) -> f64 {
        let mut steps = std::mem::take(&mut self.steps);
        steps.set(self.rivals(k).map(|(scores, losses, rival)| {
            let turn = scores[rival] + self.offsets[rival] - scores[k];
            (turn, f64::from(losses[k]) - f64::from(losses[rival]))
        }));
        let best = steps.best(self.offsets[k]);
        self.steps = steps;
        best
    }
}

/// The steps of the loss along one offset.
#[derive(Default)]
struct Steps {
    /// The offset at which each row changes to the expert, and by how much its loss then changes.
    crossings: Vec<(f64, f64)>,
    /// The rows in the order of their crossings: a key that is ordered as the crossing is, then the
    /// row, which fixes the order of equal crossings and with it the last digits of their sums.
    order: Vec<u128>,
}

impl Steps {
    fn set(&mut self, crossings: impl Iterator<Item = (f64, f64)>) {
        self.crossings.clear();
        self.crossings.extend(crossings);
        self.order.clear();
        let keys = self.crossings.iter().enumerate();
        self.order.extend(
            keys.map(|(row, &(crossing, _))| u128::from(ordered(crossing)) << 64 | row as u128),
        );
        self.order.sort_unstable();
    }

    /// In order.
    fn get(&self, index: usize) -> Option<(f64, f64)> {
        self.order.get(index).map(|&key| self.crossings[key as u64 as usize])
    }

    fn best(&self, present: f64) -> f64 {
        let (Some((first, _)), Some((last, _))) =
            (self.get(0), self.get(self.order.len().wrapping_sub(1)))
        else {
            return present;
        };
        // Beyond all steps: by a little more than the whole range, so that new rows fall inside
        // too.
        let beyond = 0.5 * (last - first) + 1e-3 * first.abs().max(last.abs()) + 1e-6;
        let mut best = (0.0, first - beyond);
        let mut change = 0.0;
        let mut index = 0;
        while let Some((turn, by)) = self.get(index) {
            change += by;
            index += 1;
            let mut next = self.get(index);
            while let Some((_, by)) = next.filter(|&(at, _)| at == turn) {
                change += by;
                index += 1;
                next = self.get(index);
            }
            let middle = next.map_or(turn + beyond, |(next, _)| 0.5 * (turn + next));
            let nearer = (middle - present).abs() < (best.1 - present).abs();
            if change < best.0 - 1e-9 || (change < best.0 + 1e-9 && nearer) {
                best = (change.min(best.0), middle);
            }
        }
        best.1
    }
}

/// A whole number in the order of [`f64::total_cmp`].
fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if value.is_sign_negative() { !bits } else { bits | 1 << 63 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::random::Random;

    fn matrix<T>(rows: usize, columns: usize, mut value: impl FnMut() -> T) -> Matrix<T> {
        let values = (0..rows * columns).map(|_| value()).collect();
        Matrix::new(rows, columns, values).unwrap()
    }

    #[test]
    fn the_favour_of_the_best_is_in_standard_errors_and_shrinks_with_the_rows() {
        // Expert 1 is better in the mean; they differ by 0.1 give or take 0.2.
        let losses = |rows: usize| {
            Matrix::from_fn(rows, 2, |row, k| [0.6, if row % 2 == 0 { 0.3 } else { 0.7 }][k])
        };
        for rows in [100, 400] {
            let offsets = in_favour_of_the_best(&losses(rows), 0.5);
            let expected = -0.5 * 0.2 / (rows as f64).sqrt();
            assert!((offsets[0] - expected).abs() < 1e-6 && offsets[1] == 0.0, "{offsets:?}");
        }
        assert_eq!(in_favour_of_the_best(&losses(100), 0.0), [0.0, 0.0]);
        let (scores, losses) = (Matrix::filled(1, 2, 0.0), Matrix::filled(1, 2, 0.5));
        let one = ScoredRows { scores: &scores, deferral_losses: &losses };
        assert_eq!(tune_or(&one, vec![-0.1, 0.0]), [-0.1, 0.0], "nothing is gained by tuning");
    }

    #[test]
    fn never_raises_the_loss_and_beats_a_fine_grid() {
        let mut random = Random::new(9);
        for _ in 0..20 {
            let scores = matrix(150, 2, || random.normal());
            let losses = matrix(150, 2, || random.below(2) as f32 + 0.1);
            let scored = ScoredRows { scores: &scores, deferral_losses: &losses };
            let total = |offsets: &[f64]| scored.losses(offsets).iter().sum::<f64>();
            let mut search = Search::new(&scored);
            search.run();
            let tuned = total(&search.offsets);
            assert!((tuned - search.total).abs() < 1e-9);
            for step in -600..600 {
                let offset = f64::from(step) * 0.01;
                assert!(tuned <= total(&[0.0, offset]) + 1e-9, "offset {offset} is better");
            }
        }
    }

    #[test]
    fn no_single_offset_can_be_bettered_and_the_rivals_are_the_right_ones() {
        let mut random = Random::new(21);
        for experts in [1, 2, 3, 5] {
            // Few values, so that there are ties.
            let scores = matrix(200, experts, || random.below(7) as f64);
            let losses = matrix(200, experts, || random.uniform() as f32);
            let scored = ScoredRows { scores: &scores, deferral_losses: &losses };
            let total = |offsets: &[f64]| scored.losses(offsets).iter().sum::<f64>();
            let mut search = Search::new(&scored);
            search.run();
            assert_eq!(search.losses(), scored.losses(&search.offsets));
            for k in 1..experts {
                for step in -60..60 {
                    let mut other = search.offsets.clone();
                    other[k] = 0.13 * f64::from(step);
                    let reached = total(&other);
                    assert!((search.total_with(k, other[k]) - reached).abs() < 1e-9);
                    assert!(search.total <= reached + 1e-8, "{k}: {other:?} is better");
                }
            }
        }
    }

    #[test]
    fn keys_are_in_the_order_of_the_values() {
        let values = [f64::NEG_INFINITY, -2.5, -1e-300, -0.0, 0.0, 1e-300, 2.5, f64::INFINITY];
        assert!(values.windows(2).all(|pair| ordered(pair[0]) < ordered(pair[1])));
    }

    #[test]
    fn useless_scores_end_in_the_best_single_expert() {
        let mut random = Random::new(10);
        let scores = matrix(300, 3, || random.uniform());
        let losses = Matrix::from_fn(300, 3, |_, k| [0.9, 0.2, 0.5][k]);
        let scored = ScoredRows { scores: &scores, deferral_losses: &losses };
        assert!(choices(&scores, &tune(&scored)).iter().all(|&choice| choice == 1));
    }

    #[test]
    fn gains_within_the_noise_are_not_taken() {
        let mut random = Random::new(12);
        let mut kept = 0;
        for _ in 0..200 {
            let scores = matrix(300, 2, || random.normal());
            let losses = matrix(300, 2, || random.below(2) as f32);
            let tuned = tune(&ScoredRows { scores: &scores, deferral_losses: &losses });
            kept += usize::from(tuned != [0.0; 2]);
        }
        // The search takes the best of many cuts, so more than the one-sided 2 % pass by chance;
        // at one standard error most would.
        assert!((1..60).contains(&kept), "{kept} of 200 random problems kept their offsets");
    }

    #[test]
    fn no_rows_and_perfect_scores_need_no_offset() {
        let (scores, losses) = (Matrix::filled(0, 3, 0.0), Matrix::filled(0, 3, 0.0));
        assert_eq!(tune(&ScoredRows { scores: &scores, deferral_losses: &losses }), [0.0; 3]);
        let scores = Matrix::new(2, 2, vec![1.0, 0.0, 0.0, 1.0]).unwrap();
        let losses = Matrix::new(2, 2, vec![0.0, 1.0, 1.0, 0.0]).unwrap();
        assert_eq!(tune(&ScoredRows { scores: &scores, deferral_losses: &losses }), [0.0; 2]);
    }
}
