//! What the optimiser minimises: the mean surrogate loss of a network plus an L2 penalty.

use std::ops::Range;

use rayon::prelude::*;

use crate::batch::Blocks;
use crate::loss::{LANES, Lanes, Surrogate};
use crate::network::{Shape, backward_dense, forward};

/// Blocks that one pass of forward and backward keeps in cache.
const CHUNK: usize = 8;

/// Blocks whose gradients one task sums up. Fixed, so that the order of summation, and with it the
/// result, is the same for any number of threads.
const TASK: usize = 32 * CHUNK;

/// A network's loss over some rows.
pub struct Objective<'a, S> {
    /// The network.
    pub shape: &'a Shape,
    /// Its inputs.
    pub inputs: &'a Blocks,
    /// What the loss must know of each row.
    pub targets: &'a Blocks,
    /// The loss.
    pub surrogate: &'a S,
    /// The factor of half the squared norm of the weights (not the biases).
    pub l2: f64,
}

impl<S: Surrogate<f32>> Objective<'_, S> {
    /// The value at these parameters; writes the gradient.
    pub fn evaluate(&self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let narrow: Vec<f32> = parameters.iter().map(|&p| p as f32).collect();
        let blocks = self.inputs.len();
        let tasks: Vec<Range<usize>> =
            (0..blocks).step_by(TASK).map(|start| start..(start + TASK).min(blocks)).collect();
        let sums: Vec<(f64, Vec<f64>)> =
            tasks.into_par_iter().map(|range| self.sum_over(&narrow, range)).collect();
        gradient.fill(0.0);
        let mut value = 0.0;
        for (part_value, part_gradient) in sums {
            value += part_value;
            for (gradient, part) in gradient.iter_mut().zip(part_gradient) {
                *gradient += part;
            }
        }
        let scale = 1.0 / self.inputs.rows.max(1) as f64;
        value *= scale;
        gradient.iter_mut().for_each(|gradient| *gradient *= scale);
        for layer in self.shape.layers() {
            for index in layer.weights..layer.biases {
                value += 0.5 * self.l2 * parameters[index] * parameters[index];
                gradient[index] += self.l2 * parameters[index];
            }
        }
        value
    }

    /// Sums of loss and gradient over a range of blocks.
    fn sum_over(&self, parameters: &[f32], range: Range<usize>) -> (f64, Vec<f64>) {
        let mut value = 0.0;
        let mut gradient = vec![0.0; parameters.len()];
        let mut pass = Pass::new(self.shape);
        let arch = pulp::Arch::new();
        let mut start = range.start;
        while start < range.end {
            let end = (start + CHUNK).min(range.end);
            value += arch.dispatch(ChunkPass {
                objective: self,
                pass: &mut pass,
                parameters,
                range: start..end,
            });
            for (sum, &part) in gradient.iter_mut().zip(&pass.gradient) {
                *sum += f64::from(part);
            }
            start = end;
        }
        (value, gradient)
    }
}

/// The memory of one pass.
struct Pass {
    activations: Vec<Lanes<f32>>,
    deltas: Vec<Lanes<f32>>,
    gradient: Vec<f32>,
}

impl Pass {
    fn new(shape: &Shape) -> Self {
        let lanes = vec![[0.0; LANES]; shape.activations() * CHUNK];
        Self { activations: lanes.clone(), deltas: lanes, gradient: vec![0.0; shape.parameters()] }
    }
}

/// Forward, loss and backward over one chunk, compiled for each kind of vector unit.
struct ChunkPass<'p, 'a, S> {
    objective: &'p Objective<'a, S>,
    pass: &'p mut Pass,
    parameters: &'p [f32],
    range: Range<usize>,
}

impl<S: Surrogate<f32>> pulp::WithSimd for ChunkPass<'_, '_, S> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<V: pulp::Simd>(self, _: V) -> f64 {
        let Self { objective, pass, parameters, range } = self;
        let Objective { shape, inputs, targets, surrogate, .. } = objective;
        let per_block = shape.activations();
        let outputs = shape.outputs();
        let mut loss = [0.0f32; LANES];
        for (slot, block) in range.clone().enumerate() {
            let activations = &mut pass.activations[slot * per_block..][..per_block];
            let deltas = &mut pass.deltas[slot * per_block..][..per_block];
            forward(shape, parameters, inputs.block(block), activations);
            let hidden = per_block - outputs;
            surrogate.evaluate(
                targets.block(block),
                &activations[hidden..],
                &mut deltas[hidden..],
                &mut loss,
            );
            backward(shape, parameters, activations, deltas);
        }
        for (index, layer) in shape.layers_inline().enumerate() {
            // Where this layer's units lie among the activations, and those that feed it.
            let to = offset(shape, index);
            let from = if index == 0 { 0 } else { offset(shape, index - 1) };
            let tile = Tile {
                blocks: range.len(),
                inputs: layer.inputs,
                input: |slot: usize| {
                    if index == 0 {
                        inputs.block(range.start + slot)
                    } else {
                        &pass.activations[slot * per_block + from..][..layer.inputs]
                    }
                },
                delta: |slot: usize| &pass.deltas[slot * per_block + to..][..layer.outputs],
            };
            let (weights, rest) =
                pass.gradient[layer.weights..].split_at_mut(layer.inputs * layer.outputs);
            tile.weights(weights, layer.outputs);
            tile.biases(&mut rest[..layer.outputs]);
        }
        loss.iter().map(|&loss| f64::from(loss)).sum()
    }
}

/// The first unit of a layer's outputs among the activations of a block.
#[inline(always)]
fn offset(shape: &Shape, layer: usize) -> usize {
    shape.layers_inline().take(layer).map(|layer| layer.outputs).sum()
}

/// From the gradient by the scores, at the end of `deltas`, to that by all units before.
#[inline(always)]
fn backward(
    shape: &Shape,
    parameters: &[f32],
    activations: &[Lanes<f32>],
    deltas: &mut [Lanes<f32>],
) {
    let hidden = shape.hidden().len();
    for index in (0..hidden).rev() {
        let from = offset(shape, index + 1);
        let to = offset(shape, index);
        let Some(layer) = shape.layers_inline().nth(index + 1) else { return };
        let (before, after) = deltas.split_at_mut(from);
        backward_dense(
            &parameters[layer.weights..layer.biases],
            &after[..layer.outputs],
            &activations[to..from],
            &mut before[to..from],
        );
    }
}

/// Sums of products of deltas and inputs over the blocks of a chunk.
struct Tile<I, D> {
    blocks: usize,
    inputs: usize,
    input: I,
    delta: D,
}

/// Lanes of the register tiles: the two halves of a block are added to the same sums.
const HALF: usize = LANES / 2;

impl<'t, I, D> Tile<I, D>
where
    I: Fn(usize) -> &'t [Lanes<f32>],
    D: Fn(usize) -> &'t [Lanes<f32>],
{
    /// The gradient by all weights, a tile of 4 outputs by 3 inputs at a time.
    #[inline(always)]
    fn weights(&self, gradient: &mut [f32], outputs: usize) {
        let mut output = 0;
        while output < outputs {
            if outputs - output >= 4 {
                self.row_of_tiles::<4>(gradient, output);
                output += 4;
            } else {
                self.row_of_tiles::<1>(gradient, output);
                output += 1;
            }
        }
    }

    #[inline(always)]
    fn row_of_tiles<const O: usize>(&self, gradient: &mut [f32], output: usize) {
        let mut input = 0;
        while input < self.inputs {
            if self.inputs - input >= 3 {
                self.tile::<O, 3>(gradient, output, input);
                input += 3;
            } else {
                self.tile::<O, 1>(gradient, output, input);
                input += 1;
            }
        }
    }

    #[inline(always)]
    fn tile<const O: usize, const I2: usize>(
        &self,
        gradient: &mut [f32],
        output: usize,
        input: usize,
    ) {
        let mut sums = [[[0.0f32; HALF]; I2]; O];
        for slot in 0..self.blocks {
            let deltas: &[Lanes<f32>; O] =
                (self.delta)(slot)[output..].first_chunk().expect("in range");
            let inputs: &[Lanes<f32>; I2] =
                (self.input)(slot)[input..].first_chunk().expect("in range");
            for half in 0..2 {
                for (sums, delta) in sums.iter_mut().zip(deltas) {
                    for (sum, x) in sums.iter_mut().zip(inputs) {
                        for (lane, sum) in sum.iter_mut().enumerate() {
                            let at = half * HALF + lane;
                            *sum = f32::mul_add(delta[at], x[at], *sum);
                        }
                    }
                }
            }
        }
        for (o, sums) in sums.iter().enumerate() {
            for (i, sum) in sums.iter().enumerate() {
                gradient[(output + o) * self.inputs + input + i] = sum.iter().sum();
            }
        }
    }

    #[inline(always)]
    fn biases(&self, gradient: &mut [f32]) {
        for (output, gradient) in gradient.iter_mut().enumerate() {
            let mut sum = [0.0f32; LANES];
            for slot in 0..self.blocks {
                let delta = &(self.delta)(slot)[output];
                for lane in 0..LANES {
                    sum[lane] += delta[lane];
                }
            }
            *gradient = sum.iter().sum();
        }
    }
}

/// The network's scores of every row, row-major, rows x outputs.
#[must_use]
pub fn scores(shape: &Shape, parameters: &[f64], inputs: &Blocks) -> Vec<f32> {
    let narrow: Vec<f32> = parameters.iter().map(|&p| p as f32).collect();
    let outputs = shape.outputs();
    let mut scores = vec![0.0; inputs.len() * LANES * outputs];
    scores.par_chunks_mut(LANES * outputs).enumerate().for_each_init(
        || vec![[0.0; LANES]; shape.activations()],
        |activations, (block, scores)| {
            pulp::Arch::new().dispatch(ForwardPass {
                shape,
                parameters: &narrow,
                inputs: inputs.block(block),
                activations,
            });
            let block_scores = &activations[activations.len() - outputs..];
            for (lane, row) in scores.chunks_exact_mut(outputs).enumerate() {
                for (score, lanes) in row.iter_mut().zip(block_scores) {
                    *score = lanes[lane];
                }
            }
        },
    );
    scores.truncate(inputs.rows * outputs);
    scores
}

struct ForwardPass<'p> {
    shape: &'p Shape,
    parameters: &'p [f32],
    inputs: &'p [Lanes<f32>],
    activations: &'p mut [Lanes<f32>],
}

impl pulp::WithSimd for ForwardPass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<V: pulp::Simd>(self, _: V) {
        forward(self.shape, self.parameters, self.inputs, self.activations);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::{Link, TwoStage};
    use crate::random::Random;

    /// Rows beyond one task and not a multiple of the lanes, widths not multiples of the tiles.
    fn problem(hidden: &[usize]) -> (Shape, Blocks, Blocks) {
        let shape = Shape::new(5, hidden, 3);
        let mut random = Random::new(11);
        let rows = TASK * LANES + 37;
        let values: Vec<f32> = (0..rows * 8).map(|_| random.normal() as f32).collect();
        let inputs = Blocks::new(rows, 5, |row, i| values[row * 8 + i]);
        let targets = Blocks::new(rows, 3, |row, i| values[row * 8 + 5 + i].abs());
        (shape, inputs, targets)
    }

    #[test]
    fn gradient_matches_finite_differences() {
        for hidden in [&[][..], &[7], &[6, 4]] {
            let (shape, inputs, targets) = problem(hidden);
            let surrogate = TwoStage { experts: 3, link: Link::Log };
            let objective = Objective {
                shape: &shape,
                inputs: &inputs,
                targets: &targets,
                surrogate: &surrogate,
                l2: 0.01,
            };
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
        let surrogate = TwoStage { experts: 3, link: Link::Log };
        let objective = Objective {
            shape: &shape,
            inputs: &inputs,
            targets: &targets,
            surrogate: &surrogate,
            l2: 0.0,
        };
        let parameters = shape.initial(5);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut gradient = vec![0.0; shape.parameters()];
                (objective.evaluate(&parameters, &mut gradient), gradient)
            })
        };
        assert_eq!(run(1), run(4));
    }
}
