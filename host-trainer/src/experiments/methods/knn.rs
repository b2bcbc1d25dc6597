//! k nearest neighbours: each expert's mean error among the nearest train rows, plus its mean
//! price.
//!
//! The reference that no image can hold: it keeps the whole log. Distances are Euclidean over the
//! standardised features; k is chosen by deferral loss on the calibration rows.

use super::host_method::{HostMethod, Task};
use super::neighbours::Neighbours;
use super::run::Run;
use crate::data::matrix::Matrix;
use crate::data::part::Part;

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
    let of_row = |near: &[usize], numbers: &[usize]| scores(index.part(), &prices, near, numbers);
    index.run(data, of_row, |number| format!("k={number}"))
}

/// For each number of neighbours minus the predicted deferral losses, from the nearest rows of a
/// part: numbers x experts.
fn scores(part: &Part, prices: &[f64], near: &[usize], numbers: &[usize]) -> Matrix<f64> {
    Matrix::from_fn(numbers.len(), prices.len(), |at, k| {
        let near = &near[..numbers[at].min(near.len())];
        let errors = near.iter().map(|&row| f64::from(part.errors()[(row, k)]));
        -(errors.sum::<f64>() / near.len() as f64 + prices[k])
    })
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
        let of = |prices: [f64; 2], number: usize| {
            let of_row = |near: &[usize], numbers: &[usize]| scores(&train, &prices, near, numbers);
            index.scores(&query, &[number], of_row).swap_remove(0)
        };
        let near = of([0.0, 0.1], 5);
        assert_eq!(near.values(), [0.0, -1.1, -1.0, -0.1]);
        // With all rows as neighbours it is the mean of the log.
        let all = of([0.0, 0.0], 1000);
        let mean = (0..300).map(|row| f64::from(train.errors().row(row)[0])).sum::<f64>() / 300.0;
        assert!((all[(0, 0)] + mean).abs() < 1e-12 && all[(0, 0)] == all[(1, 0)]);
    }
}
