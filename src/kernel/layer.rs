//! How a layer lies in words, and a view of one.

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

/// The activation of the last layer: its sums are the scores.
pub(crate) const SCORES: u32 = 0;

/// The activation of every other layer.
pub(crate) const RELU: u32 = 1;

/// Words in front of each layer: its shape, its activation.
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
    activation: u32,
    /// The header, the biases, the requantizers if it has a ReLU, the weights: exactly as many words
    /// as the header says.
    pub(super) words: &'a [u32],
}

impl<'a> Layer<'a> {
    /// Splits the first layer off; `None` if the words end inside it.
    #[inline(always)]
    pub(super) const fn split_first(words: &'a [u32]) -> Option<(Self, &'a [u32])> {
        let [shape, activation, ..] = *words else { return None };
        let inputs = shape as u16;
        let outputs = (shape >> 16) as u16;
        // Two 16-bit factors: the product fits a usize even where that has 32 bits.
        let requantizers = (activation == RELU) as usize;
        let row = groups(inputs as usize) + 1 + requantizers;
        let length = HEADER_WORDS + row * outputs as usize;
        let Some((words, rest)) = words.split_at_checked(length) else { return None };
        Some((Self { inputs, outputs, activation, words }, rest))
    }

    /// The activation of the first layer of these words; `None` if they end before it.
    pub(crate) const fn first_activation(words: &[u32]) -> Option<u32> {
        match *words {
            [_, activation, ..] => Some(activation),
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
        self.activation != RELU
    }

    /// The biases; the requantizers, one for each output or none at all; the weights.
    #[inline(always)]
    pub(crate) const fn parts(&self) -> (&'a [u32], &'a [u32], &'a [u32]) {
        // There are enough words. `None` cannot happen, and saying so costs no panic.
        let outputs = self.outputs as usize;
        let Some((_, words)) = self.words.split_at_checked(HEADER_WORDS) else {
            return (&[], &[], &[]);
        };
        let Some((biases, words)) = words.split_at_checked(outputs) else {
            return (&[], &[], &[]);
        };
        let requantizers = if self.activation == RELU { outputs } else { 0 };
        let Some((requantizers, weights)) = words.split_at_checked(requantizers) else {
            return (&[], &[], &[]);
        };
        (biases, requantizers, weights)
    }
}
