//! k nearest neighbours: each expert's mean error among the nearest train rows, plus its mean
//! price.
//!
//! The reference that no image can hold: it keeps the whole log. Distances are Euclidean over the
//! standardised features; k is chosen by deferral loss on the calibration rows.

use super::host_method::{HostMethod, Task};
use super::neighbours::Neighbours;
use super::run::{Run, all_rows, host_run};
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::learn::offsets::ScoredRows;

/// Numbers of neighbours tried.
const NEIGHBOURS: [usize; 5] = [5, 15, 50, 150, 500];

pub(super) const METHODS: &[HostMethod] = &[HostMethod {
    name: "knn",
    about: "mean deferral loss of each expert among the nearest train rows",
    uses_confidence: false,
    applies: |_, _| Ok(()),
    run: |task| Ok(run(task)),
}];

fn run(task: &Task<'_>) -> Run {
    let Task { config, data, .. } = task;
    let index = Neighbours::new(&data.train, config.train.seed);
    let prices: Vec<f64> = data.experts.iter().map(|e| f64::from(e.mean_price)).collect();
    let calibration = scores(&index, &data.calibration, &prices, &NEIGHBOURS);
    let deferral_losses = &data.calibration.deferral_losses(&all_rows(data.calibration.rows()));
    let loss = |scores: &Matrix<f64>| -> f64 {
        let scored = ScoredRows { scores, deferral_losses };
        scored.losses(&vec![0.0; prices.len()]).iter().sum()
    };
    let best = (0..NEIGHBOURS.len())
        .min_by(|&a, &b| loss(&calibration[a]).total_cmp(&loss(&calibration[b])))
        .unwrap_or(0);
    let k = NEIGHBOURS[best];
    let test = scores(&index, &data.test, &prices, &[k]).swap_remove(0);
    host_run(format!("k={k}"), data, &calibration[best], test, index.is_sample())
}

/// For each number of neighbours minus the predicted deferral losses, rows x experts.
fn scores(
    index: &Neighbours<'_>,
    part: &Part,
    prices: &[f64],
    neighbours: &[usize],
) -> Vec<Matrix<f64>> {
    let most = neighbours.iter().copied().max().unwrap_or(1);
    let of_row = |near: &[usize]| {
        Matrix::from_fn(neighbours.len(), prices.len(), |k, expert| {
            let near = &near[..neighbours[k].min(near.len())];
            let errors = near.iter().map(|&row| f64::from(index.part().errors()[(row, expert)]));
            -(errors.sum::<f64>() / near.len() as f64 + prices[expert])
        })
    };
    // Neighbours x experts.
    let of_rows: Vec<Matrix<f64>> = index.of_rows(part, most, of_row);
    (0..neighbours.len())
        .map(|at| Matrix::from_fn(part.rows(), prices.len(), |row, k| of_rows[row][(at, k)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::random::Random;
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
        let index = Neighbours::new(&train, 0);
        let mut query = train.subset(&[0, 1]);
        query.edit(|columns| columns.features = vec![-2.0, 2.0]);
        let near = &scores(&index, &query, &[0.0, 0.1], &[5])[0];
        assert_eq!(near.values(), [0.0, -1.1, -1.0, -0.1]);
        // With all rows as neighbours it is the mean of the log.
        let all = &scores(&index, &query, &[0.0, 0.0], &[1000])[0];
        let mean = (0..300).map(|row| f64::from(train.errors().row(row)[0])).sum::<f64>() / 300.0;
        assert!((all[(0, 0)] + mean).abs() < 1e-12 && all[(0, 0)] == all[(1, 0)]);
    }
}
