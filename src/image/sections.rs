//! From the words after the header to the sections, and back.

#[cfg(feature = "writer")]
use alloc::vec::Vec;

use super::ImageError;
use super::layout::{HEADER_WORDS, SKIPPABLE, section};

/// The sections by kind, as far as they are there.
pub(super) struct Sections<'a> {
    pub(super) quantizer: Option<&'a [u32]>,
    pub(super) raw: Option<&'a [u32]>,
    pub(super) network: Option<&'a [u32]>,
    pub(super) policy: Option<&'a [u32]>,
    pub(super) experts: Option<&'a [u32]>,
    pub(super) provenance: Option<&'a [u32]>,
    pub(super) platt_scaling: Option<&'a [u32]>,
    pub(super) operating_points: Option<&'a [u32]>,
}

impl<'a> Sections<'a> {
    /// Finds the sections of a whole image.
    pub(super) const fn new(words: &'a [u32]) -> Result<Self, ImageError> {
        let mut sections = Self {
            quantizer: None,
            raw: None,
            network: None,
            policy: None,
            experts: None,
            provenance: None,
            platt_scaling: None,
            operating_points: None,
        };
        let mut rest = match words.split_at_checked(HEADER_WORDS) {
            Some((_, rest)) => rest,
            None => &[],
        };
        let mut previous = 0;
        while let [head, rest_of_head @ ..] = rest {
            let kind = *head as u16;
            let flags = (*head >> 16) as u16;
            let Some((&length, after)) = rest_of_head.split_first() else {
                return Err(ImageError::SectionLength { kind });
            };
            let Some((content, after)) = after.split_at_checked(length as usize) else {
                return Err(ImageError::SectionLength { kind });
            };
            if kind <= previous {
                return Err(ImageError::SectionOrder { kind });
            }
            if flags & !SKIPPABLE != 0 {
                return Err(ImageError::Reserved);
            }
            match kind {
                section::QUANTIZER => sections.quantizer = Some(content),
                section::RAW => sections.raw = Some(content),
                section::NETWORK => sections.network = Some(content),
                section::POLICY => sections.policy = Some(content),
                section::EXPERTS => sections.experts = Some(content),
                section::PROVENANCE => sections.provenance = Some(content),
                section::PLATT_SCALING => sections.platt_scaling = Some(content),
                section::OPERATING_POINTS => sections.operating_points = Some(content),
                _ if flags & SKIPPABLE != 0 => {}
                _ => return Err(ImageError::UnknownSection { kind }),
            }
            previous = kind;
            rest = after;
        }
        Ok(sections)
    }
}

/// A section that every image has.
pub(super) const fn required(content: Option<&[u32]>, kind: u16) -> Result<&[u32], ImageError> {
    match content {
        Some(content) => Ok(content),
        None => Err(ImageError::MissingSection { kind }),
    }
}

/// Appends a section.
#[cfg(feature = "writer")]
pub(super) fn push(words: &mut Vec<u32>, kind: u16, content: Vec<u32>) {
    words.extend([u32::from(kind), content.len() as u32]);
    words.extend(content);
}

/// Appends a section that a reader may skip if it does not know the kind.
#[cfg(feature = "writer")]
pub(super) fn push_skippable(words: &mut Vec<u32>, kind: u16, content: Vec<u32>) {
    words.extend([u32::from(kind) | u32::from(SKIPPABLE) << 16, content.len() as u32]);
    words.extend(content);
}
