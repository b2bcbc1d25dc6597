//! What the optimiser minimises: the mean surrogate loss of a network plus an L2 penalty.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::arithmetic::dense::{Forward, ForwardBackward, GROUP, LANES, Lanes, Packed, Pass};
use crate::arithmetic::network::Shape;
use crate::data::matrix::Matrix;
use crate::learn::batch::Blocks;
use crate::loss::Surrogate;

/// Blocks that go forward and backward before the gradients by the weights are summed up over them:
/// few enough to stay in the second cache, and enough that the sums across lanes cost little.
const CHUNK: usize = 16 * GROUP;

/// The most parts that rows are worked on in. What a part is depends on the number of rows alone,
/// so that the order of summation, and with it the result, is the same for any number of threads.
const PARTS: usize = 64;

/// A network's loss over some rows.
pub struct Objective<'a, S> {
    shape: &'a Shape,
    inputs: &'a Blocks,
    targets: &'a Blocks,
    surrogate: &'a S,
    l2: f64,
    /// For each output what its weights in the last layer have in place of `l2`, if they do.
    l2_of_outputs: &'a [f64],
    packed: Packed,
    parts: Vec<Part>,
    /// Memory for passes, one for each thread that ever needed one at a time.
    passes: Mutex<Vec<Pass>>,
}

/// Some of the blocks, and the sums over them.
struct Part {
    blocks: Range<usize>,
    value: f64,
    gradient: Vec<f64>,
}

impl<'a, S: Surrogate<f32>> Objective<'a, S> {
    /// The loss of a network over rows: `inputs` are the network's, `targets` what the loss must
    /// know of each row, `l2` the factor of half the squared norm of the weights (not the biases).
    #[must_use]
    pub fn new(
        shape: &'a Shape,
        inputs: &'a Blocks,
        targets: &'a Blocks,
        surrogate: &'a S,
        l2: f64,
    ) -> Self {
        let parameters = vec![0.0; shape.parameters()];
        let blocks = inputs.len();
        let chunks_of_part = blocks.div_ceil(CHUNK).div_ceil(PARTS).max(1);
        let parts = (0..blocks).step_by(chunks_of_part * CHUNK).map(|start| Part {
            blocks: start..(start + chunks_of_part * CHUNK).min(blocks),
            value: 0.0,
            gradient: parameters.clone(),
        });
        Self {
            shape,
            inputs,
            targets,
            surrogate,
            l2,
            l2_of_outputs: &[],
            packed: Packed::new(shape, &parameters),
            parts: parts.collect(),
            passes: Mutex::default(),
        }
    }

    /// The same with a factor for the weights of each output in the last layer; with none it stays
    /// as it is.
    #[must_use]
    pub fn with_factors_of_outputs(mut self, factors: &'a [f64]) -> Self {
        self.l2_of_outputs = factors;
        self
    }

    /// Puts another factor in place of `l2`, as on a path of penalties.
    pub fn set_l2(&mut self, l2: f64) {
        self.l2 = l2;
    }

    /// The value at these parameters; writes the gradient.
    pub fn evaluate(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        self.packed.fill(parameters);
        let mut parts = std::mem::take(&mut self.parts);
        match &mut parts[..] {
            // Not worth waking a thread.
            [part] => self.sum_over(part),
            parts => parts.par_iter_mut().for_each(|part| self.sum_over(part)),
        }
        gradient.fill(0.0);
        let mut value = 0.0;
        for part in &parts {
            value += part.value;
            for (gradient, part) in gradient.iter_mut().zip(&part.gradient) {
                *gradient += part;
            }
        }
        self.parts = parts;
        let scale = 1.0 / self.inputs.rows.max(1) as f64;
        value *= scale;
        gradient.iter_mut().for_each(|gradient| *gradient *= scale);
        let layers = self.shape.layers();
        let last = layers.len() - 1;
        for (index, layer) in layers.enumerate() {
            for output in 0..layer.outputs {
                let of_output = self.l2_of_outputs.get(output).filter(|_| index == last);
                let l2 = of_output.copied().unwrap_or(self.l2);
                let mut squares = 0.0;
                let start = layer.weights + output * layer.inputs;
                for index in start..start + layer.inputs {
                    squares += parameters[index] * parameters[index];
                    gradient[index] += l2 * parameters[index];
                }
                value += 0.5 * l2 * squares;
            }
        }
        value
    }

    /// Sums of loss and gradient over a part.
    fn sum_over(&self, part: &mut Part) {
        let free = self.passes.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut pass =
            free.unwrap_or_else(|| Pass::new(self.shape, CHUNK.min(self.inputs.len()), true));
        let arch = pulp::Arch::new();
        part.value = 0.0;
        part.gradient.fill(0.0);
        for start in part.blocks.clone().step_by(CHUNK) {
            let end = (start + CHUNK).min(part.blocks.end);
            let value = &mut part.value;
            arch.dispatch(ForwardBackward {
                packed: &self.packed,
                inputs: self.inputs.blocks(start..end),
                pass: &mut pass,
                loss: &mut |group, scores, deltas| {
                    *value += arch.dispatch(GroupLoss {
                        surrogate: self.surrogate,
                        outputs: self.shape.outputs(),
                        targets: self.targets.blocks(start + group.start..start + group.end),
                        scores,
                        deltas,
                    });
                },
                gradient: &mut part.gradient,
            });
        }
        self.passes.lock().unwrap_or_else(PoisonError::into_inner).push(pass);
    }
}

/// The loss of some blocks and its gradient by their scores.
pub(crate) struct GroupLoss<'p, S> {
    pub(crate) surrogate: &'p S,
    /// The network's outputs: scores of a row.
    pub(crate) outputs: usize,
    pub(crate) targets: &'p [Lanes<f32>],
    pub(crate) scores: &'p [Lanes<f32>],
    pub(crate) deltas: &'p mut [Lanes<f32>],
}

impl<S: Surrogate<f32>> pulp::WithSimd for GroupLoss<'_, S> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<V: pulp::Simd>(self, _: V) -> f64 {
        let Self { surrogate, outputs, targets, scores, deltas } = self;
        let targets = targets.chunks_exact(surrogate.targets_per_row(outputs));
        let blocks = targets.zip(scores.chunks_exact(outputs));
        let mut loss = [0.0f32; LANES];
        for ((targets, scores), deltas) in blocks.zip(deltas.chunks_exact_mut(outputs)) {
            surrogate.evaluate(targets, scores, deltas, &mut loss);
        }
        loss.iter().map(|&loss| f64::from(loss)).sum()
    }
}

/// The network's scores of every row, rows x outputs.
#[must_use]
pub fn scores(shape: &Shape, parameters: &[f64], inputs: &Blocks) -> Matrix<f32> {
    let packed = Packed::new(shape, parameters);
    let outputs = shape.outputs();
    let mut scores = vec![0.0; inputs.len() * LANES * outputs];
    scores.par_chunks_mut(CHUNK * LANES * outputs).enumerate().for_each_init(
        || Pass::new(shape, CHUNK.min(inputs.len()), false),
        |pass, (chunk, scores)| {
            let range = chunk * CHUNK..((chunk + 1) * CHUNK).min(inputs.len());
            let inputs = inputs.blocks(range);
            pulp::Arch::new().dispatch(Forward { packed: &packed, inputs, pass });
            let blocks = pass.scores().chunks_exact(outputs);
            for (scores, block) in scores.chunks_exact_mut(LANES * outputs).zip(blocks) {
                for (lane, row) in scores.chunks_exact_mut(outputs).enumerate() {
                    for (score, lanes) in row.iter_mut().zip(block) {
                        *score = lanes[lane];
                    }
                }
            }
        },
    );
    scores.truncate(inputs.rows * outputs);
    Matrix::new(inputs.rows, outputs, scores).expect("as long as the rows")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::random::Random;
    use crate::loss::TwoStage;

    /// Rows beyond one task and not a multiple of the lanes, widths not multiples of the tiles.
    fn problem(hidden: &[usize]) -> (Shape, Blocks, Blocks) {
        let shape = Shape::new(5, hidden, 3);
        let mut random = Random::new(11);
        let rows = CHUNK * LANES + 37;
        let values: Vec<f32> = (0..rows * 8).map(|_| random.normal() as f32).collect();
        let inputs = Blocks::new(rows, 5, |row, i| values[row * 8 + i]);
        let targets = Blocks::new(rows, 3, |row, i| values[row * 8 + 5 + i].abs());
        (shape, inputs, targets)
    }

    #[test]
    fn gradient_matches_finite_differences() {
        for hidden in [&[][..], &[7], &[6, 4]] {
            let (shape, inputs, targets) = problem(hidden);
            let mut objective = Objective::new(&shape, &inputs, &targets, &TwoStage::LOG, 0.01);
            let parameters: Vec<f64> = shape.initial(5).iter().map(|p| p * 2.0 + 0.05).collect();
            let mut gradient = vec![0.0; shape.parameters()];
            objective.evaluate(&parameters, &mut gradient);
            let mut ignored = gradient.clone();
            for index in 0..parameters.len() {
                const STEP: f64 = 4e-3;
                let mut moved = parameters.clone();
                moved[index] += STEP;
                let above = objective.evaluate(&moved, &mut ignored);
                moved[index] -= 2.0 * STEP;
                let below = objective.evaluate(&moved, &mut ignored);
                let difference = (above - below) / (2.0 * STEP);
                assert!(
                    (difference - gradient[index]).abs() < 1e-3,
                    "{hidden:?} parameter {index}: {difference} against {}",
                    gradient[index]
                );
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let (shape, inputs, targets) = problem(&[7]);
        let mut objective = Objective::new(&shape, &inputs, &targets, &TwoStage::LOG, 0.0);
        let parameters = shape.initial(5);
        let mut run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut gradient = vec![0.0; shape.parameters()];
                (objective.evaluate(&parameters, &mut gradient), gradient)
            })
        };
        assert_eq!(run(1), run(4));
    }
}
