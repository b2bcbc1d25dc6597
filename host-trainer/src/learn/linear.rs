//! Penalised linear models of one number, in full precision, along a path of penalties.

use std::ops::ControlFlow;

use crate::arithmetic::optimizer::minimize;
use crate::learn::platt_scaling::{logit, sigmoid};

/// More than such problems need.
const ITERATIONS: usize = 200;

/// What is fitted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Penalized {
    /// Features of a row.
    pub(crate) width: usize,
    /// The log-loss of a probability; otherwise half the squared error of a prediction.
    pub(crate) logistic: bool,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    /// Weights, then the bias.
    parameters: Vec<f64>,
    logistic: bool,
}

impl Model {
    /// The predicted mean of a row.
    pub(crate) fn predict(&self, row: &[f64]) -> f64 {
        let z = value(&self.parameters, row);
        if self.logistic { sigmoid(z) } else { z }
    }

    /// The sum of losses of rows, without the penalty.
    pub(crate) fn loss(&self, features: &[f64], targets: &[f64]) -> f64 {
        let rows = features.chunks_exact(self.parameters.len() - 1).zip(targets);
        rows.map(|(row, &target)| loss(self.logistic, value(&self.parameters, row), target).0).sum()
    }
}

/// Fits a model for each of the `penalties`, which descend, each from where the one before ended:
/// minimises the sum of the rows' losses plus half the penalty times the squared norm of the weights.
/// `features` are row-major.
pub(crate) fn fit_path(
    Penalized { width, logistic }: Penalized,
    features: &[f64],
    targets: &[f64],
    penalties: &[f64],
) -> Vec<Model> {
    let mean = targets.iter().sum::<f64>() / targets.len().max(1) as f64;
    let mut parameters = vec![0.0; width + 1];
    // The optimum without weights, where an endless penalty ends.
    parameters[width] = if logistic { logit(mean) } else { mean };
    let scale = 1.0 / targets.len().max(1) as f64;
    let of_penalty = |&penalty: &f64| {
        let objective = |parameters: &[f64], gradient: &mut [f64]| {
            gradient.fill(0.0);
            let mut sum = 0.0;
            for (row, &target) in features.chunks_exact(width).zip(targets) {
                let (value, slope) = loss(logistic, value(parameters, row), target);
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
        Model { parameters: parameters.clone(), logistic }
    };
    penalties.iter().map(of_penalty).collect()
}

fn value(parameters: &[f64], row: &[f64]) -> f64 {
    let (bias, weights) = parameters.split_last().expect("a bias");
    bias + weights.iter().zip(row).map(|(weight, x)| weight * x).sum::<f64>()
}

/// The loss of a value and its slope.
fn loss(logistic: bool, z: f64, target: f64) -> (f64, f64) {
    if logistic {
        let softplus = z.max(0.0) + libm::log1p(libm::exp(-z.abs()));
        (softplus - target * z, sigmoid(z) - target)
    } else {
        (0.5 * (z - target) * (z - target), z - target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEATURES: [f64; 6] = [-1.0, 0.5, 2.0, -0.5, 1.0, -2.0];
    const TARGETS: [f64; 6] = [0.0, 1.0, 1.0, 0.0, 0.0, 1.0];

    #[test]
    fn ridge_is_the_closed_form() {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (x_mean, y_mean) = (mean(&FEATURES), mean(&TARGETS));
        let products = FEATURES.iter().zip(&TARGETS).map(|(x, y)| (x - x_mean) * (y - y_mean));
        let squares: f64 = FEATURES.iter().map(|x| (x - x_mean).powi(2)).sum();
        let (product, penalized) = (products.sum::<f64>(), Penalized { width: 1, logistic: false });
        let models = fit_path(penalized, &FEATURES, &TARGETS, &[10.0, 0.5]);
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
        let penalized = Penalized { width: 1, logistic: true };
        let models = fit_path(penalized, &FEATURES, &TARGETS, &[1e12, 0.7]);
        assert!((models[0].predict(&[5.0]) - 0.5).abs() < 1e-9);
        let weight = models[1].parameters[0];
        let slopes = FEATURES.iter().zip(&TARGETS).map(|(&x, y)| (models[1].predict(&[x]) - y) * x);
        assert!((slopes.sum::<f64>() + 0.7 * weight).abs() < 1e-5);
        assert!(models[1].loss(&FEATURES, &TARGETS) < models[0].loss(&FEATURES, &TARGETS));
    }
}
