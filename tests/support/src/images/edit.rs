//! Changing the words of an image, section by section, with its checksum right again.

use super::{small, with_operating_points, with_platt_scaling};
use crate::checksum::{reseal, seal};
use mild::image::ImageParts;

/// Kinds of sections, as `docs/image-format.md` numbers them.
pub(super) const QUANTIZER: u16 = 1;
pub(super) const RAW: u16 = 2;
pub(super) const NETWORK: u16 = 3;
pub(super) const POLICY: u16 = 4;
pub(super) const EXPERTS: u16 = 5;
pub(super) const PROVENANCE: u16 = 6;
pub(super) const PLATT_SCALING: u16 = 7;
pub(super) const OPERATING_POINTS: u16 = 8;
pub(super) const KINDS: [u16; 6] = [QUANTIZER, RAW, NETWORK, POLICY, EXPERTS, PROVENANCE];

/// Words in the header.
const HEADER: usize = 5;

/// The section flag that lets a reader skip a kind it does not know.
pub(super) const SKIPPABLE: u32 = 1 << 16;

/// The bytes of these words.
#[must_use]
pub fn to_bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The small image with some of its words changed, the checksum right again.
pub fn edited(edit: impl FnOnce(&mut Vec<u32>)) -> Vec<u32> {
    let mut words = small().to_words().unwrap();
    edit(&mut words);
    reseal(&mut words);
    words
}

/// One section, cut out of an image.
#[derive(Clone)]
pub struct Section {
    /// Its kind and flags.
    pub head: u32,
    /// Its words, without head and length.
    pub content: Vec<u32>,
}

/// The small image with its list of sections changed, lengths and checksum right again.
pub fn rearranged(edit: impl FnOnce(&mut Vec<Section>)) -> Vec<u32> {
    rearranged_from(&small(), edit)
}

/// The image with operating points, that section changed.
pub(super) fn in_operating_points(edit: impl FnOnce(&mut Vec<u32>)) -> Vec<u32> {
    rearranged_from(&with_operating_points(), |sections| edit(&mut sections[KINDS.len()].content))
}

/// The image with Platt scaling, that section changed.
pub(super) fn in_platt_scaling(edit: impl FnOnce(&mut Vec<u32>)) -> Vec<u32> {
    rearranged_from(&with_platt_scaling(), |sections| edit(&mut sections[KINDS.len()].content))
}

fn rearranged_from(parts: &ImageParts, edit: impl FnOnce(&mut Vec<Section>)) -> Vec<u32> {
    let words = parts.to_words().unwrap();
    let (header, mut rest) = words.split_at(HEADER);
    let mut sections = Vec::new();
    while let [head, length, after @ ..] = rest {
        let (content, after) = after.split_at(*length as usize);
        sections.push(Section { head: *head, content: content.to_vec() });
        rest = after;
    }
    edit(&mut sections);
    let mut words = header.to_vec();
    for section in sections {
        words.extend([section.head, section.content.len() as u32]);
        words.extend(section.content);
    }
    seal(&mut words);
    words
}

/// The small image with the content of one section changed.
pub fn in_section(kind: u16, edit: impl FnOnce(&mut Vec<u32>)) -> Vec<u32> {
    rearranged(|sections| {
        let section = sections.iter_mut().find(|section| section.head == u32::from(kind)).unwrap();
        edit(&mut section.content);
    })
}
