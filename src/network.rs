//! The integer network: dense layers in sequence over a caller's scratch.

use crate::fixed::Requantizer;
use crate::image::ImageError;
use crate::image::layout::{
    BLOCK_ROWS, GROUP, LAYER_HEADER_WORDS, MAX_BIAS, MAX_WIDTH, WEIGHT_BIAS, activation, groups,
    section,
};
use crate::kernel::WORDS_PER_GROUP;
#[cfg(not(mild_kernel_layers))]
use crate::kernel::{Blocks, Range, Rows};

/// One dense layer: a view of its words in the image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub(crate) inputs: u16,
    pub(crate) outputs: u16,
    activation: u32,
    /// The header, the biases, the requantizers if it is not the last layer, the weights: as many words as the header
    /// says, and not one more.
    pub(crate) words: &'a [u32],
}

impl<'a> Layer<'a> {
    /// Splits the first layer off; `None` if the words end inside it.
    #[inline(always)]
    pub(crate) const fn split_first(words: &'a [u32]) -> Option<(Self, &'a [u32])> {
        let [shape, activation, ..] = *words else { return None };
        let inputs = shape as u16;
        let outputs = (shape >> 16) as u16;
        // Two 16-bit factors: the product fits a usize even where that has 32 bits.
        let requantizers = (activation == activation::RELU) as usize;
        let row = groups(inputs as usize) + 1 + requantizers;
        let length = LAYER_HEADER_WORDS + row * outputs as usize;
        let Some((words, rest)) = words.split_at_checked(length) else { return None };
        Some((Self { inputs, outputs, activation, words }, rest))
    }

    /// The biases; the requantizers, one for each output or none at all; the weights.
    #[inline(always)]
    const fn parts(&self) -> (&'a [u32], &'a [u32], &'a [u32]) {
        // The words are as many as it takes; `None` cannot be, and costs no panic to say.
        let outputs = self.outputs as usize;
        let Some((_, words)) = self.words.split_at_checked(LAYER_HEADER_WORDS) else {
            return (&[], &[], &[]);
        };
        let Some((biases, words)) = words.split_at_checked(outputs) else {
            return (&[], &[], &[]);
        };
        let requantizers = if self.activation == activation::RELU { outputs } else { 0 };
        let Some((requantizers, weights)) = words.split_at_checked(requantizers) else {
            return (&[], &[], &[]);
        };
        (biases, requantizers, weights)
    }

    #[cfg(not(mild_kernel_layers))]
    const fn is_last(&self) -> bool {
        self.activation == activation::SCORES
    }

    /// Checks the ranges of all numbers; the shape is known to be right.
    const fn check(&self, index: u8) -> Result<(), ImageError> {
        let (biases, requantizers, weights) = self.parts();
        let mut words = biases;
        while let [bias, rest @ ..] = words {
            let bias = *bias as i32;
            if bias < -MAX_BIAS || bias > MAX_BIAS {
                return Err(ImageError::Bias { layer: index });
            }
            words = rest;
        }
        words = requantizers;
        while let [word, rest @ ..] = words {
            if Requantizer::from_word(*word).is_none() {
                return Err(ImageError::Requantizer { layer: index });
            }
            words = rest;
        }
        self.check_weights(weights, index)
    }

    /// No weight is -128, and the weights that pad a row to whole groups are 0.
    const fn check_weights(&self, mut weights: &[u32], index: u8) -> Result<(), ImageError> {
        let groups = groups(self.inputs as usize);
        let used = self.inputs as usize % GROUP;
        // Bits of the padding weights in the last group of each row.
        let padding = if used == 0 { 0 } else { u32::MAX << (8 * used) };
        let mut rows = self.outputs as usize;
        while rows > 0 {
            let block = if rows < BLOCK_ROWS { rows } else { BLOCK_ROWS };
            let Some((full, rest)) = weights.split_at_checked((groups - 1) * block) else {
                return Err(ImageError::Weight { layer: index });
            };
            let Some((last, rest)) = rest.split_at_checked(block) else {
                return Err(ImageError::Weight { layer: index });
            };
            if !weights_are_valid(full, 0) || !weights_are_valid(last, padding) {
                return Err(ImageError::Weight { layer: index });
            }
            weights = rest;
            rows -= block;
        }
        Ok(())
    }
}

/// Whether no word holds a weight of -128, nor a weight other than 0 under the bits of `padding`.
const fn weights_are_valid(mut words: &[u32], padding: u32) -> bool {
    while let [word, rest @ ..] = words {
        // With all four bytes biased by 128, a weight of -128 is a byte of zero; this is the usual
        // test for a zero byte in a word.
        let biased = *word ^ (WEIGHT_BIAS << 8);
        let zero_byte = biased.wrapping_sub(0x0101_0101) & !biased & 0x8080_8080;
        if zero_byte != 0 || (*word ^ WEIGHT_BIAS) & padding != 0 {
            return false;
        }
        words = rest;
    }
    true
}

/// A checked sequence of layers: a view of the network section.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network<'a> {
    /// All layers.
    pub(crate) words: &'a [u32],
    /// Words that the inputs and every second layer's outputs need.
    even_words: u32,
    /// Words that the first layer's outputs and every second layer after it need.
    odd_words: u32,
    macs: u32,
    parameters: u32,
}

impl<'a> Network<'a> {
    /// Checks the network section of an image with these inputs, experts and number of layers.
    pub(crate) const fn new(
        words: &'a [u32],
        inputs: u16,
        experts: u8,
        layers: u8,
    ) -> Result<Self, ImageError> {
        let mut rest = words;
        let mut width = inputs;
        let mut needed = [(groups(inputs as usize) * WORDS_PER_GROUP) as u32, 0];
        let mut macs = 0u32;
        let mut parameters = 0u32;
        let mut index = 0u8;
        while !rest.is_empty() {
            if index == layers {
                return Err(ImageError::LayerCount { found: index as u16 + 1, expected: layers });
            }
            let last = index == layers - 1;
            let expected = if last { activation::SCORES } else { activation::RELU };
            // Before the layer is cut out: its length depends on the activation.
            if let [_, activation, ..] = rest
                && *activation != expected
            {
                return Err(ImageError::Activation { layer: index });
            }
            let Some((layer, after)) = Layer::split_first(rest) else {
                return Err(ImageError::SectionLength { kind: section::NETWORK });
            };
            // The inputs' number is in range, and so are the outputs of each layer.
            if layer.inputs != width
                || layer.outputs == 0
                || layer.outputs > MAX_WIDTH
                || (last && layer.outputs != experts as u16)
            {
                return Err(ImageError::LayerShape { layer: index });
            }
            if let Err(error) = layer.check(index) {
                return Err(error);
            }
            let outputs = layer.outputs as usize;
            let output_words =
                if last { outputs } else { groups(outputs) * WORDS_PER_GROUP } as u32;
            let side = (index as usize + 1) & 1;
            if needed[side] < output_words {
                needed[side] = output_words;
            }
            // Sums of products of 15-bit numbers over at most 255 layers whose words exist: the
            // image would have to be larger than 4 GiB for these to overflow.
            macs = macs.saturating_add(width as u32 * layer.outputs as u32);
            parameters = parameters.saturating_add((width as u32 + 1) * layer.outputs as u32);
            width = layer.outputs;
            rest = after;
            // Below the stated number of layers, so this does not overflow.
            index += 1;
        }
        if index != layers || layers == 0 {
            return Err(ImageError::LayerCount { found: index as u16, expected: layers });
        }
        Ok(Self { words, even_words: needed[0], odd_words: needed[1], macs, parameters })
    }

    /// Scratch that a run needs, in 32-bit words.
    pub(crate) const fn scratch_words(&self) -> usize {
        self.even_words as usize + self.odd_words as usize
    }

    /// Multiply-accumulates of a run.
    pub(crate) const fn macs(&self) -> u32 {
        self.macs
    }

    /// Weights and biases.
    pub(crate) const fn parameters(&self) -> u32 {
        self.parameters
    }

    /// The layers in order.
    pub(crate) fn layers(&self) -> impl Iterator<Item = Layer<'a>> + use<'a> {
        let mut rest = self.words;
        core::iter::from_fn(move || {
            let (layer, after) = Layer::split_first(rest)?;
            rest = after;
            Some(layer)
        })
    }

    /// Splits a scratch into the side that takes the packed inputs, its unused rest, and the other
    /// side; `None` if it is too short.
    pub(crate) fn sides<'s>(&self, scratch: &'s mut [u32]) -> Option<Sides<'s>> {
        let (even, rest) = scratch.split_at_mut_checked(self.even_words as usize)?;
        let (odd, _) = rest.split_at_mut_checked(self.odd_words as usize)?;
        Some(Sides { even, odd })
    }
}

/// The two halves of a scratch, between which the layers go to and fro.
pub(crate) struct Sides<'s> {
    /// Takes the packed inputs.
    pub(crate) even: &'s mut [u32],
    pub(crate) odd: &'s mut [u32],
}

#[cfg(not(mild_kernel_layers))]
impl Layer<'_> {
    /// Reads packed activations from the start of `from`, writes packed activations or scores to
    /// the start of `to`.
    #[inline(always)]
    pub(crate) fn run<K: Rows>(&self, range: Range, from: &[u32], to: &mut [u32]) {
        let groups = groups(self.inputs as usize);
        let (activations, _) = from.as_chunks::<WORDS_PER_GROUP>();
        // A checked image has the words; `None` cannot be, here and below, and costs no panic to say.
        let Some(activations) = activations.get(..groups) else { return };
        let start = K::start(range, activations);
        let (biases, requantizers, all_weights) = self.parts();
        let (biases, bias_rest) = biases.as_chunks::<BLOCK_ROWS>();
        let (requantizers, requantizer_rest) = requantizers.as_chunks::<BLOCK_ROWS>();
        let (weights, _) = all_weights.as_chunks();
        K::blocks(range, Blocks { weights, activations, start, biases, requantizers, to });
        if bias_rest.is_empty() {
            return;
        }
        // The last block, which has one to three rows. Products of 15 bits each do not overflow.
        let blocks = biases.len();
        let words = if self.is_last() { BLOCK_ROWS } else { WORDS_PER_GROUP };
        let Some(weights) = all_weights.get(blocks.wrapping_mul(groups * BLOCK_ROWS)..) else {
            return;
        };
        let Some(to) = to.get_mut(blocks.wrapping_mul(words)..) else { return };
        let stride = bias_rest.len();
        let mut weights = weights;
        let mut row = |bias: u32| {
            let sum = K::row(range, weights, stride, activations);
            weights = weights.get(1..).unwrap_or_default();
            sum.wrapping_add(start).wrapping_add(bias as i32)
        };
        if self.is_last() {
            for (score, &bias) in to.iter_mut().zip(bias_rest) {
                *score = row(bias) as u32;
            }
        } else if let Some((packed, _)) = to.split_first_chunk_mut() {
            // The rows that are not there give 0, as the padding of a group must be.
            let mut codes = [0; BLOCK_ROWS];
            for (code, (&bias, &word)) in
                codes.iter_mut().zip(bias_rest.iter().zip(requantizer_rest))
            {
                *code = Requantizer::apply_word(word, row(bias));
            }
            *packed = K::pack(Range::Hidden, codes);
        }
    }
}
