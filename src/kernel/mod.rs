//! Dense int8 kernels: same results whichever is chosen.
//!
//! A kernel works on *groups* of four activations, which it packs into [`WORDS_PER_GROUP`] words in
//! a form of its own choosing, and on *blocks* of one to four rows of weights, laid out in the image
//! so that the words of one group stand side by side for the rows of a block. The build script
//! chooses it by the target.

#[cfg(mild_kernel = "armv6m")]
mod armv6m;
#[cfg(mild_kernel = "armv7m")]
mod armv7m;
#[cfg(any(test, mild_kernel = "dsp"))]
mod dsp;
#[cfg(not(mild_kernel = "dsp"))]
mod portable;
#[cfg(mild_kernel = "armv6m")]
mod routine;
#[allow(unsafe_code)]
mod run;
#[cfg(test)]
mod tests;
#[cfg(mild_kernel_layers)]
mod thumb2;

#[cfg(not(mild_assembly))]
use crate::fixed::Requantizer;
#[cfg(not(mild_kernel_layers))]
use crate::image::layout::BLOCK_ROWS;

/// Words that four packed activations take, whatever the kernel: scratch sizes do not depend on it.
pub(crate) const WORDS_PER_GROUP: usize = 2;

#[cfg(mild_kernel = "armv6m")]
pub(crate) use armv6m::{Armv6m as Active, sign};
#[cfg(mild_kernel = "armv7m")]
pub(crate) use armv7m::Armv7m as Active;
/// The kernel that this build uses.
#[cfg(mild_kernel = "dsp")]
pub(crate) use dsp::Dsp as Active;
#[cfg(not(mild_assembly))]
pub(crate) use portable::Portable as Active;

/// Runs layers.
#[cfg(mild_kernel = "armv7m")]
pub(crate) const LAYERS: thumb2::Routine = armv7m::layers;
/// Runs layers.
#[cfg(mild_kernel = "dsp")]
pub(crate) const LAYERS: thumb2::Routine = dsp::layers;

/// Four packed activations.
pub(crate) type Group = [u32; WORDS_PER_GROUP];

/// Which activations a layer takes: kernels may make use of the smaller range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// Codes of an input, -128 to 127.
    Input,
    /// Results of a layer with a ReLU, 0 to 127.
    // Where whole layers run in assembly, the routine itself knows when it comes to these.
    #[cfg_attr(all(mild_kernel_layers, not(feature = "measure")), allow(dead_code))]
    Hidden,
}

/// The blocks of four rows of a layer, and where their results go.
#[cfg(not(mild_kernel_layers))]
#[derive(Debug)]
pub(crate) struct Blocks<'a> {
    /// For each block, as many groups as there are activations; what is left is not used, here and in `to`.
    pub(crate) weights: &'a [[u32; BLOCK_ROWS]],
    /// The groups of the layer's input.
    pub(crate) activations: &'a [Group],
    /// What the sums of all rows start from besides their biases ([`Rows::start`]).
    pub(crate) start: i32,
    /// One for each row.
    pub(crate) biases: &'a [[u32; BLOCK_ROWS]],
    /// One for each row; empty if the sums themselves are the result.
    pub(crate) requantizers: &'a [[u32; BLOCK_ROWS]],
    /// Takes a group of packed activations, or four sums, for each block.
    pub(crate) to: &'a mut [u32],
}

/// What a kernel does.
pub(crate) trait Kernel {
    /// Packs four activations of this range, first to last.
    fn pack(range: Range, codes: [i8; 4]) -> Group;
}

/// What a kernel does that does not run layers by itself.
#[cfg(not(mild_kernel_layers))]
pub(crate) trait Rows: Kernel {
    /// What the sums of all rows start from besides their biases.
    fn start(range: Range, activations: &[Group]) -> i32;

    /// Computes all blocks of four rows of a layer.
    fn blocks(range: Range, blocks: Blocks<'_>);

    /// The dot product of one row of a block with fewer than four: its words are the first of
    /// `weights` and each `stride`-th after it, one for each group.
    fn row(range: Range, weights: &[u32], stride: usize, activations: &[Group]) -> i32;
}

/// Requantizes the sums of a block by the words of a checked image.
#[cfg(not(mild_assembly))]
#[inline(always)]
fn requantize(sums: [i32; BLOCK_ROWS], words: &[u32; BLOCK_ROWS]) -> [i8; BLOCK_ROWS] {
    let [a, b, c, d] = sums;
    let &[word_a, word_b, word_c, word_d] = words;
    [
        Requantizer::apply_word(word_a, a),
        Requantizer::apply_word(word_b, b),
        Requantizer::apply_word(word_c, c),
        Requantizer::apply_word(word_d, d),
    ]
}

/// The blocks of a layer, by a function that adds the dot products of one block to its sums.
#[cfg(not(mild_assembly))]
#[inline(always)]
fn each_block<K: Kernel>(
    blocks: Blocks<'_>,
    mut block: impl FnMut(&[[u32; BLOCK_ROWS]], &[Group], &mut [i32; BLOCK_ROWS]),
) {
    let Blocks { mut weights, activations, start, biases, requantizers, mut to } = blocks;
    let mut requantizers = requantizers.iter();
    for biases in biases {
        let mut sums = biases.map(|bias| start.wrapping_add(bias as i32));
        // A checked image has the words; `None` cannot be, here and below, and costs no panic to say.
        let Some((words, rest)) = weights.split_at_checked(activations.len()) else { return };
        weights = rest;
        block(words, activations, &mut sums);
        if let Some(words) = requantizers.next() {
            let Some((packed, rest)) = to.split_first_chunk_mut() else { return };
            *packed = K::pack(Range::Hidden, requantize(sums, words));
            to = rest;
        } else {
            let Some((scores, rest)) = to.split_first_chunk_mut() else { return };
            *scores = sums.map(|sum| sum as u32);
            to = rest;
        }
    }
}

/// A row of a block, by a function that adds the products of four weights to a sum.
#[cfg(not(mild_assembly))]
#[inline(always)]
fn each_group(
    weights: &[u32],
    stride: usize,
    activations: &[Group],
    add: impl Fn(u32, Group, i32) -> i32,
) -> i32 {
    let mut weights = weights;
    let mut sum = 0;
    for &group in activations {
        let [word, ..] = *weights else { break };
        sum = add(word, group, sum);
        weights = weights.get(stride..).unwrap_or_default();
    }
    sum
}
