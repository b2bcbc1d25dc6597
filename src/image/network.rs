//! The network section: its check, a view of it, and its writer.

#[cfg(feature = "writer")]
use alloc::vec::Vec;

use super::ImageError;
use super::layout::{MAX_BIAS, section};
#[cfg(feature = "writer")]
use super::parts::{LayerParts, WriteError, narrow, same_length};
use crate::fixed::Requantizer;
use crate::kernel::{
    BLOCK_ROWS, Chain, ChainError, GROUP, INPUT, Layer, Layers, RELU, Sides, WEIGHT_BIAS, groups,
    rebase,
};
#[cfg(feature = "writer")]
use crate::kernel::{MAX_WIDTH, ZERO_WEIGHTS};

/// The checked network of an image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network<'a> {
    layers: Layers<'a>,
    macs: u32,
    parameters: u32,
}

impl<'a> Network<'a> {
    /// Checks the section of an image with these inputs, experts and number of layers.
    pub(super) const fn new(
        words: &'a [u32],
        inputs: u16,
        experts: u8,
        layers: u8,
    ) -> Result<Self, ImageError> {
        let mut chain = Chain::new(words, inputs);
        let mut macs = 0u32;
        let mut parameters = 0u32;
        let mut index = 0u8;
        while !chain.rest().is_empty() {
            if index == layers {
                return Err(ImageError::LayerCount { found: index as u16 + 1, expected: layers });
            }
            let last = index == layers - 1;
            // Before the layer is cut out: its length depends on the flags.
            if let Some(found) = Layer::first_flags(chain.rest())
                && found != flags(index == 0, last)
            {
                return Err(ImageError::LayerFlags { layer: index });
            }
            let (layer, after) = match chain.next() {
                Ok(next) => next,
                Err(ChainError::Truncated) => {
                    return Err(ImageError::SectionLength { kind: section::NETWORK });
                }
                Err(ChainError::Shape) => return Err(ImageError::LayerShape { layer: index }),
            };
            let (inputs, outputs) = (layer.inputs() as u32, layer.outputs() as u32);
            if last && outputs != experts as u32 {
                return Err(ImageError::LayerShape { layer: index });
            }
            if let Err(error) = check_layer(&layer, index) {
                return Err(error);
            }
            // Sums of products of 15-bit numbers over at most 255 layers whose words exist: the
            // image would have to be larger than 4 GiB for these to overflow.
            macs = macs.saturating_add(inputs * outputs);
            parameters = parameters.saturating_add((inputs + 1) * outputs);
            chain = after;
            // Below the stated number of layers, so this does not overflow.
            index += 1;
        }
        match chain.finish() {
            Some(chained) if index == layers => Ok(Self { layers: chained, macs, parameters }),
            _ => Err(ImageError::LayerCount { found: index as u16, expected: layers }),
        }
    }

    /// Scratch that a run needs, in 32-bit words.
    pub(super) const fn scratch_words(&self) -> usize {
        self.layers.scratch_words()
    }

    /// Multiply-accumulates of a run.
    pub(super) const fn macs(&self) -> u32 {
        self.macs
    }

    /// Weights and biases.
    pub(super) const fn parameters(&self) -> u32 {
        self.parameters
    }

    /// Inputs and outputs of each layer.
    pub(super) fn shapes(&self) -> impl Iterator<Item = (usize, usize)> + use<'a> {
        self.layers.iter().map(|layer| (layer.inputs() as usize, layer.outputs() as usize))
    }

    /// Splits a scratch for [`Self::run`]; `None` if it is too short.
    #[inline(always)]
    pub(crate) fn sides<'s>(&self, scratch: &'s mut [u32]) -> Option<Sides<'s>> {
        self.layers.sides(scratch)
    }

    /// Runs the layers from the packed inputs in `sides`, which [`Self::sides`] of this network
    /// made; the outputs are the first words of what it returns.
    #[inline(always)]
    pub(crate) fn run<'s>(&self, sides: Sides<'s>) -> &'s mut [u32] {
        self.layers.run(sides)
    }

    /// As [`Self::sides`], for two inputs.
    #[inline(always)]
    pub(crate) fn sides_of_two<'s>(&self, scratch: &'s mut [u32]) -> Option<Sides<'s>> {
        self.layers.sides_of_two(scratch)
    }

    /// As [`Self::run`] on two inputs, whose groups lie side by side, on a kernel that can; the
    /// outputs of the first one are followed by those of the second.
    #[inline(always)]
    pub(crate) fn run_two<'s>(&self, sides: Sides<'s>) -> &'s mut [u32] {
        self.layers.run_two(sides)
    }

    /// Runs one layer on whatever activations the scratch holds.
    #[cfg(feature = "bench-internals")]
    pub(crate) fn run_layer(&self, index: usize, sides: Sides<'_>) {
        self.layers.run_layer(index, sides);
    }
}

/// The flags of a layer at this place.
const fn flags(first: bool, last: bool) -> u32 {
    (if first { INPUT } else { 0 }) | (if last { 0 } else { RELU })
}

/// Checks the ranges of all numbers of a layer.
const fn check_layer(layer: &Layer<'_>, index: u8) -> Result<(), ImageError> {
    let parts = layer.parts();
    let mut words = parts.biases;
    while let [bias, rest @ ..] = words {
        let bias = *bias as i32;
        if bias < -MAX_BIAS || bias > MAX_BIAS {
            return Err(ImageError::Bias { layer: index });
        }
        words = rest;
    }
    words = parts.requantizers;
    while let [word, rest @ ..] = words {
        if Requantizer::from_word(*word).is_none() {
            return Err(ImageError::Requantizer { layer: index });
        }
        words = rest;
    }
    if let Err(error) = check_weights(layer, parts.weights, index) {
        return Err(error);
    }
    if parts.rebased_biases.is_empty() || rebased_biases_are_valid(layer) {
        Ok(())
    } else {
        Err(ImageError::RebasedBias)
    }
}

/// Whether the rebased biases follow from biases and weights: a core that uses them must decide as
/// all others do.
const fn rebased_biases_are_valid(layer: &Layer<'_>) -> bool {
    let parts = layer.parts();
    let groups = groups(layer.inputs() as usize);
    let (mut biases, mut rebased, mut weights) =
        (parts.biases, parts.rebased_biases, parts.weights);
    let mut row = 0;
    while let ([bias, other_biases @ ..], [found, other_rebased @ ..]) = (biases, rebased) {
        let block = row + biases.len();
        let rows = if block < BLOCK_ROWS { block } else { BLOCK_ROWS };
        if rebase(*bias as i32, weights, groups, rows, row) != *found as i32 {
            return false;
        }
        row += 1;
        if row == BLOCK_ROWS {
            row = 0;
            weights = match weights.split_at_checked(groups * BLOCK_ROWS) {
                Some((_, rest)) => rest,
                None => return false,
            };
        }
        (biases, rebased) = (other_biases, other_rebased);
    }
    true
}

/// No weight is -128, and the weights that pad a row to whole groups are 0.
const fn check_weights(
    layer: &Layer<'_>,
    mut weights: &[u32],
    index: u8,
) -> Result<(), ImageError> {
    let groups = groups(layer.inputs() as usize);
    let used = layer.inputs() as usize % GROUP;
    // Bits of the padding weights in the last group of each row.
    let padding = if used == 0 { 0 } else { u32::MAX << (8 * used) };
    let mut rows = layer.outputs() as usize;
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

/// The content of the section.
#[cfg(feature = "writer")]
pub(super) fn write(layers: &[LayerParts]) -> Result<Vec<u32>, WriteError> {
    let mut words = Vec::new();
    for (index, layer) in layers.iter().enumerate() {
        push_layer(layer, &mut words, index == 0, index + 1 == layers.len())?;
    }
    Ok(words)
}

#[cfg(feature = "writer")]
fn push_layer(
    layer: &LayerParts,
    words: &mut Vec<u32>,
    first: bool,
    last: bool,
) -> Result<(), WriteError> {
    let limit = usize::from(MAX_WIDTH);
    let outputs = layer.biases.len();
    let requantizers = if last { 0 } else { outputs };
    same_length("requantizers", layer.requantizers.len(), requantizers)?;
    same_length("weights", layer.weights.len(), outputs * layer.inputs)?;
    words.push(
        narrow("layer inputs", layer.inputs, limit)?
            | narrow("layer outputs", outputs, limit)? << 16,
    );
    words.push(flags(first, last));
    words.extend(layer.biases.iter().map(|&bias| bias as u32));
    let weights = weight_words(layer);
    if first {
        let groups = groups(layer.inputs);
        let blocks = layer.biases.chunks(BLOCK_ROWS);
        for (biases, weights) in blocks.zip(weights.chunks((groups * BLOCK_ROWS).max(1))) {
            let rebased = biases
                .iter()
                .enumerate()
                .map(|(row, &bias)| rebase(bias, weights, groups, biases.len(), row) as u32);
            words.extend(rebased);
        }
    }
    words.extend(layer.requantizers.iter().map(|requantizer| requantizer.to_word()));
    words.extend(weights);
    Ok(())
}

/// The weights of a layer, block by block.
#[cfg(feature = "writer")]
fn weight_words(layer: &LayerParts) -> Vec<u32> {
    let mut words = Vec::new();
    if layer.inputs == 0 {
        return words;
    }
    let rows: Vec<&[i8]> = layer.weights.chunks_exact(layer.inputs).collect();
    for block in rows.chunks(BLOCK_ROWS) {
        for group in 0..groups(layer.inputs) {
            for row in block {
                let mut word = ZERO_WEIGHTS;
                let weights = row.iter().skip(group * GROUP).take(GROUP);
                for (place, &weight) in weights.enumerate() {
                    word ^= u32::from(weight as u8) << (8 * place);
                }
                words.push(word);
            }
        }
    }
    words
}
