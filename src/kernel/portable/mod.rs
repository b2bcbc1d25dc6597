//! The kernel in plain Rust, for the host and for every core without a kernel of its own.
//!
//! [`crosswise`] explains the arithmetic.

#[cfg(test)]
mod emulated_dsp;
mod rows;
#[cfg(test)]
mod tests;

use super::interface::{Kernel, Signs};
use super::shared::crosswise;
use super::{Activations, BLOCK_ROWS, GROUP, Group, WEIGHT_BIAS, requantize};
use rows::{Blocks, Rows};

/// This kernel: no instruction that a core might not have.
pub(super) struct Active;

impl Kernel for Active {
    #[inline(always)]
    fn pack_input(codes: [i8; GROUP]) -> Group {
        crosswise::pack(codes)
    }

    /// Safe with any words and sides.
    #[inline(always)]
    unsafe fn layers<'s>(words: &[u32], from: &'s mut [u32], to: &'s mut [u32]) -> &'s mut [u32] {
        rows::layers::<Self>(words, from, to)
    }
}

impl Signs for Active {}

/// Takes the first and the third byte of a word.
const EVEN: u32 = 0x00ff_00ff;

/// Biases the second and the fourth byte of a word, as the other two are.
const ODD_BIAS: u32 = WEIGHT_BIAS << 8;

/// Half of the lower half: makes the floor of the upper half a rounding.
const HALF: u32 = 1 << 15;

impl Rows for Active {
    #[inline(always)]
    fn pack(_: Activations, codes: [i8; 4]) -> Group {
        crosswise::pack(codes)
    }

    #[inline(always)]
    fn start(kind: Activations, activations: &[Group]) -> i32 {
        crosswise::start(kind, activations)
    }

    #[inline(always)]
    fn blocks(kind: Activations, blocks: Blocks<'_>) {
        each_block::<Self>(blocks, |weights, activations, sums| match kind {
            Activations::Input => block::<true>(weights, activations, sums),
            Activations::Hidden => block::<false>(weights, activations, sums),
        });
    }

    #[inline(always)]
    fn row(kind: Activations, weights: &[u32], stride: usize, activations: &[Group]) -> i32 {
        each_group(weights, stride, activations, |word, group, sum| {
            sum.wrapping_add(match kind {
                Activations::Input => product::<true>(word, group, addends(group)),
                Activations::Hidden => product::<false>(word, group, addends(group)),
            })
        })
    }
}

#[inline(never)]
fn block<const INPUT: bool>(weights: &[[u32; 4]], activations: &[Group], sums: &mut [i32; 4]) {
    let mut totals = *sums;
    for (words, &group) in weights.iter().zip(activations) {
        let addends = addends(group);
        for (total, &word) in totals.iter_mut().zip(words) {
            *total = total.wrapping_add(product::<INPUT>(word, group, addends));
        }
    }
    *sums = totals;
}

/// What takes the biases off the products, and adds the half.
#[inline(always)]
fn addends(group: Group) -> Group {
    group.map(|pair| HALF.wrapping_sub(pair.wrapping_mul(WEIGHT_BIAS)))
}

/// The dot product of four weights and four activations; after a ReLU, with the biases in it.
#[inline(always)]
fn product<const INPUT: bool>(word: u32, [even, odd]: Group, addends: Group) -> i32 {
    let a_c = word & EVEN;
    let b_d = ((word ^ ODD_BIAS) >> 8) & EVEN;
    let (first, second) = (a_c.wrapping_mul(even), b_d.wrapping_mul(odd));
    if INPUT {
        let [even, odd] = addends;
        (first.wrapping_add(even) as i32 >> 16) + (second.wrapping_add(odd) as i32 >> 16)
    } else {
        ((first >> 16) + (second >> 16)) as i32
    }
}

/// The blocks of a layer, by a function that adds the dot products of one block to its sums.
#[inline(always)]
fn each_block<K: Rows>(
    blocks: Blocks<'_>,
    mut block: impl FnMut(&[[u32; BLOCK_ROWS]], &[Group], &mut [i32; BLOCK_ROWS]),
) {
    let Blocks { mut weights, activations, start, biases, requantizers, mut to } = blocks;
    let mut requantizers = requantizers.iter();
    for biases in biases {
        let mut sums = biases.map(|bias| start.wrapping_add(bias as i32));
        // A chain of layers has the words. `None` cannot happen, here and below, and saying so costs
        // no panic.
        let Some((words, rest)) = weights.split_at_checked(activations.len()) else { return };
        weights = rest;
        block(words, activations, &mut sums);
        if let Some(words) = requantizers.next() {
            let Some((packed, rest)) = to.split_first_chunk_mut() else { return };
            *packed = K::pack(Activations::Hidden, requantize_block(sums, words));
            to = rest;
        } else {
            let Some((scores, rest)) = to.split_first_chunk_mut() else { return };
            *scores = sums.map(|sum| sum as u32);
            to = rest;
        }
    }
}

/// Requantizes the sums of a block.
#[inline(always)]
fn requantize_block(sums: [i32; BLOCK_ROWS], words: &[u32; BLOCK_ROWS]) -> [i8; BLOCK_ROWS] {
    let [a, b, c, d] = sums;
    let &[word_a, word_b, word_c, word_d] = words;
    [requantize(word_a, a), requantize(word_b, b), requantize(word_c, c), requantize(word_d, d)]
}

/// A row of a block, by a function that adds the products of four weights to a sum.
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
