//! The policy section: the unit of the scores, and an offset for each expert.

#[cfg(feature = "writer")]
use alloc::vec::Vec;

use super::ImageError;
use super::layout::{MAX_OFFSET, section};

/// Checks the section: the bits of the score scale, and the offsets.
pub(super) const fn read(words: &[u32], experts: u8) -> Result<(u32, &[i32]), ImageError> {
    let Some((&score_scale, offsets)) = words.split_first() else {
        return Err(ImageError::SectionLength { kind: section::POLICY });
    };
    if offsets.len() != experts as usize {
        return Err(ImageError::SectionLength { kind: section::POLICY });
    }
    // As bits, so that no float routine is needed: positive, not zero, finite.
    if score_scale == 0 || score_scale >= 0x7f80_0000 {
        return Err(ImageError::ScoreScale);
    }
    let offsets: &[i32] = bytemuck::must_cast_slice(offsets);
    let mut rest = offsets;
    let mut expert = 0u8;
    while let [offset, after @ ..] = rest {
        if *offset < -MAX_OFFSET || *offset > MAX_OFFSET {
            return Err(ImageError::Offset { expert });
        }
        expert = expert.wrapping_add(1);
        rest = after;
    }
    Ok((score_scale, offsets))
}

/// The content of the section.
#[cfg(feature = "writer")]
pub(super) fn write(score_scale: f32, offsets: &[i32]) -> Vec<u32> {
    let mut words = Vec::from([score_scale.to_bits()]);
    words.extend(offsets.iter().map(|&offset| offset as u32));
    words
}
