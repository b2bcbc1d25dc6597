//! From a network's output to the probability that an expert is right, and to what asking it is worth.
//!
//! Rejectors whose image has a calibration (`one-vs-all`) can be given other prices at run time: their
//! scores are probabilities minus prices, all in units of 2^-16 of one error.

#[cfg(feature = "writer")]
use alloc::vec::Vec;

use super::ImageError;
use super::layout::section;
#[cfg(feature = "writer")]
use super::parts::PlattScalingParts;
use crate::constant_time;
use crate::fixed::{PlattMap, sigmoid};

/// The calibration of an image: one entry for each expert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlattScaling<'a> {
    words: &'a [[u32; 3]],
}

impl<'a> PlattScaling<'a> {
    /// Prices and probabilities are in units of one error divided by this.
    pub const ONE: i32 = 1 << 16;

    /// The largest price: 2^14 errors.
    pub const MAX_PRICE: u32 = 1 << 30;

    /// Checks the section.
    pub(super) const fn new(words: &'a [u32], experts: u8) -> Result<Self, ImageError> {
        let (entries, rest) = words.as_chunks();
        if !rest.is_empty() || entries.len() != experts as usize {
            return Err(ImageError::SectionLength { kind: section::PLATT_SCALING });
        }
        let mut expert = 0u8;
        let mut unchecked: &[[u32; 3]] = entries;
        while let [[scale, intercept, price], after @ ..] = unchecked {
            if PlattMap::from_words([*scale, *intercept]).is_none() || *price > Self::MAX_PRICE {
                return Err(ImageError::PlattScaling { expert });
            }
            expert = expert.wrapping_add(1);
            unchecked = after;
        }
        Ok(Self { words: entries })
    }

    /// The prices of one use of each expert that the scores of the image hold, in 2^-16 of one error.
    pub fn prices(&self) -> impl ExactSizeIterator<Item = u32> + use<'a> {
        self.words.iter().map(|&[_, _, price]| price)
    }

    /// Turns scores into probabilities, in place: those that each expert is right, 0 to
    /// [`Self::ONE`].
    pub fn probabilities(&self, scores: &mut [i32]) {
        for (score, price) in scores.iter_mut().zip(self.prices()) {
            *score = constant_time::add(*score, price as i32);
        }
    }

    /// Turns scores under the prices of the image into scores under other prices, in place. Prices
    /// above [`Self::MAX_PRICE`] count as that.
    pub fn change_prices(&self, scores: &mut [i32], prices: &[u32]) {
        for (score, (old, &new)) in scores.iter_mut().zip(self.prices().zip(prices)) {
            let new = new.min(Self::MAX_PRICE);
            // Each price is at most 2^30, so neither step overflows.
            *score = constant_time::add(*score, (old as i32).wrapping_sub(new as i32));
        }
    }

    /// Turns the network's outputs into scores, in place: probability minus price.
    ///
    /// A function of its own, so that its variables are not on the stack while the layers run.
    #[inline(never)]
    pub(crate) fn apply(&self, outputs: &mut [u32]) {
        for (output, &[scale, intercept, price]) in outputs.iter_mut().zip(self.words) {
            let logit = PlattMap::apply_words([scale, intercept], *output as i32);
            *output = sigmoid(logit).wrapping_sub(price as i32) as u32;
        }
    }
}

/// The content of the section.
#[cfg(feature = "writer")]
pub(super) fn write(entries: &[PlattScalingParts]) -> Vec<u32> {
    let words = entries.iter().flat_map(|entry| {
        let [scale, intercept] = entry.output.to_words();
        [scale, intercept, entry.price]
    });
    words.collect()
}
