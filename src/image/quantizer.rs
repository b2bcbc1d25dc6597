//! The sections of the input quantizers and of the raw quantizers, one pair of words for each
//! input.

#[cfg(feature = "writer")]
use alloc::vec::Vec;

use super::ImageError;
use super::layout::section;
#[cfg(feature = "writer")]
use super::parts::InputQuantizer;
use crate::fixed::RawQuantizer;

/// Checks the input quantizers.
pub(super) const fn read(words: &[u32], inputs: u16) -> Result<&[[u32; 2]], ImageError> {
    const INFINITY: u32 = 0x7f80_0000;
    let quantizers = match pairs(words, inputs, section::QUANTIZER) {
        Ok(quantizers) => quantizers,
        Err(error) => return Err(error),
    };
    let mut rest = quantizers;
    let mut input = 0u16;
    while let [[scale, bias], after @ ..] = rest {
        // As bits, so that no float routine is needed: a scale that is not negative and finite, a
        // bias that is finite.
        if *scale >= INFINITY || *bias & INFINITY == INFINITY {
            return Err(ImageError::Quantizer { input });
        }
        input = input.wrapping_add(1);
        rest = after;
    }
    Ok(quantizers)
}

/// Checks the raw quantizers.
pub(super) const fn read_raw(words: &[u32], inputs: u16) -> Result<&[[u32; 2]], ImageError> {
    let quantizers = match pairs(words, inputs, section::RAW) {
        Ok(quantizers) => quantizers,
        Err(error) => return Err(error),
    };
    let mut rest = quantizers;
    let mut input = 0u16;
    while let [words, after @ ..] = rest {
        if RawQuantizer::from_words(*words).is_none() {
            return Err(ImageError::RawQuantizer { input });
        }
        input = input.wrapping_add(1);
        rest = after;
    }
    Ok(quantizers)
}

/// A section as one pair of words for each input.
const fn pairs(words: &[u32], inputs: u16, kind: u16) -> Result<&[[u32; 2]], ImageError> {
    let (pairs, rest) = words.as_chunks();
    if rest.is_empty() && pairs.len() == inputs as usize {
        Ok(pairs)
    } else {
        Err(ImageError::SectionLength { kind })
    }
}

/// The content of the section of the input quantizers.
#[cfg(feature = "writer")]
pub(super) fn write(quantizers: &[InputQuantizer]) -> Vec<u32> {
    quantizers.iter().flat_map(|q| [q.scale.to_bits(), q.bias.to_bits()]).collect()
}

/// The content of the section of the raw quantizers.
#[cfg(feature = "writer")]
pub(super) fn write_raw(quantizers: &[RawQuantizer]) -> Vec<u32> {
    quantizers.iter().flat_map(|raw| raw.to_words()).collect()
}
