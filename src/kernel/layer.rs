//! How a layer lies in words, and a view of one.

use super::Activations;

/// Weights lie in blocks of this many rows (output channels); the last block may have fewer.
pub(crate) const BLOCK_ROWS: usize = 4;

/// The largest width of a layer, inputs and outputs alike. With it, weights within ±127, codes
/// within ±128 and biases within ±2^29, no accumulator leaves ±2^30.
pub const MAX_WIDTH: u16 = 32_767;

/// A word holds this many consecutive weights of one row.
pub(crate) const GROUP: usize = 4;

/// Within a word of four weights a, b, c, d the bytes are a+128, b, c+128, d (modulo 256): this is
/// the difference to plain two's complement.
pub(crate) const WEIGHT_BIAS: u32 = 0x0080_0080;

/// The word of a group of four zero weights.
#[cfg(feature = "writer")]
pub(crate) const ZERO_WEIGHTS: u32 = WEIGHT_BIAS;

/// Flag of all layers but the last, whose sums are the scores: the sums go through a ReLU.
pub(crate) const RELU: u32 = 1;

/// Flag of the first layer: it takes the codes of an input, and has rebased biases.
pub(crate) const INPUT: u32 = 2;

/// Words in front of each layer: its shape, its flags.
const HEADER_WORDS: usize = 2;

/// Groups of four that a row of `width` weights or activations fills.
pub(crate) const fn groups(width: usize) -> usize {
    width.div_ceil(GROUP)
}

/// One dense layer: a view of its words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub(super) inputs: u16,
    pub(super) outputs: u16,
    flags: u32,
    /// The header, the biases, the rebased biases if it takes the codes of an input, the requantizers
    /// if it has a ReLU, the weights: exactly as many words as the header says.
    pub(super) words: &'a [u32],
}

impl<'a> Layer<'a> {
    /// Splits the first layer off; `None` if the words end inside it.
    #[inline(always)]
    pub(super) const fn split_first(words: &'a [u32]) -> Option<(Self, &'a [u32])> {
        let [shape, flags, ..] = *words else { return None };
        let inputs = shape as u16;
        let outputs = (shape >> 16) as u16;
        // Two 16-bit factors: the product fits a usize even where that has 32 bits.
        let (relu, input) = (flags & RELU != 0, flags & INPUT != 0);
        let row = groups(inputs as usize) + 1 + relu as usize + input as usize;
        let length = HEADER_WORDS + row * outputs as usize;
        let Some((words, rest)) = words.split_at_checked(length) else { return None };
        Some((Self { inputs, outputs, flags, words }, rest))
    }

    /// The flags of the first layer of these words; `None` if they end before them.
    pub(crate) const fn first_flags(words: &[u32]) -> Option<u32> {
        match *words {
            [_, flags, ..] => Some(flags),
            _ => None,
        }
    }

    /// Width of the input.
    pub(crate) const fn inputs(&self) -> u16 {
        self.inputs
    }

    /// Width of the output.
    pub(crate) const fn outputs(&self) -> u16 {
        self.outputs
    }

    /// Whether its sums are the result, and no activations for a next layer.
    pub(super) const fn is_last(&self) -> bool {
        self.flags & RELU == 0
    }

    /// Which activations it takes.
    pub(super) const fn activations(&self) -> Activations {
        if self.flags & INPUT != 0 { Activations::Input } else { Activations::Hidden }
    }

    /// What its words hold.
    #[inline(always)]
    pub(crate) const fn parts(&self) -> Parts<'a> {
        let outputs = self.outputs as usize;
        let rebased = match self.activations() {
            Activations::Input => outputs,
            Activations::Hidden => 0,
        };
        let requantizers = if self.is_last() { 0 } else { outputs };
        let (_, words) = split(self.words, HEADER_WORDS);
        let (biases, words) = split(words, outputs);
        let (rebased_biases, words) = split(words, rebased);
        let (requantizers, weights) = split(words, requantizers);
        Parts { biases, rebased_biases, requantizers, weights }
    }
}

/// The words of a layer after its header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// One for each output.
    pub(crate) biases: &'a [u32],
    /// One for each output, or none: see [`rebase`].
    pub(crate) rebased_biases: &'a [u32],
    /// One for each output, or none.
    pub(crate) requantizers: &'a [u32],
    /// The groups of each block.
    pub(crate) weights: &'a [u32],
}

/// The first words and the others. A complete layer has the words: that there are too few cannot
/// happen, and saying so costs no panic.
#[inline(always)]
const fn split(words: &[u32], at: usize) -> (&[u32], &[u32]) {
    match words.split_at_checked(at) {
        Some(parts) => parts,
        None => (&[], &[]),
    }
}

/// The bias of a row for a kernel that takes the second and fourth code of each group less 128:
/// then they fit a lane of 16 bits together with the code before them.
///
/// `row` is the row's place in a block of so many rows, and `weights` begins with that block's words.
pub(crate) const fn rebase(
    bias: i32,
    weights: &[u32],
    groups: usize,
    rows: usize,
    row: usize,
) -> i32 {
    let (_, mut words) = split(weights, row);
    let (mut sum, mut left) = (0i32, groups);
    while left > 0 {
        let [word, ..] = *words else { break };
        // Groups of a 15-bit width: neither this sum nor 128 of it overflow.
        sum += (word >> 8) as i8 as i32 + (word >> 24) as i8 as i32;
        (_, words) = split(words, rows);
        left -= 1;
    }
    bias.wrapping_add(sum * 128)
}
