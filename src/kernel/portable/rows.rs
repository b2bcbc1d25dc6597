//! Running layers in Rust, around routines that compute blocks and rows.

use crate::kernel::layer::Parts;
use crate::kernel::{
    Activations, BLOCK_ROWS, GROUP, Group, Layer, WORDS_PER_GROUP, groups, requantize,
};

/// What a kernel of this kind does.
pub(super) trait Rows {
    /// Whether sums over the codes of an input start from the rebased biases.
    const REBASED: bool = false;

    /// Packs four activations, first to last.
    fn pack(kind: Activations, codes: [i8; GROUP]) -> Group;

    /// What the sums of all rows start from besides their biases.
    fn start(kind: Activations, activations: &[Group]) -> i32;

    /// Computes all blocks of four rows of a layer.
    fn blocks(kind: Activations, blocks: Blocks<'_>);

    /// The dot product of one row of a block with fewer than four. Its words are the first of
    /// `weights` and each `stride`-th after it, one for each group.
    fn row(kind: Activations, weights: &[u32], stride: usize, activations: &[Group]) -> i32;
}

/// The blocks of four rows of a layer, and where their results go.
#[derive(Debug)]
pub(super) struct Blocks<'a> {
    /// For each block, as many groups as there are activations. More than that is ignored, here and
    /// in `to`.
    pub(super) weights: &'a [[u32; BLOCK_ROWS]],
    /// The groups of the layer's input.
    pub(super) activations: &'a [Group],
    /// What the sums of all rows start from besides their biases ([`Rows::start`]).
    pub(super) start: i32,
    /// One for each row.
    pub(super) biases: &'a [[u32; BLOCK_ROWS]],
    /// One for each row; empty if the sums themselves are the result.
    pub(super) requantizers: &'a [[u32; BLOCK_ROWS]],
    /// Takes a group of packed activations, or four sums, for each block.
    pub(super) to: &'a mut [u32],
}

/// Runs layers to and fro between two sides, the first one on what is in `from`; returns the side
/// that has the results of the last one.
#[inline(always)]
pub(super) fn layers<'s, K: Rows>(
    mut words: &[u32],
    mut from: &'s mut [u32],
    mut to: &'s mut [u32],
) -> &'s mut [u32] {
    while let Some((layer, rest)) = Layer::split_first(words) {
        run::<K>(&layer, from, to);
        core::mem::swap(&mut from, &mut to);
        words = rest;
    }
    from
}

/// Reads packed activations from the start of `from`, writes packed activations or scores to the
/// start of `to`.
#[inline(always)]
fn run<K: Rows>(layer: &Layer<'_>, from: &[u32], to: &mut [u32]) {
    let kind = layer.activations();
    let groups = groups(layer.inputs as usize);
    let (activations, _) = from.as_chunks::<WORDS_PER_GROUP>();
    // A chain of layers has the words. `None` cannot happen, here and below, and saying so costs no
    // panic.
    let Some(activations) = activations.get(..groups) else { return };
    let start = K::start(kind, activations);
    let Parts { biases, rebased_biases, requantizers, weights: all_weights } = layer.parts();
    let rebased = K::REBASED && kind == Activations::Input;
    let biases = if rebased { rebased_biases } else { biases };
    let (biases, bias_rest) = biases.as_chunks::<BLOCK_ROWS>();
    let (requantizers, requantizer_rest) = requantizers.as_chunks::<BLOCK_ROWS>();
    let (weights, _) = all_weights.as_chunks();
    K::blocks(kind, Blocks { weights, activations, start, biases, requantizers, to });
    if bias_rest.is_empty() {
        return;
    }
    // The last block, which has one to three rows. Products of 15 bits each do not overflow.
    let blocks = biases.len();
    let words = if layer.is_last() { BLOCK_ROWS } else { WORDS_PER_GROUP };
    let Some(weights) = all_weights.get(blocks.wrapping_mul(groups * BLOCK_ROWS)..) else {
        return;
    };
    let Some(to) = to.get_mut(blocks.wrapping_mul(words)..) else { return };
    let stride = bias_rest.len();
    let mut weights = weights;
    let mut row = |bias: u32| {
        let sum = K::row(kind, weights, stride, activations);
        weights = weights.get(1..).unwrap_or_default();
        sum.wrapping_add(start).wrapping_add(bias as i32)
    };
    if layer.is_last() {
        for (score, &bias) in to.iter_mut().zip(bias_rest) {
            *score = row(bias) as u32;
        }
    } else if let Some((packed, _)) = to.split_first_chunk_mut() {
        // Missing rows give 0, as the padding of a group must be.
        let mut codes = [0; BLOCK_ROWS];
        for (code, (&bias, &word)) in codes.iter_mut().zip(bias_rest.iter().zip(requantizer_rest)) {
            *code = requantize(word, row(bias));
        }
        *packed = K::pack(Activations::Hidden, codes);
    }
}
