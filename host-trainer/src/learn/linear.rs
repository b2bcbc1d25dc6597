//! Penalised linear models of one number, in full precision, along a path of penalties.

use std::ops::ControlFlow;

use crate::arithmetic::optimizer::minimize;
use crate::data::matrix::Matrix;
use crate::learn::platt_scaling::{logit, sigmoid};

/// More than such problems need.
const ITERATIONS: usize = 200;

/// What a model predicts, and with it its loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predicts {
    /// A probability: log-loss.
    Probability,
    /// A number: half the squared error.
    Number,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    /// Weights, then the bias.
    parameters: Vec<f64>,
    predicts: Predicts,
}

impl Model {
    /// The predicted mean of a row.
    pub(crate) fn predict(&self, row: &[f64]) -> f64 {
        let z = value(&self.parameters, row);
        match self.predicts {
            Predicts::Probability => sigmoid(z),
            Predicts::Number => z,
        }
    }

    /// The sum of losses of rows, without the penalty.
    pub(crate) fn loss(&self, features: &Matrix<f64>, targets: &[f64]) -> f64 {
        let rows = features.iter_rows().zip(targets);
        rows.map(|(row, &target)| loss(self.predicts, value(&self.parameters, row), target).0).sum()
    }
}

/// Fits a model for each of the `penalties`, which descend, each from where the one before ended:
/// minimises the sum of the rows' losses plus half the penalty times the squared norm of the
/// weights.
pub(crate) fn fit_path(
    predicts: Predicts,
    features: &Matrix<f64>,
    targets: &[f64],
    penalties: &[f64],
) -> Vec<Model> {
    let mean = targets.iter().sum::<f64>() / targets.len().max(1) as f64;
    let width = features.columns();
    let mut parameters = vec![0.0; width + 1];
    // The optimum without weights, where an endless penalty ends.
    parameters[width] = match predicts {
        Predicts::Probability => logit(mean),
        Predicts::Number => mean,
    };
    let scale = 1.0 / targets.len().max(1) as f64;
    let of_penalty = |&penalty: &f64| {
        let objective = |parameters: &[f64], gradient: &mut [f64]| {
            gradient.fill(0.0);
            let mut sum = 0.0;
            for (row, &target) in features.iter_rows().zip(targets) {
                let (value, slope) = loss(predicts, value(parameters, row), target);
                sum += value;
                let (of_bias, of_weights) = gradient.split_last_mut().expect("a bias");
                *of_bias += slope;
                of_weights.iter_mut().zip(row).for_each(|(gradient, x)| *gradient += slope * x);
            }
            for (gradient, weight) in gradient[..width].iter_mut().zip(parameters) {
                sum += 0.5 * penalty * weight * weight;
                *gradient += penalty * weight;
            }
            gradient.iter_mut().for_each(|gradient| *gradient *= scale);
            scale * sum
        };
        minimize(&mut parameters, ITERATIONS, objective, |_, _| ControlFlow::Continue(()));
        Model { parameters: parameters.clone(), predicts }
    };
    penalties.iter().map(of_penalty).collect()
}

fn value(parameters: &[f64], row: &[f64]) -> f64 {
    let (bias, weights) = parameters.split_last().expect("a bias");
    bias + weights.iter().zip(row).map(|(weight, x)| weight * x).sum::<f64>()
}

/// The loss of a value and its slope.
fn loss(predicts: Predicts, z: f64, target: f64) -> (f64, f64) {
    match predicts {
        Predicts::Probability => {
            let softplus = z.max(0.0) + libm::log1p(libm::exp(-z.abs()));
            (softplus - target * z, sigmoid(z) - target)
        }
        Predicts::Number => (0.5 * (z - target) * (z - target), z - target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEATURES: [f64; 6] = [-1.0, 0.5, 2.0, -0.5, 1.0, -2.0];
    const TARGETS: [f64; 6] = [0.0, 1.0, 1.0, 0.0, 0.0, 1.0];

    fn features() -> Matrix<f64> {
        Matrix::new(FEATURES.len(), 1, FEATURES.to_vec()).unwrap()
    }

    #[test]
    fn ridge_is_the_closed_form() {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (x_mean, y_mean) = (mean(&FEATURES), mean(&TARGETS));
        let products = FEATURES.iter().zip(&TARGETS).map(|(x, y)| (x - x_mean) * (y - y_mean));
        let squares: f64 = FEATURES.iter().map(|x| (x - x_mean).powi(2)).sum();
        let product = products.sum::<f64>();
        let models = fit_path(Predicts::Number, &features(), &TARGETS, &[10.0, 0.5]);
        for (model, penalty) in models.iter().zip([10.0, 0.5]) {
            let slope = product / (squares + penalty);
            for x in [-1.0, 3.0] {
                let expected = y_mean + slope * (x - x_mean);
                assert!((model.predict(&[x]) - expected).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_logistic_model_is_where_the_slopes_cancel_and_an_endless_penalty_is_the_mean() {
        let models = fit_path(Predicts::Probability, &features(), &TARGETS, &[1e12, 0.7]);
        assert!((models[0].predict(&[5.0]) - 0.5).abs() < 1e-9);
        let weight = models[1].parameters[0];
        let slopes = FEATURES.iter().zip(&TARGETS).map(|(&x, y)| (models[1].predict(&[x]) - y) * x);
        assert!((slopes.sum::<f64>() + 0.7 * weight).abs() < 1e-5);
        assert!(models[1].loss(&features(), &TARGETS) < models[0].loss(&features(), &TARGETS));
    }
}
