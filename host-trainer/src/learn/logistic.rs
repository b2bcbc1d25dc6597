//! Weighted logistic regression: a few parameters, convex, full batch in doubles.

use std::ops::ControlFlow;

use crate::arithmetic::optimizer::minimize;
use crate::data::matrix::Matrix;
use crate::learn::platt_scaling::sigmoid;

/// More than such problems need.
const ITERATIONS: usize = 300;

/// What one row asks of the fitted value `z = weights . x + bias`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Target {
    /// What the value is compared with.
    pub(crate) rival: f64,
    /// Weight of being above it, >= 0.
    pub(crate) above: f64,
    /// Weight of being below it, >= 0.
    pub(crate) below: f64,
}

/// Adds this share of a row's mean weight to both sides of all rows: the fit stays finite where one
/// side is always right, and no row changes sides.
pub(crate) fn pull(targets: &mut [Target], share: f64) {
    let sum: f64 = targets.iter().map(|target| target.above + target.below).sum();
    let pull = share * sum / targets.len().max(1) as f64;
    for target in targets {
        target.above += pull;
        target.below += pull;
    }
}

/// Minimises the mean of `above softplus(rival - z) + below softplus(z - rival)` plus half of `l2`
/// times the squared norm of the weights. Returns the weights, then the bias.
pub(crate) fn fit<X: Copy + Into<f64>>(
    features: &Matrix<X>,
    targets: &[Target],
    l2: f64,
) -> Vec<f64> {
    let mut parameters = vec![0.0; features.columns() + 1];
    let value = |parameters: &[f64], gradient: &mut [f64]| {
        objective(features, targets, l2, parameters, gradient)
    };
    minimize(&mut parameters, ITERATIONS, value, |_, _| ControlFlow::Continue(()));
    parameters
}

fn objective<X: Copy + Into<f64>>(
    features: &Matrix<X>,
    targets: &[Target],
    l2: f64,
    parameters: &[f64],
    gradient: &mut [f64],
) -> f64 {
    gradient.fill(0.0);
    let (bias, weights) = parameters.split_last().expect("a bias at least");
    let (of_bias, of_weights) = gradient.split_last_mut().expect("as long as the parameters");
    let scale = 1.0 / targets.len().max(1) as f64;
    let mut value = 0.0;
    for (row, &Target { rival, above, below }) in features.iter_rows().zip(targets) {
        let sum: f64 = weights.iter().zip(row).map(|(w, &x)| w * x.into()).sum();
        let z = sum + bias - rival;
        let log = libm::log1p(libm::exp(-z.abs()));
        value += scale * (above * (log + (-z).max(0.0)) + below * (log + z.max(0.0)));
        let slope = scale * ((above + below) * sigmoid(z) - above);
        *of_bias += slope;
        for (gradient, &x) in of_weights.iter_mut().zip(row) {
            *gradient += slope * x.into();
        }
    }
    for (gradient, weight) in of_weights.iter_mut().zip(weights) {
        value += 0.5 * l2 * weight * weight;
        *gradient += l2 * weight;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEATURES: [[f32; 2]; 2] = [[0.5, -1.0], [2.0, 0.25]];
    const TARGETS: [Target; 2] = [
        Target { rival: 0.3, above: 0.7, below: 0.1 },
        Target { rival: -1.0, above: 0.0, below: 0.4 },
    ];
    const AT: [f64; 3] = [0.4, -0.2, 0.1];

    fn features(rows: &[[f32; 2]]) -> Matrix<f32> {
        Matrix::new(rows.len(), 2, rows.concat()).unwrap()
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let features = features(&FEATURES);
        let value =
            |at: &[f64], gradient: &mut [f64]| objective(&features, &TARGETS, 0.1, at, gradient);
        let (mut gradient, mut ignored) = ([0.0; 3], [0.0; 3]);
        value(&AT, &mut gradient);
        for index in 0..3 {
            let mut moved = |step: f64| {
                let mut at = AT;
                at[index] += step;
                value(&at, &mut ignored)
            };
            let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((difference - gradient[index]).abs() < 1e-8, "{index}: {difference}");
        }
    }

    #[test]
    fn a_row_twice_is_a_row_of_twice_the_weight() {
        let of = |rows: &[[f32; 2]], targets: &[Target]| {
            let mut gradient = [0.0; 3];
            objective(&features(rows), targets, 0.0, &AT, &mut gradient);
            gradient.map(|g| g * targets.len() as f64)
        };
        let [first, second] = TARGETS;
        let twice = of(&[FEATURES[0], FEATURES[1], FEATURES[0]], &[first, second, first]);
        let heavy = Target { above: 1.4, below: 0.2, ..first };
        for (a, b) in twice.into_iter().zip(of(&FEATURES, &[heavy, second])) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }

    #[test]
    fn a_pull_keeps_what_is_one_sided_finite() {
        let mut targets = [Target { rival: 0.0, above: 1.0, below: 0.0 }; 2];
        pull(&mut targets, 0.01);
        let parameters = fit(&features(&FEATURES), &targets, 1e-3);
        assert!(parameters.iter().all(|p| p.abs() < 10.0) && parameters[2] > 1.0, "{parameters:?}");
        assert!(fit(&features(&[]), &[], 1e-3).iter().all(|&p| p == 0.0));
    }
}
