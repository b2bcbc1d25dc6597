//! k nearest neighbours: each expert's mean error among the nearest train rows, plus its mean
//! price.
//!
//! The reference that no image can hold: it keeps the whole log. Distances are Euclidean over the
//! standardised features; k is chosen by deferral loss on the calibration rows.

use rayon::prelude::*;

use super::host_method::{HostMethod, Task};
use super::run::{Run, all_rows, host_run};
use crate::arithmetic::random::Random;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::intake::config::Ranges;
use crate::learn::batch::Standardizer;
use crate::learn::candidate::Scaling;
use crate::learn::offsets::ScoredRows;

/// Numbers of neighbours tried.
const NEIGHBOURS: [usize; 5] = [5, 15, 50, 150, 500];

/// Train rows kept at most; of more a seeded sample.
const MOST_ROWS: usize = 20_000;

pub(super) const METHODS: &[HostMethod] = &[HostMethod {
    name: "knn",
    about: "mean deferral loss of each expert among the nearest train rows",
    uses_confidence: false,
    applies: |_, _| Ok(()),
    run: |task| Ok(run(task)),
}];

fn run(task: &Task<'_>) -> Run {
    let Task { config, data, .. } = task;
    let index = Index::new(&data.train, config.train.seed);
    let prices: Vec<f64> = data.experts.iter().map(|e| f64::from(e.mean_price)).collect();
    let calibration = index.scores(&data.calibration, &prices, &NEIGHBOURS);
    let deferral_losses = &data.calibration.deferral_losses(&all_rows(data.calibration.rows()));
    let loss = |scores: &Matrix<f64>| -> f64 {
        let scored = ScoredRows { scores, deferral_losses };
        scored.losses(&vec![0.0; prices.len()]).iter().sum()
    };
    let best = (0..NEIGHBOURS.len())
        .min_by(|&a, &b| loss(&calibration[a]).total_cmp(&loss(&calibration[b])))
        .unwrap_or(0);
    let k = NEIGHBOURS[best];
    let test = index.scores(&data.test, &prices, &[k]).swap_remove(0);
    host_run(format!("k={k}"), data, &calibration[best], test, data.train.rows() > MOST_ROWS)
}

/// Train rows that can be asked for the nearest ones.
struct Index<'a> {
    part: &'a Part,
    standardizer: Standardizer,
    rows: Vec<usize>,
    /// Standardised features of those rows.
    features: Matrix<f32>,
}

impl<'a> Index<'a> {
    fn new(part: &'a Part, seed: u64) -> Self {
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

    /// For each number of neighbours minus the predicted deferral losses, rows x experts.
    fn scores(&self, part: &Part, prices: &[f64], neighbours: &[usize]) -> Vec<Matrix<f64>> {
        // Neighbours x experts.
        let of_rows: Vec<Matrix<f64>> = (0..part.rows())
            .into_par_iter()
            .map_init(Vec::new, |distances, row| {
                self.of_row(part.row(row), prices, neighbours, distances)
            })
            .collect();
        (0..neighbours.len())
            .map(|at| Matrix::from_fn(part.rows(), prices.len(), |row, k| of_rows[row][(at, k)]))
            .collect()
    }

    fn of_row(
        &self,
        features: &[f32],
        prices: &[f64],
        neighbours: &[usize],
        distances: &mut Vec<(f32, u32)>,
    ) -> Matrix<f64> {
        let features = features.iter().enumerate();
        let query: Vec<f32> = features.map(|(j, &x)| self.standardizer.apply(j, x)).collect();
        distances.clear();
        distances.extend(self.features.iter_rows().zip(0u32..).map(|(row, at)| {
            let squares = row.iter().zip(&query).map(|(a, b)| (a - b) * (a - b));
            (squares.sum::<f32>(), at)
        }));
        // Equal distances are ordered by row, so that the answer does not depend on the sort.
        let by = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let most = neighbours.iter().copied().max().unwrap_or(1).min(distances.len());
        if most < distances.len() {
            distances.select_nth_unstable_by(most, by);
        }
        distances[..most].sort_unstable_by(by);
        Matrix::from_fn(neighbours.len(), prices.len(), |k, expert| {
            let near = &distances[..neighbours[k].min(most)];
            let errors = near
                .iter()
                .map(|&(_, at)| f64::from(self.part.errors()[(self.rows[at as usize], expert)]));
            -(errors.sum::<f64>() / near.len() as f64 + prices[expert])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::part::PartColumns;

    /// Expert 1 is right where the feature is positive, expert 0 elsewhere.
    fn part(rows: usize, seed: u64) -> Part {
        let mut random = Random::new(seed);
        let features: Vec<f32> = (0..rows).map(|_| random.normal() as f32).collect();
        let errors =
            features.iter().flat_map(|&x| if x > 0.0 { [1.0, 0.0] } else { [0.0, 1.0] }).collect();
        let prices = (0..rows).flat_map(|_| [0.0, 0.1]).collect();
        PartColumns {
            rows,
            inputs: 1,
            experts: 2,
            features,
            errors,
            prices,
            ..PartColumns::default()
        }
        .padded()
    }

    #[test]
    fn predicted_errors_are_the_means_over_the_neighbours() {
        let train = part(300, 1);
        let index = Index::new(&train, 0);
        let mut query = train.subset(&[0, 1]);
        query.edit(|columns| columns.features = vec![-2.0, 2.0]);
        let scores = &index.scores(&query, &[0.0, 0.1], &[5])[0];
        assert_eq!(scores.values(), [0.0, -1.1, -1.0, -0.1]);
        // With all rows as neighbours it is the mean of the log.
        let all = &index.scores(&query, &[0.0, 0.0], &[1000])[0];
        let mean = (0..300).map(|row| f64::from(train.errors().row(row)[0])).sum::<f64>() / 300.0;
        assert!((all[(0, 0)] + mean).abs() < 1e-12 && all[(0, 0)] == all[(1, 0)]);
    }
}
