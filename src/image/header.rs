//! The header: magic, version, length and checksum.

use super::ImageError;
use super::layout::{CHECKSUM_FROM, FORMAT_VERSION, HEADER_WORDS, MAGIC};
#[cfg(feature = "writer")]
use super::parts::{WriteError, narrow};
use crate::checksum;

/// The length in bytes that a header states, if it is a header of this version: neither erased
/// flash nor another version has a length that means anything.
pub(crate) const fn stated_length(header: [u32; HEADER_WORDS]) -> Result<usize, ImageError> {
    let [magic, version, length, ..] = header;
    if magic != MAGIC {
        return Err(ImageError::Magic { found: magic });
    }
    if version as u16 != FORMAT_VERSION {
        return Err(ImageError::Version { found: version as u16, expected: FORMAT_VERSION });
    }
    if version >> 16 != 0 {
        return Err(ImageError::Reserved);
    }
    let length = length as usize;
    if !length.is_multiple_of(4) {
        return Err(ImageError::NotWords { found: length });
    }
    if length < HEADER_WORDS * 4 {
        return Err(ImageError::Truncated { found: length, expected: HEADER_WORDS * 4 });
    }
    Ok(length)
}

/// The words that a header states, or none if it is no header.
pub(crate) const fn stated_words(words: &[u32]) -> usize {
    match words.split_first_chunk::<HEADER_WORDS>() {
        Some((&header, _)) => match stated_length(header) {
            Ok(length) => length / 4,
            Err(_) => 0,
        },
        None => 0,
    }
}

/// Checks the header of a whole image, and its checksum; returns the word with its shape.
pub(super) const fn read(words: &[u32]) -> Result<u32, ImageError> {
    let found = words.len() * 4;
    let Some((&header, _)) = words.split_first_chunk::<HEADER_WORDS>() else {
        return Err(ImageError::Truncated { found, expected: HEADER_WORDS * 4 });
    };
    let expected = match stated_length(header) {
        Ok(length) => length,
        Err(error) => return Err(error),
    };
    let [_, _, _, stated, shape] = header;
    if found < expected {
        return Err(ImageError::Truncated { found, expected });
    }
    if found > expected {
        return Err(ImageError::TrailingBytes { found, expected });
    }
    let Some((_, covered)) = words.split_at_checked(CHECKSUM_FROM) else {
        return Err(ImageError::Truncated { found, expected: HEADER_WORDS * 4 });
    };
    let computed = checksum::of_words(covered);
    if computed != stated {
        return Err(ImageError::Checksum { found: computed, expected: stated });
    }
    Ok(shape)
}

/// A header without length and checksum, which [`complete`] fills in.
#[cfg(feature = "writer")]
pub(super) fn begin(inputs: u32, experts: u32, layers: u32) -> [u32; HEADER_WORDS] {
    [MAGIC, u32::from(FORMAT_VERSION), 0, 0, inputs | experts << 16 | layers << 24]
}

/// Fills in length and checksum.
#[cfg(feature = "writer")]
pub(super) fn complete(words: &mut [u32]) -> Result<(), WriteError> {
    words[2] = narrow("bytes", words.len() * 4, u32::MAX as usize)?;
    words[3] = checksum::of_words(&words[CHECKSUM_FROM..]);
    Ok(())
}
