//! Fitting one candidate: standardise, weigh, minimise.

use std::ops::ControlFlow;

use crate::arithmetic::network::Shape;
use crate::arithmetic::optimizer::minimize;
use crate::data::part::Part;
use crate::learn::batch::{Blocks, Standardizer};
use crate::learn::candidate::Candidate;
use crate::learn::fit::Fit;
use crate::learn::objective::{Objective, scores};
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

/// Numbers of iterations after which a loss that follows the scores is taken at those of the moment.
/// The optimiser begins anew there; later the scores change little.
const FOLLOWED_AT: [usize; 4] = [10, 20, 40, 80];

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
        let blocks = Blocks::of(targets, surrogate.targets_per_row(part.experts()));
        let shape = Shape::new(part.inputs(), &candidate.hidden, part.experts());
        let mut parameters = shape.initial(*seed);
        let last = checkpoints.last().copied().unwrap_or(0);
        let (mut next, mut start) = (0, 0);
        let mut followed: Option<S> = None;
        loop {
            let surrogate = followed.as_ref().unwrap_or(surrogate);
            let stops = FOLLOWED_AT.into_iter().filter(|_| surrogate.follows_scores());
            let stop = stops.chain([last]).find(|&stop| stop > start).unwrap_or(last).min(last);
            let mut objective = Objective::new(&shape, &inputs, &blocks, surrogate, candidate.l2)
                .with_factors_of_outputs(&candidate.l2_of_experts);
            minimize(
                &mut parameters,
                stop - start,
                |parameters, gradient| objective.evaluate(parameters, gradient),
                |iteration, parameters| {
                    if checkpoints.get(next) != Some(&(start + iteration)) {
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
            // Those that an optimiser at its goal never came to.
            while checkpoints.get(next).is_some_and(|&checkpoint| checkpoint <= stop) {
                next += 1;
                if see(next - 1, &training.fit(&shape, &parameters)).is_break() {
                    next = checkpoints.len();
                }
            }
            if stop == last || next == checkpoints.len() {
                break;
            }
            let scores = scores(&shape, &parameters, &inputs);
            followed = surrogate.at_scores(targets, scores.values());
            start = stop;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::{Form, Margins, Mild, RhoRule};

    fn balanced() -> (Part, Candidate) {
        let (_, data) = crate::intake::testing::log(300, 20);
        let margins = Margins { rule: RhoRule::Balance, gamma: 0.5, ..Margins::PLAIN };
        let loss = Mild { form: Form::N, margins }.into();
        (data.train, Candidate { loss, hidden: vec![4], ..Candidate::default() })
    }

    #[test]
    fn a_loss_that_follows_the_scores_goes_its_own_way_from_the_first_stop_on() {
        let (part, following) = balanced();
        let loss = Mild { form: Form::N, margins: Margins::PLAIN }.into();
        let equal = Candidate { loss, ..following.clone() };
        let all: Vec<usize> = (0..part.rows()).collect();
        let of = |candidate: &Candidate, iterations| {
            fit_for(&part, &all, candidate, 1, iterations).parameters
        };
        assert_eq!(of(&following, 10), of(&equal, 10));
        assert_ne!(of(&following, 20), of(&equal, 20));
    }

    #[test]
    fn every_checkpoint_is_seen_once_and_is_what_a_fit_of_so_many_iterations_ends_in() {
        let (part, candidate) = balanced();
        let all: Vec<usize> = (0..part.rows()).collect();
        let checkpoints = [5, 10, 20, 25, 100];
        let mut seen = Vec::new();
        fit(&part, &all, &candidate, 1, &checkpoints, |index, fit| {
            seen.push((index, fit.parameters.clone()));
            ControlFlow::Continue(())
        });
        assert_eq!(seen.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        for (index, parameters) in &seen {
            let alone = fit_for(&part, &all, &candidate, 1, checkpoints[*index]);
            assert_eq!(alone.parameters, *parameters, "{index}");
        }
        let mut count = 0;
        fit(&part, &all, &candidate, 1, &checkpoints, |_, _| {
            count += 1;
            if count == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(count, 3, "nothing is shown after the break");
    }
}
