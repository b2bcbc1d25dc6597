//! Limited-memory BFGS: few, full-batch steps suit networks of this size.
//!
//! Source: Nocedal and Wright, "Numerical Optimization", algorithms 7.4 and 7.5, with a
//! backtracking line search under the weak Wolfe conditions (Lewis and Overton 2013), whose
//! bisection needs no interpolation and copes with the kinks of ReLU.

use std::collections::VecDeque;
use std::ops::ControlFlow;

/// Pairs of steps and gradient changes that are remembered.
const MEMORY: usize = 12;

/// Evaluations of one line search.
const LINE_SEARCH: usize = 25;

/// Minimises a function from `parameters` on and leaves the best point there.
///
/// `function` returns the value and writes the gradient. `observe` sees the number of finished
/// iterations and the point, before the first and after each iteration, and may end the search. It
/// also ends when no line search makes progress, or after `iterations`. Returns the iterations
/// made.
pub(crate) fn minimize(
    parameters: &mut Vec<f64>,
    iterations: usize,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
    mut observe: impl FnMut(usize, &[f64]) -> ControlFlow<()>,
) -> usize {
    let size = parameters.len();
    let mut gradient = vec![0.0; size];
    let mut value = function(parameters, &mut gradient);
    let mut history: VecDeque<Pair> = VecDeque::with_capacity(MEMORY);
    if observe(0, parameters).is_break() {
        return 0;
    }
    for iteration in 0..iterations {
        let mut direction =
            pulp::Arch::new().dispatch(NewtonDirection { history: &history, gradient: &gradient });
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 || !slope.is_finite() {
            history.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = -dot(&gradient, &gradient);
        }
        if slope.abs() <= 1e-14 || !slope.is_finite() {
            return iteration;
        }
        // The first step has no curvature to go by: move by 1 in all at most.
        let start = if history.is_empty() { (1.0 / slope.abs().sqrt()).min(1.0) } else { 1.0 };
        let Some(step) = line_search(parameters, value, slope, &direction, start, &mut function)
        else {
            if history.is_empty() {
                return iteration;
            }
            // The curvature misled: try once more from steepest descent.
            history.clear();
            continue;
        };
        let moved = step.point.iter().zip(parameters.iter()).map(|(a, b)| a - b).collect();
        let change = step.gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        remember(&mut history, moved, change);
        *parameters = step.point;
        gradient = step.gradient;
        value = step.value;
        if observe(iteration + 1, parameters).is_break() {
            return iteration + 1;
        }
    }
    iterations
}

struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    inverse_curvature: f64,
}

fn remember(history: &mut VecDeque<Pair>, step: Vec<f64>, change: Vec<f64>) {
    let curvature = dot(&step, &change);
    // Without positive curvature the pair would spoil the approximation.
    if curvature <= 1e-10 * dot(&change, &change) {
        return;
    }
    if history.len() == MEMORY {
        history.pop_front();
    }
    history.push_back(Pair { step, change, inverse_curvature: 1.0 / curvature });
}

/// The two-loop recursion: minus the approximate inverse Hessian times the gradient.
struct NewtonDirection<'p> {
    history: &'p VecDeque<Pair>,
    gradient: &'p [f64],
}

impl pulp::WithSimd for NewtonDirection<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with_simd<V: pulp::Simd>(self, _: V) -> Vec<f64> {
        let Self { history, gradient } = self;
        let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut alphas = [0.0; MEMORY];
        for (pair, alpha) in history.iter().zip(&mut alphas).rev() {
            *alpha = pair.inverse_curvature * dot(&pair.step, &q);
            add_scaled(&mut q, -*alpha, &pair.change);
        }
        if let Some(last) = history.back() {
            let scale = 1.0 / (last.inverse_curvature * dot(&last.change, &last.change));
            q.iter_mut().for_each(|q| *q *= scale);
        }
        for (pair, alpha) in history.iter().zip(alphas) {
            let beta = pair.inverse_curvature * dot(&pair.change, &q);
            add_scaled(&mut q, alpha - beta, &pair.step);
        }
        q
    }
}

struct Step {
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

fn line_search(
    from: &[f64],
    value: f64,
    slope: f64,
    direction: &[f64],
    start: f64,
    function: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Option<Step> {
    const DECREASE: f64 = 1e-4;
    const CURVATURE: f64 = 0.9;
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut length = start;
    let mut best: Option<Step> = None;
    for _ in 0..LINE_SEARCH {
        let point: Vec<f64> = from.iter().zip(direction).map(|(x, d)| x + length * d).collect();
        let mut gradient = vec![0.0; from.len()];
        let reached = function(&point, &mut gradient);
        // A value that is not a number is no decrease either.
        if reached.is_nan() || reached > value + DECREASE * length * slope {
            high = length;
        } else {
            let flat = dot(&gradient, direction) >= CURVATURE * slope;
            best = Some(Step { point, value: reached, gradient });
            if flat {
                return best;
            }
            low = length;
        }
        length = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * low };
    }
    best
}

/// Sums that [`dot`] keeps side by side. Fixed, so that the result does not depend on the host's
/// vectors.
const DOT_LANES: usize = 16;

#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_chunks, a_rest) = a.as_chunks::<DOT_LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<DOT_LANES>();
    let mut sums = [0.0; DOT_LANES];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..DOT_LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

#[inline(always)]
fn add_scaled(to: &mut [f64], factor: f64, from: &[f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_minimum_of_rosenbrocks_valley() {
        let mut point = vec![-1.2, 1.0];
        let iterations = minimize(
            &mut point,
            200,
            |x, gradient| {
                let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
                gradient[0] = -2.0 * a - 400.0 * x[0] * b;
                gradient[1] = 200.0 * b;
                a * a + 100.0 * b * b
            },
            |_, _| ControlFlow::Continue(()),
        );
        assert!((point[0] - 1.0).abs() < 1e-5 && (point[1] - 1.0).abs() < 1e-5, "{point:?}");
        assert!(iterations < 100, "{iterations}");
    }

    #[test]
    fn never_goes_uphill_and_can_be_stopped() {
        let mut point = vec![3.0, -2.0, 0.5];
        let mut values = Vec::new();
        let iterations = minimize(
            &mut point,
            100,
            |x, gradient| {
                gradient.iter_mut().zip(x).for_each(|(g, x)| *g = x.signum() + 0.2 * x);
                x.iter().map(|x| x.abs() + 0.1 * x * x).sum()
            },
            |iteration, x| {
                values.push(x.iter().map(|x| x.abs() + 0.1 * x * x).sum::<f64>());
                if iteration == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert!(iterations <= 3);
        assert!(values.windows(2).all(|pair| pair[1] <= pair[0]), "{values:?}");
    }
}
