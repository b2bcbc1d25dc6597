//! The provenance section: where an image comes from.

#[cfg(feature = "writer")]
use alloc::vec::Vec;

use super::ImageError;
use super::layout::section;

/// Words of the section.
const WORDS: usize = 8;

/// Where an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Provenance {
    /// The first 8 bytes of the SHA-256 of what was read of the deferral log, row by row.
    pub log_digest: [u8; 8],
    /// The first 8 bytes of the SHA-256 of the configuration's file.
    pub config_digest: [u8; 8],
    /// The seed of the training.
    pub seed: u64,
    /// The version of the trainer: major, minor, patch.
    pub trainer: [u16; 3],
}

/// Checks the section.
pub(super) const fn read(words: &[u32]) -> Result<&[u32; WORDS], ImageError> {
    let Some((provenance, [])) = words.split_first_chunk::<WORDS>() else {
        return Err(ImageError::SectionLength { kind: section::PROVENANCE });
    };
    let &[.., patch] = provenance;
    if patch >> 16 != 0 {
        return Err(ImageError::Reserved);
    }
    Ok(provenance)
}

impl Provenance {
    /// What the words of a checked section say.
    pub(super) const fn of_words(words: &[u32; WORDS]) -> Self {
        let &[log0, log1, config0, config1, seed0, seed1, version, patch] = words;
        Self {
            log_digest: eight_bytes(log0, log1),
            config_digest: eight_bytes(config0, config1),
            seed: seed0 as u64 | (seed1 as u64) << 32,
            trainer: [version as u16, (version >> 16) as u16, patch as u16],
        }
    }
}

const fn eight_bytes(low: u32, high: u32) -> [u8; 8] {
    (low as u64 | (high as u64) << 32).to_le_bytes()
}

/// The content of the section.
#[cfg(feature = "writer")]
pub(super) fn write(provenance: &Provenance) -> Vec<u32> {
    let halves = |number: u64| [number as u32, (number >> 32) as u32];
    let [major, minor, patch] = provenance.trainer.map(u32::from);
    let mut words = Vec::new();
    words.extend(halves(u64::from_le_bytes(provenance.log_digest)));
    words.extend(halves(u64::from_le_bytes(provenance.config_digest)));
    words.extend(halves(provenance.seed));
    words.extend([major | minor << 16, patch]);
    words
}
