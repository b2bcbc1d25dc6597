//! The reference where rows are few: for each expert a penalised linear model of its error.
//!
//! Fitted on all rows that training may see, train and calibration rows together: logistic
//! regression, or ridge regression where errors are not 0 or 1, on standardised features (one-hot
//! inputs of categories included). The penalty is chosen for each expert by the held-out loss of
//! five folds. The expert with the least predicted error plus mean price is taken. No
//! offsets are tuned: no row is left that the models have not seen.
//!
//! It stands for what a data scientist writes in ten lines, and is what `auto` must beat.

use rayon::prelude::*;

use super::host_method::{HostMethod, Task};
use super::run::{Answers, Run, all_rows, without_image};
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::intake::config::Ranges;
use crate::learn::batch::Standardizer;
use crate::learn::candidate::Scaling;
use crate::learn::linear::{Model, Predicts, fit_path};

/// Folds that choose the penalty.
const FOLDS: u8 = 5;

/// Penalties on the sum of losses, from the strongest on: 1 / C for C of 1e-4 to 10.
const PENALTIES: [f64; 11] = [1e4, 3162.0, 1e3, 316.2, 100.0, 31.62, 10.0, 3.162, 1.0, 0.3162, 0.1];

pub(super) const METHODS: &[HostMethod] = &[HostMethod {
    name: "reference-logistic",
    about: "penalised logistic regression of each expert's error on all seen rows",
    uses_confidence: false,
    applies: |_, _| Ok(()),
    run: |task| Ok(run(task)),
}];

fn run(task: &Task<'_>) -> Run {
    let Task { config, data, .. } = task;
    let seen = data.seen();
    let standardizer =
        Standardizer::fit(&seen, &all_rows(seen.rows()), Ranges::default(), Scaling::Each);
    let features = standardized(&seen, &standardizer);
    let fold_of_row = seen.folds(FOLDS, config.train.seed);
    let models: Vec<(Model, f64)> = (0..seen.experts())
        .into_par_iter()
        .map(|k| {
            let errors: Vec<f64> = seen.errors().column(k).map(|&error| f64::from(error)).collect();
            fit(&features, &errors, &fold_of_row)
        })
        .collect();
    let test = standardized(&data.test, &standardizer);
    let prices = data.experts.iter().map(|expert| f64::from(expert.mean_price));
    let models_with_prices: Vec<(&Model, f64)> =
        models.iter().map(|(model, _)| model).zip(prices).collect();
    let scores = Matrix::from_fn(test.rows(), seen.experts(), |row, k| {
        let (model, price) = models_with_prices[k];
        -(model.predict(test.row(row)) + price)
    });
    let offsets = vec![0.0; seen.experts()];
    let penalties: Vec<String> =
        models.iter().map(|(_, penalty)| format!("{:.4}", 1.0 / penalty)).collect();
    let chosen = format!("C={}", penalties.join("/"));
    without_image(chosen, Answers { scores, offsets }, true)
}

/// The model of one expert's error with the penalty of the least held-out loss, and that penalty.
fn fit(features: &Matrix<f64>, errors: &[f64], fold_of_row: &[u8]) -> (Model, f64) {
    let binary = errors.iter().all(|&error| error == 0.0 || error == 1.0);
    let predicts = if binary { Predicts::Probability } else { Predicts::Number };
    let held_out: Vec<Vec<f64>> = (0..FOLDS)
        .into_par_iter()
        .map(|fold| {
            let (held, fitted): (Vec<usize>, Vec<usize>) =
                (0..errors.len()).partition(|&row| fold_of_row[row] == fold);
            let select = |rows: &[usize]| {
                (
                    features.select_rows(rows),
                    rows.iter().map(|&row| errors[row]).collect::<Vec<_>>(),
                )
            };
            let (x, y) = select(&fitted);
            let models = fit_path(predicts, &x, &y, &PENALTIES);
            let (x, y) = select(&held);
            models.iter().map(|model| model.loss(&x, &y)).collect()
        })
        .collect();
    let loss = |at: usize| held_out.iter().map(|fold| fold[at]).sum::<f64>();
    // Of equally good ones the strongest penalty, the first.
    let best = (0..PENALTIES.len()).min_by(|&a, &b| loss(a).total_cmp(&loss(b))).unwrap_or(0);
    let models = fit_path(predicts, features, errors, &PENALTIES[..=best]);
    (models.into_iter().next_back().expect("a penalty at least"), PENALTIES[best])
}

/// Features in standard deviations from their means, in full precision: no device rounds them.
fn standardized(part: &Part, standardizer: &Standardizer) -> Matrix<f64> {
    let Standardizer { means, deviations, .. } = standardizer;
    Matrix::from_fn(part.rows(), part.inputs(), |row, feature| {
        (f64::from(part.row(row)[feature]) - means[feature]) / deviations[feature]
    })
}

#[cfg(test)]
mod tests {
    use crate::experiments::methods::{Contender, run};
    use crate::learn::store::Forgetful;
    use crate::progress::Silent;

    /// `cloud` is cheaper where the second feature is positive, which is all that few rows must
    /// tell.
    #[test]
    fn few_rows_are_enough_for_a_linear_truth() {
        let (config, data) = crate::intake::testing::log(100, 400);
        let contender: Contender = "reference-logistic".parse().unwrap();
        let run = run(contender, &config, &data, &Forgetful, &Silent).unwrap();
        let choices = run.float.choices();
        let loss = data.test.mean_deferral_loss(|row| choices[row]);
        let alone = [0, 1].map(|k| data.test.mean_deferral_loss(|_| k));
        assert!(loss < 0.7 * alone[0].min(alone[1]), "{loss} {alone:?}");
        assert!(run.int8.is_none() && run.chosen.starts_with("C="), "{}", run.chosen);
    }
}
