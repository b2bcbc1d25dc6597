//! A penalty of its own for each expert of a linear network.
//!
//! Where the loss is a sum of terms of one output each, a linear network is as many models as there
//! are experts. How much can be learned of each differs: of an expert that is nearly always right
//! little, of a specialist much. So each has the penalty with the least held-out loss of its own
//! term, which says more on few rows than the deferral loss, a mean of steps. The penalties go from
//! the strongest down, each fit from where the one before ended.

use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::arithmetic::network::Shape;
use crate::arithmetic::optimizer::minimize;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::learn::batch::{Blocks, Standardizer};
use crate::learn::candidate::Candidate;
use crate::learn::objective::{Objective, scores};
use crate::learn::train::with_surrogate;
use crate::loss::{Surrogate, WithSurrogate};

/// The penalties that are tried, as factors of half the squared norm beside a mean loss.
const PENALTIES: [f64; 12] = [30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4];

/// Iterations for each penalty: the one before is near.
const ITERATIONS: usize = 40;

/// The rows of a selection, and how they are held out.
pub(super) struct Folds<'a> {
    pub(super) part: &'a Part,
    /// Rows x experts: the deferral losses.
    pub(super) losses: &'a Matrix<f32>,
    pub(super) fold_of_row: &'a [u8],
    /// The folds that have rows.
    pub(super) used: &'a [u8],
}

/// The candidate with the best penalty for each expert, and the mean held-out loss with them.
/// `done` is called after each fold.
pub(super) fn of_experts(
    folds: &Folds<'_>,
    candidate: &Candidate,
    done: &(dyn Fn() + Sync),
) -> (Candidate, f64) {
    let of_one = candidate.loss.of_one_output().expect("a sum over outputs");
    let experts = folds.part.experts();
    let of_fold = |&fold: &u8| -> Matrix<f64> {
        let (held, fitted): (Vec<usize>, Vec<usize>) =
            (0..folds.part.rows()).partition(|&row| folds.fold_of_row[row] == fold);
        let standardizer =
            Standardizer::fit(folds.part, &fitted, candidate.ranges, candidate.scaling);
        let inputs = Blocks::features(folds.part, &fitted, &standardizer);
        let held_inputs = Blocks::features(folds.part, &held, &standardizer);
        let shape = Shape::new(folds.part.inputs(), &[], experts);
        let path = Path { shape: &shape, inputs: &inputs, held: &held_inputs };
        let outputs = with_surrogate(folds.part, &fitted, candidate, &standardizer, path);
        let mut losses = Matrix::filled(PENALTIES.len(), experts, 0.0);
        for (outputs, losses) in outputs.iter().zip(losses.iter_rows_mut()) {
            for (&row, outputs) in held.iter().zip(outputs.iter_rows()) {
                let (errors, deferral) = (folds.part.errors().row(row), folds.losses.row(row));
                for k in 0..experts {
                    let (error, deferral_loss) = (f64::from(errors[k]), f64::from(deferral[k]));
                    losses[k] += of_one(f64::from(outputs[k]), error, deferral_loss);
                }
            }
        }
        done();
        losses
    };
    let of_folds: Vec<Matrix<f64>> = folds.used.par_iter().map(of_fold).collect();
    let loss = |at: usize, k: usize| -> f64 { of_folds.iter().map(|losses| losses[(at, k)]).sum() };
    // Of equally good ones the strongest, the first.
    let best = |k: usize| {
        let all = (0..PENALTIES.len()).map(|at| (loss(at, k), at));
        all.min_by(|a, b| a.0.total_cmp(&b.0)).expect("a penalty at least")
    };
    let best: Vec<(f64, usize)> = (0..experts).map(best).collect();
    let l2_of_experts = best.iter().map(|&(_, at)| PENALTIES[at]).collect();
    let total = best.iter().map(|&(loss, _)| loss).sum::<f64>();
    (Candidate { l2_of_experts, ..candidate.clone() }, total / folds.part.rows() as f64)
}

/// Fits a linear network for each penalty, and tells the outputs of the rows held out.
struct Path<'a> {
    shape: &'a Shape,
    inputs: &'a Blocks,
    held: &'a Blocks,
}

impl WithSurrogate for Path<'_> {
    type Output = Vec<Matrix<f32>>;

    fn run<S: Surrogate<f32>>(self, surrogate: &S, targets: &[f32]) -> Vec<Matrix<f32>> {
        let Self { shape, inputs, held } = self;
        let targets = Blocks::of(targets, surrogate.targets_per_row(shape.outputs()));
        let mut objective = Objective::new(shape, inputs, &targets, surrogate, 0.0);
        let mut parameters = vec![0.0; shape.parameters()];
        let of_penalty = |&l2: &f64| {
            objective.set_l2(l2);
            let value =
                |parameters: &[f64], gradient: &mut [f64]| objective.evaluate(parameters, gradient);
            minimize(&mut parameters, ITERATIONS, value, |_, _| ControlFlow::Continue(()));
            scores(shape, &parameters, held)
        };
        PENALTIES.iter().map(of_penalty).collect()
    }
}
