//! The section of the Platt scaling: its check, what it does to outputs, and its writer.

#[cfg(feature = "writer")]
use alloc::vec::Vec;

use super::ImageError;
use super::layout::section;
use crate::constant_time;
use crate::fixed::{PlattMap, sigmoid};
use crate::price::Price;

/// From a network's outputs to the probabilities that the experts are right, and to scores:
/// probabilities minus prices, both in units of 2^-16 of one error.
///
/// Images of rejectors trained by `one-vs-all` have it. They can be given other prices at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlattScaling<'a> {
    maps: &'a [[u32; 2]],
    /// One for each expert, as the image has them.
    prices: &'a [u32],
}

impl<'a> PlattScaling<'a> {
    /// Prices and probabilities are in units of one error divided by this.
    pub const ONE: i32 = 1 << 16;

    /// Checks the section of an image with these prices.
    pub(super) const fn new(words: &'a [u32], prices: &'a [u32]) -> Result<Self, ImageError> {
        let (maps, rest) = words.as_chunks();
        if !rest.is_empty() || maps.len() != prices.len() {
            return Err(ImageError::SectionLength { kind: section::PLATT_SCALING });
        }
        let mut expert = 0u8;
        let mut unchecked: &[[u32; 2]] = maps;
        while let [map, after @ ..] = unchecked {
            if PlattMap::from_words(*map).is_none() {
                return Err(ImageError::PlattScaling { expert });
            }
            expert = expert.wrapping_add(1);
            unchecked = after;
        }
        Ok(Self { maps, prices })
    }

    /// Turns scores into probabilities, in place: those that each expert is right, 0 to
    /// [`Self::ONE`].
    pub fn probabilities(&self, scores: &mut [i32]) {
        for (score, &price) in scores.iter_mut().zip(self.prices) {
            *score = constant_time::add(*score, price as i32);
        }
    }

    /// Turns scores under the prices of the image into scores under other prices, in place.
    pub fn change_prices(&self, scores: &mut [i32], prices: &[Price]) {
        for (score, (&old, &new)) in scores.iter_mut().zip(self.prices.iter().zip(prices)) {
            // Each price is at most 2^30, so neither step overflows.
            *score = constant_time::add(*score, (old as i32).wrapping_sub(new.bits() as i32));
        }
    }

    /// Turns the network's outputs into scores, in place: probability minus price.
    ///
    /// A function of its own, so that its variables are not on the stack while the layers run.
    #[inline(never)]
    pub(crate) fn apply(&self, outputs: &mut [u32]) {
        for ((output, &map), &price) in outputs.iter_mut().zip(self.maps).zip(self.prices) {
            let logit = PlattMap::apply_words(map, *output as i32);
            *output = sigmoid(logit).wrapping_sub(price as i32) as u32;
        }
    }
}

/// The content of the section.
#[cfg(feature = "writer")]
pub(super) fn write(maps: &[PlattMap]) -> Vec<u32> {
    maps.iter().flat_map(|map| map.to_words()).collect()
}
