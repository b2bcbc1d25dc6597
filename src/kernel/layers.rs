//! Layers that fit each other, and running them.

use super::active::Active;
use super::interface::Kernel;
use super::{Layer, MAX_WIDTH, WORDS_PER_GROUP, groups};

/// Layers that a kernel may run: each complete, each with the outputs of the one before it as its
/// inputs, and only the last one without a ReLU.
///
/// A [`Chain`] is the only way to get them. Whether the numbers in the words are in range is for
/// the image to check; no number makes a kernel leave the words and the sides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layers<'a> {
    words: &'a [u32],
    /// Words that the inputs and every second layer's outputs need.
    even_words: u32,
    /// Words that the first layer's outputs and every second layer after it need.
    odd_words: u32,
}

/// Layers of which the first few have been found to fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chain<'a> {
    words: &'a [u32],
    rest: &'a [u32],
    /// Width of what the next layer takes; 0 after the last layer, as no layer takes that.
    width: u16,
    /// Where the next layer's outputs go.
    side: usize,
    /// Words that the two sides need.
    needed: [u32; 2],
}

/// Why a layer does not continue a chain.
pub(crate) enum ChainError {
    /// The words end inside it.
    Truncated,
    /// Its width is 0 or too large, or its inputs are not the outputs of the layer before it.
    Shape,
}

impl<'a> Chain<'a> {
    /// No layer yet, for a network with this many inputs.
    pub(crate) const fn new(words: &'a [u32], inputs: u16) -> Self {
        let needed = [(groups(inputs as usize) * WORDS_PER_GROUP) as u32, 0];
        Self { words, rest: words, width: inputs, side: 1, needed }
    }

    /// The words after the layers found so far.
    pub(crate) const fn rest(&self) -> &'a [u32] {
        self.rest
    }

    /// The next layer, and the chain up to its end.
    pub(crate) const fn next(mut self) -> Result<(Layer<'a>, Self), ChainError> {
        let Some((layer, rest)) = Layer::split_first(self.rest) else {
            return Err(ChainError::Truncated);
        };
        if layer.inputs != self.width
            || self.width == 0
            || self.width > MAX_WIDTH
            || layer.outputs == 0
            || layer.outputs > MAX_WIDTH
        {
            return Err(ChainError::Shape);
        }
        let outputs = layer.outputs as usize;
        let is_last = layer.is_last();
        let words = if is_last { outputs } else { groups(outputs) * WORDS_PER_GROUP } as u32;
        if self.needed[self.side] < words {
            self.needed[self.side] = words;
        }
        self.side ^= 1;
        self.width = if is_last { 0 } else { layer.outputs };
        self.rest = rest;
        Ok((layer, self))
    }

    /// The layers, if the words end here and the last layer has no ReLU.
    pub(crate) const fn finish(self) -> Option<Layers<'a>> {
        if !self.rest.is_empty() || self.width != 0 {
            return None;
        }
        let [even_words, odd_words] = self.needed;
        Some(Layers { words: self.words, even_words, odd_words })
    }
}

impl<'a> Layers<'a> {
    /// Scratch that a run needs, in 32-bit words.
    pub(crate) const fn scratch_words(&self) -> usize {
        self.even_words as usize + self.odd_words as usize
    }

    /// The layers in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Layer<'a>> + use<'a> {
        let mut rest = self.words;
        core::iter::from_fn(move || {
            let (layer, after) = Layer::split_first(rest)?;
            rest = after;
            Some(layer)
        })
    }

    /// Splits a scratch into the side that takes the packed inputs and the other side; `None` if it
    /// is too short.
    pub(crate) fn sides<'s>(&self, scratch: &'s mut [u32]) -> Option<Sides<'s>> {
        let (even, rest) = scratch.split_at_mut_checked(self.even_words as usize)?;
        let (odd, _) = rest.split_at_mut_checked(self.odd_words as usize)?;
        Some(Sides { even, odd })
    }

    /// Runs the layers from the packed inputs in `sides`, which [`Layers::sides`] of these layers
    /// made; the scores are the first words of the returned side.
    // Not forced inline: on Armv6-M that takes the stack of a decision past its bound.
    pub(crate) fn run<'s>(&self, sides: Sides<'s>) -> &'s mut [u32] {
        let Sides { even, odd } = sides;
        // SAFETY: a chain found the layers to fit, and the sides are for them.
        unsafe { Active::layers(self.words, even, odd) }
    }

    /// As [`Self::sides`], for two inputs.
    pub(crate) fn sides_of_two<'s>(&self, scratch: &'s mut [u32]) -> Option<Sides<'s>> {
        let (even, rest) = scratch.split_at_mut_checked(2 * self.even_words as usize)?;
        let (odd, _) = rest.split_at_mut_checked(2 * self.odd_words as usize)?;
        Some(Sides { even, odd })
    }

    /// As [`Self::run`] on two inputs, whose groups lie side by side, if [`super::TWO`]; the scores
    /// of the first one are followed by those of the second.
    pub(crate) fn run_two<'s>(&self, sides: Sides<'s>) -> &'s mut [u32] {
        let Sides { even, odd } = sides;
        // SAFETY: a chain found the layers to fit, and the sides are for two inputs.
        unsafe { Active::layers_of_two(self.words, even, odd) }
    }

    /// Runs one layer on whatever activations the scratch holds.
    #[cfg(feature = "bench-internals")]
    pub(crate) fn run_layer(&self, index: usize, sides: Sides<'_>) {
        let Sides { even, odd } = sides;
        let (from, to) = if index.is_multiple_of(2) { (even, odd) } else { (odd, even) };
        if let Some(layer) = self.iter().nth(index) {
            // SAFETY: a chain found the layer to fit, and the sides are for its chain.
            unsafe {
                Active::layers(layer.words, from, to);
            }
        }
    }
}

/// The two halves of a scratch, between which the layers go to and fro.
pub(crate) struct Sides<'s> {
    even: &'s mut [u32],
    odd: &'s mut [u32],
}

impl Sides<'_> {
    /// Where the packed inputs go.
    pub(crate) fn inputs(&mut self) -> &mut [u32] {
        self.even
    }
}
