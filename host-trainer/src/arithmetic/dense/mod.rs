//! The arithmetic of dense layers on blocks of rows: what nearly all of training's time goes into.
//!
//! A vector holds the same unit of several rows, so no sum ever runs across a vector until the very
//! end, and results do not depend on the width of the host's vectors. Sums are kept in registers,
//! a tile of several units at a time, so that each number that is loaded serves several products
//! (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008).

mod kernel;
mod lanes;

use pulp::Simd;

use self::kernel::{Dense, Finish, Products, tile_width};
use crate::arithmetic::network::Shape;

pub(crate) use self::kernel::GROUP;
pub(crate) use self::lanes::LaneBuffer;
pub use self::lanes::{LANES, Lanes};

/// A network's parameters in the order in which the tiles read them.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    layers: Vec<PackedLayer>,
}

#[derive(Debug, Clone)]
struct PackedLayer {
    inputs: usize,
    outputs: usize,
    /// For each tile of outputs its weights, input by input.
    forward: Vec<f32>,
    biases: Vec<f32>,
    /// For each tile of inputs its weights, output by output; empty for the first layer, whose
    /// inputs need no gradient.
    backward: Vec<f32>,
}

impl Packed {
    pub(crate) fn new(shape: &Shape, parameters: &[f64]) -> Self {
        let layers = shape.layers().enumerate().map(|(index, layer)| {
            let weights = layer.inputs * layer.outputs;
            PackedLayer {
                inputs: layer.inputs,
                outputs: layer.outputs,
                forward: vec![0.0; weights],
                biases: vec![0.0; layer.outputs],
                backward: vec![0.0; if index == 0 { 0 } else { weights }],
            }
        });
        let mut packed = Self { layers: layers.collect() };
        packed.fill(parameters);
        packed
    }

    /// Takes other parameters.
    pub(crate) fn fill(&mut self, parameters: &[f64]) {
        let mut rest = parameters;
        for layer in &mut self.layers {
            let PackedLayer { inputs, outputs, forward, biases, backward } = layer;
            let (weights, after) = rest.split_at(*inputs * *outputs);
            let (from, after) = after.split_at(*outputs);
            rest = after;
            for (to, &bias) in biases.iter_mut().zip(from) {
                *to = bias as f32;
            }
            pack(forward, *outputs, *inputs, |output, input| weights[output * *inputs + input]);
            if !backward.is_empty() {
                pack(backward, *inputs, *outputs, |input, output| {
                    weights[output * *inputs + input]
                });
            }
        }
    }
}

/// Writes the weights of `units` units with `terms` terms each, tile by tile.
fn pack(to: &mut [f32], units: usize, terms: usize, weight: impl Fn(usize, usize) -> f64) {
    let mut unit = 0;
    let mut rest = to;
    while unit < units {
        let width = tile_width(units - unit);
        let (tile, after) = rest.split_at_mut(width * terms);
        for (term, to) in tile.chunks_exact_mut(width).enumerate() {
            for (offset, to) in to.iter_mut().enumerate() {
                *to = weight(unit + offset, term) as f32;
            }
        }
        unit += width;
        rest = after;
    }
}

/// Activations and the loss's gradient by them, layer by layer, for a number of blocks.
#[derive(Debug)]
pub(crate) struct Pass {
    layers: Vec<PassLayer>,
}

#[derive(Debug)]
struct PassLayer {
    activations: LaneBuffer,
    deltas: LaneBuffer,
}

impl Pass {
    /// Memory for `blocks` blocks; without that for gradients if there will be none.
    pub(crate) fn new(shape: &Shape, blocks: usize, gradients: bool) -> Self {
        let layers = shape.layers().map(|layer| PassLayer {
            activations: LaneBuffer::new(blocks * layer.outputs),
            deltas: LaneBuffer::new(if gradients { blocks * layer.outputs } else { 0 }),
        });
        Self { layers: layers.collect() }
    }

    /// The scores of the blocks, `outputs` elements each.
    pub(crate) fn scores(&self) -> &[Lanes<f32>] {
        self.layers.last().map_or(&[], |layer| layer.activations.as_slice())
    }
}

/// A loss that adds to `value` and writes gradients, for some blocks: the indices of the first one
/// in the pass and of the one after the last, their scores and where the gradients go.
pub(crate) type GroupLoss<'l> =
    dyn FnMut(std::ops::Range<usize>, &[Lanes<f32>], &mut [Lanes<f32>]) + 'l;

/// Forward, for some blocks; `inputs` holds the inputs of each.
pub(crate) struct Forward<'p> {
    pub(crate) packed: &'p Packed,
    pub(crate) inputs: &'p [Lanes<f32>],
    pub(crate) pass: &'p mut Pass,
}

impl pulp::WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<V: Simd>(self, simd: V) {
        let Self { packed, inputs, pass } = self;
        let blocks = inputs.len() / packed.layers[0].inputs;
        let mut start = 0;
        while start < blocks {
            let end = group_end(start, blocks);
            forward(simd, packed, inputs, pass, start, end);
            start = end;
        }
    }
}

/// Forward, loss and backward for some blocks, and the sums of the gradients by all parameters over
/// them, which are added to `gradient`.
pub(crate) struct ForwardBackward<'p, 'l> {
    pub(crate) packed: &'p Packed,
    pub(crate) inputs: &'p [Lanes<f32>],
    pub(crate) pass: &'p mut Pass,
    pub(crate) loss: &'p mut GroupLoss<'l>,
    pub(crate) gradient: &'p mut [f64],
}

impl pulp::WithSimd for ForwardBackward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<V: Simd>(self, simd: V) {
        let Self { packed, inputs, pass, loss, gradient } = self;
        let blocks = inputs.len() / packed.layers[0].inputs;
        let mut start = 0;
        while start < blocks {
            let end = group_end(start, blocks);
            forward(simd, packed, inputs, pass, start, end);
            if let (Some(layer), Some(last)) = (packed.layers.last(), pass.layers.last_mut()) {
                let range = start * layer.outputs..end * layer.outputs;
                let scores = &last.activations.as_slice()[range.clone()];
                loss(start..end, scores, &mut last.deltas.as_mut_slice()[range]);
            }
            backward(simd, packed, pass, start, end);
            start = end;
        }
        let mut rest = gradient;
        for (index, layer) in packed.layers.iter().enumerate() {
            let (weights, after) = rest.split_at_mut(layer.inputs * layer.outputs);
            let (biases, after) = after.split_at_mut(layer.outputs);
            rest = after;
            let from = match index.checked_sub(1) {
                None => inputs,
                Some(before) => {
                    &pass.layers[before].activations.as_slice()[..blocks * layer.inputs]
                }
            };
            let deltas = &pass.layers[index].deltas.as_slice()[..blocks * layer.outputs];
            let products = Products { inputs: layer.inputs, outputs: layer.outputs, from, deltas };
            match V::F32_LANES {
                16 => products.add::<V, 1, 6>(simd, weights, biases),
                8 => products.add::<V, 2, 3>(simd, weights, biases),
                4 => products.add::<V, 4, 3>(simd, weights, biases),
                _ => products.add::<V, LANES, 3>(simd, weights, biases),
            }
        }
    }
}

/// The end of the group of blocks that begins here: [`GROUP`] blocks, or one when fewer are left.
#[inline(always)]
fn group_end(start: usize, blocks: usize) -> usize {
    if blocks - start >= GROUP { start + GROUP } else { start + 1 }
}

#[inline(always)]
fn forward<V: Simd>(
    simd: V,
    packed: &Packed,
    inputs: &[Lanes<f32>],
    pass: &mut Pass,
    start: usize,
    end: usize,
) {
    let last = packed.layers.len() - 1;
    for (index, layer) in packed.layers.iter().enumerate() {
        let (before, rest) = pass.layers.split_at_mut(index);
        let from = before.last().map_or(inputs, |before| before.activations.as_slice());
        let to = rest[0].activations.as_mut_slice();
        let dense = Dense {
            units: layer.outputs,
            terms: layer.inputs,
            weights: &layer.forward,
            start: Some(&layer.biases),
            finish: if index < last { Finish::Relu } else { Finish::None },
        };
        dense.run(
            simd,
            &from[start * layer.inputs..end * layer.inputs],
            &mut to[start * layer.outputs..end * layer.outputs],
        );
    }
}

#[inline(always)]
fn backward<V: Simd>(simd: V, packed: &Packed, pass: &mut Pass, start: usize, end: usize) {
    for (index, layer) in packed.layers.iter().enumerate().skip(1).rev() {
        let (before, rest) = pass.layers.split_at_mut(index);
        let Some(PassLayer { activations, deltas }) = before.last_mut() else { return };
        let to = start * layer.inputs..end * layer.inputs;
        let dense = Dense {
            units: layer.inputs,
            terms: layer.outputs,
            weights: &layer.backward,
            start: None,
            finish: Finish::Gate(&activations.as_slice()[to.clone()]),
        };
        dense.run(
            simd,
            &rest[0].deltas.as_slice()[start * layer.outputs..end * layer.outputs],
            &mut deltas.as_mut_slice()[to],
        );
    }
}

#[cfg(test)]
mod tests {
    use std::array::from_fn;

    use super::*;
    use crate::arithmetic::random::Random;

    #[test]
    fn forward_equals_the_formula() {
        // Widths that need every size of tile, and blocks that are no whole groups.
        let (shape, blocks) = (Shape::new(3, &[11], 7), GROUP + 3);
        let parameters: Vec<f64> = shape.initial(7).iter().map(|p| 3.0 * p + 0.1).collect();
        let mut random = Random::new(1);
        let inputs: Vec<Lanes<f32>> =
            (0..3 * blocks).map(|_| from_fn(|_| random.normal() as f32)).collect();
        let packed = Packed::new(&shape, &parameters);
        let mut pass = Pass::new(&shape, blocks, false);
        pulp::Arch::new().dispatch(Forward { packed: &packed, inputs: &inputs, pass: &mut pass });
        let layers: Vec<_> = shape.layers().collect();
        for block in 0..blocks {
            let inputs = &inputs[block * 3..][..3];
            for lane in 0..LANES {
                let mut values: Vec<f64> = inputs.iter().map(|x| f64::from(x[lane])).collect();
                for (index, layer) in layers.iter().enumerate() {
                    let weights = parameters[layer.weights..layer.biases].chunks(layer.inputs);
                    let sums = weights.zip(&parameters[layer.biases..]).map(|(weights, bias)| {
                        weights.iter().zip(&values).map(|(w, x)| w * x).sum::<f64>() + bias
                    });
                    let relu = |sum: f64| if index == 0 { sum.max(0.0) } else { sum };
                    values = sums.map(relu).collect();
                }
                for (k, expected) in values.iter().enumerate() {
                    let score = f64::from(pass.scores()[block * 7 + k][lane]);
                    assert!((score - expected).abs() < 1e-4, "{score} for {expected}");
                }
            }
        }
    }

    #[test]
    fn every_vector_width_gives_the_same_bits() {
        let (shape, blocks) = (Shape::new(13, &[11, 6], 3), 2 * GROUP + 1);
        let parameters = shape.initial(7);
        let mut random = Random::new(1);
        let inputs: Vec<Lanes<f32>> =
            (0..13 * blocks).map(|_| from_fn(|_| random.normal() as f32)).collect();
        let packed = Packed::new(&shape, &parameters);
        let run = |arch: &dyn Fn(ForwardBackward)| {
            let mut pass = Pass::new(&shape, blocks, true);
            let mut gradient = vec![0.0; shape.parameters()];
            arch(ForwardBackward {
                packed: &packed,
                inputs: &inputs,
                pass: &mut pass,
                loss: &mut |_, scores, deltas| deltas.copy_from_slice(scores),
                gradient: &mut gradient,
            });
            assert!(gradient.iter().all(|g| g.is_finite() && *g != 0.0));
            (gradient, pass.scores().to_vec())
        };
        let scalar = run(&|work| pulp::WithSimd::with_simd(work, pulp::Scalar::new()));
        assert_eq!(run(&|work| pulp::Arch::new().dispatch(work)), scalar);
        #[cfg(target_arch = "x86_64")]
        if let Some(narrow) = pulp::x86::V3::try_new() {
            assert_eq!(run(&|work| pulp::Simd::vectorize(narrow, work)), scalar);
        }
    }
}
