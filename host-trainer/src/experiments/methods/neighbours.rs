//! The nearest train rows of a row: Euclidean over the standardised features; and the choice of how
//! many of them a method asks.

use rayon::prelude::*;

use super::run::{Run, all_rows, host_run};
use crate::arithmetic::random::Random;
use crate::data::dataset::Dataset;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::intake::config::Ranges;
use crate::learn::batch::Standardizer;
use crate::learn::candidate::Scaling;
use crate::learn::offsets::ScoredRows;

/// Train rows kept at most; of more a seeded sample.
const MOST_ROWS: usize = 20_000;

/// Numbers of neighbours tried.
const NUMBERS: [usize; 5] = [5, 15, 50, 150, 500];

/// Train rows that can be asked for the nearest ones.
pub(super) struct Neighbours<'a> {
    part: &'a Part,
    standardizer: Standardizer,
    rows: Vec<usize>,
    /// Standardised features of those rows.
    features: Matrix<f32>,
}

impl<'a> Neighbours<'a> {
    /// Of the rows of a part, or of a seeded sample of many.
    pub(super) fn new(part: &'a Part, seed: u64) -> Self {
        let mut rows = all_rows(part.rows());
        let standardizer = Standardizer::fit(part, &rows, Ranges::default(), Scaling::Each);
        if rows.len() > MOST_ROWS {
            Random::new(seed).shuffle(&mut rows);
            rows.truncate(MOST_ROWS);
        }
        let features = Matrix::from_fn(rows.len(), part.inputs(), |row, feature| {
            standardizer.apply(feature, part.row(rows[row])[feature])
        });
        Self { part, standardizer, rows, features }
    }

    /// The part that neighbours are rows of.
    pub(super) fn part(&self) -> &'a Part {
        self.part
    }

    /// Whether there were too many rows to keep, so that the seed matters.
    fn is_sample(&self) -> bool {
        self.rows.len() < self.part.rows()
    }

    /// A run with the number of neighbours that has the lowest deferral loss on the calibration
    /// rows. `of_row` makes scores of the nearest rows, as for [`scores`](Self::scores); `chosen`
    /// describes the choice.
    pub(super) fn run(
        &self,
        data: &Dataset,
        of_row: impl Fn(&[usize], &[usize]) -> Matrix<f64> + Sync,
        chosen: impl Fn(usize) -> String,
    ) -> Run {
        let calibration = self.scores(&data.calibration, &NUMBERS, &of_row);
        let deferral_losses = &data.calibration.deferral_losses(&all_rows(data.calibration.rows()));
        let no_offsets = vec![0.0; data.experts.len()];
        let loss = |scores: &Matrix<f64>| -> f64 {
            ScoredRows { scores, deferral_losses }.losses(&no_offsets).iter().sum()
        };
        let best = (0..NUMBERS.len())
            .min_by(|&a, &b| loss(&calibration[a]).total_cmp(&loss(&calibration[b])))
            .unwrap_or(0);
        let number = NUMBERS[best];
        let test = self.scores(&data.test, &[number], &of_row).swap_remove(0);
        host_run(chosen(number), data, &calibration[best], test, self.is_sample())
    }

    /// For each of `numbers` of neighbours the scores of a part's rows: rows x experts. `of_row`
    /// makes them for one row, numbers x experts, of its nearest rows (the nearest first) and
    /// `numbers`.
    pub(super) fn scores(
        &self,
        part: &Part,
        numbers: &[usize],
        of_row: impl Fn(&[usize], &[usize]) -> Matrix<f64> + Sync,
    ) -> Vec<Matrix<f64>> {
        let most = numbers.iter().copied().max().unwrap_or(1);
        let of_rows: Vec<Matrix<f64>> = (0..part.rows())
            .into_par_iter()
            .map_init(Vec::new, |distances, row| {
                of_row(&self.nearest(part.row(row), most, distances), numbers)
            })
            .collect();
        let experts = self.part.experts();
        (0..numbers.len())
            .map(|at| Matrix::from_fn(part.rows(), experts, |row, k| of_rows[row][(at, k)]))
            .collect()
    }

    fn nearest(
        &self,
        features: &[f32],
        most: usize,
        distances: &mut Vec<(f32, u32)>,
    ) -> Vec<usize> {
        let features = features.iter().enumerate();
        let query: Vec<f32> = features.map(|(j, &x)| self.standardizer.apply(j, x)).collect();
        distances.clear();
        distances.extend(self.features.iter_rows().zip(0u32..).map(|(row, at)| {
            let squares = row.iter().zip(&query).map(|(a, b)| (a - b) * (a - b));
            (squares.sum::<f32>(), at)
        }));
        // Equal distances are ordered by row, so that the answer does not depend on the sort.
        let by = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let most = most.min(distances.len());
        if most < distances.len() {
            distances.select_nth_unstable_by(most, by);
        }
        distances[..most].sort_unstable_by(by);
        distances[..most].iter().map(|&(_, at)| self.rows[at as usize]).collect()
    }
}
