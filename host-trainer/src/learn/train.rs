//! Fitting one candidate: standardise, weigh, minimise.

use std::ops::ControlFlow;

use crate::arithmetic::network::Shape;
use crate::arithmetic::optimizer::minimize;
use crate::data::part::Part;
use crate::learn::batch::{Blocks, Standardizer};
use crate::learn::candidate::Candidate;
use crate::learn::fit::Fit;
use crate::learn::objective::Objective;
use crate::learn::platt_scaling::PlattScaling;
use crate::loss::{Rows, Surrogate, WithSurrogate};

/// Fits a candidate on some rows of a part, and shows the network at each of the `checkpoints`
/// (numbers of iterations, ascending). `see` may end the fit there. If the optimiser converges
/// earlier, the remaining checkpoints see the last network.
pub fn fit(
    part: &Part,
    rows: &[usize],
    candidate: &Candidate,
    seed: u64,
    checkpoints: &[usize],
    see: impl FnMut(usize, &Fit) -> ControlFlow<()>,
) {
    let standardizer = Standardizer::fit(part, rows, candidate.ranges, candidate.scaling);
    let gives_probabilities = candidate.loss.gives_probabilities();
    let platt_scaling = gives_probabilities.then(|| PlattScaling::identity(part, rows));
    let training = Training { part, rows, standardizer, platt_scaling, candidate, seed };
    let work = Minimize { training: &training, checkpoints, see };
    with_surrogate(part, rows, candidate, &training.standardizer, work);
}

/// Fits a candidate on some rows of a part for the given number of iterations.
#[must_use]
pub fn fit_for(
    part: &Part,
    rows: &[usize],
    candidate: &Candidate,
    seed: u64,
    iterations: usize,
) -> Fit {
    let mut fitted = None;
    fit(part, rows, candidate, seed, &[iterations], |_, fit| {
        fitted = Some(fit.clone());
        ControlFlow::Break(())
    });
    fitted.expect("the checkpoint is always seen")
}

/// Does something with a candidate's loss on some rows of a part.
pub(crate) fn with_surrogate<W: WithSurrogate>(
    part: &Part,
    rows: &[usize],
    candidate: &Candidate,
    standardizer: &Standardizer,
    work: W,
) -> W::Output {
    let squared_norm = |features: &[f32]| {
        let features = features.iter().enumerate();
        features.map(|(j, &x)| f64::from(standardizer.apply(j, x)).powi(2)).sum::<f64>()
    };
    let rows = Rows::new(part, rows, &squared_norm);
    candidate.loss.with_surrogate(&rows, candidate.tau, work)
}

/// What a fit works on beside its loss.
struct Training<'a> {
    part: &'a Part,
    rows: &'a [usize],
    standardizer: Standardizer,
    platt_scaling: Option<PlattScaling>,
    candidate: &'a Candidate,
    seed: u64,
}

impl Training<'_> {
    fn fit(&self, shape: &Shape, parameters: &[f64]) -> Fit {
        Fit {
            standardizer: self.standardizer.clone(),
            shape: shape.clone(),
            parameters: parameters.to_vec(),
            platt_scaling: self.platt_scaling.clone(),
        }
    }
}

/// Minimises a surrogate loss, and shows the network at each checkpoint.
struct Minimize<'a, F> {
    training: &'a Training<'a>,
    checkpoints: &'a [usize],
    see: F,
}

impl<F: FnMut(usize, &Fit) -> ControlFlow<()>> WithSurrogate for Minimize<'_, F> {
    type Output = ();

    fn run<S: Surrogate<f32>>(self, surrogate: &S, targets: &[f32]) {
        let Self { training, checkpoints, mut see } = self;
        let Training { part, rows, standardizer, candidate, seed, .. } = training;
        let inputs = Blocks::features(part, rows, standardizer);
        let targets = Blocks::of(targets, surrogate.targets_per_row(part.experts()));
        let shape = Shape::new(part.inputs(), &candidate.hidden, part.experts());
        let mut parameters = shape.initial(*seed);
        let mut objective = Objective::new(&shape, &inputs, &targets, surrogate, candidate.l2)
            .with_factors_of_outputs(&candidate.l2_of_experts);
        let mut next = 0;
        minimize(
            &mut parameters,
            checkpoints.last().copied().unwrap_or(0),
            |parameters, gradient| objective.evaluate(parameters, gradient),
            |iteration, parameters| {
                if checkpoints.get(next) != Some(&iteration) {
                    return ControlFlow::Continue(());
                }
                next += 1;
                let flow = see(next - 1, &training.fit(&shape, parameters));
                if flow.is_break() {
                    next = checkpoints.len();
                }
                flow
            },
        );
        for index in next..checkpoints.len() {
            if see(index, &training.fit(&shape, &parameters)).is_break() {
                break;
            }
        }
    }
}
