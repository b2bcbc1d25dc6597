//! The bytes in flash: a checked view of them, and every way in which they can be wrong.
//!
//! `docs/image-format.md` specifies each byte.

mod error;
pub(crate) mod layout;
#[cfg(feature = "writer")]
mod write;

pub use error::ImageError;
pub use layout::{FORMAT_VERSION, MAX_BIAS, MAX_NAME, MAX_OFFSET, MAX_WIDTH};
#[cfg(feature = "writer")]
pub use write::{
    EnergyParts, ExpertParts, ImageParts, InputQuantizer, LayerParts, OperatingPointsParts,
    PlattScalingParts, WriteError,
};

use crate::fixed::{PlattMap, RawQuantizer};
use crate::network::Network;
use crate::operating_points::{OperatingPoints, OperatingPointsError};
use crate::platt_scaling::PlattScaling;
use crate::policy::MAX_EXPERTS;
use layout::{
    CHECKSUM_FROM, HEADER_WORDS, MAGIC, PROVENANCE_WORDS, SECTION_HEADER_WORDS, SKIPPABLE,
    checksum, section,
};

#[cfg(target_endian = "big")]
compile_error!("an image is a view of little-endian words: big-endian targets are not supported");

/// A checked image: a view of bytes that stay where they are.
///
/// An `Image` exists only if every check has passed: alignment, magic, version, lengths, checksum,
/// shapes, and the ranges of all numbers, so that running it can neither fail nor overflow. With
/// [`include_image!`](crate::include_image) the checks run in the compiler.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    words: &'a [u32],
    inputs: u16,
    experts: u8,
    layers: u8,
    pub(crate) quantizer: &'a [[u32; 2]],
    pub(crate) raw: Option<&'a [[u32; 2]]>,
    pub(crate) network: Network<'a>,
    score_scale: u32,
    offsets: &'a [i32],
    costs: &'a [u32],
    names: &'a [u8],
    provenance: &'a [u32; PROVENANCE_WORDS],
    pub(crate) platt_scaling: Option<PlattScaling<'a>>,
    operating_points: Option<OperatingPoints<'a>>,
}

/// Where an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Provenance {
    /// The first 8 bytes of the SHA-256 of the deferral log's file.
    pub log_digest: [u8; 8],
    /// The first 8 bytes of the SHA-256 of the configuration's file.
    pub config_digest: [u8; 8],
    /// The seed of the training.
    pub seed: u64,
    /// The version of the trainer: major, minor, patch.
    pub trainer: [u16; 3],
}

impl<'a> Image<'a> {
    /// Checks the bytes of a whole image, for instance of a flash slot read at run time.
    ///
    /// # Errors
    /// Any [`ImageError`]; [`ImageError::Misaligned`] if the bytes do not start at a multiple of
    /// four, [`ImageError::TrailingBytes`] if there is more than one image (see
    /// [`Image::from_prefix`]).
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, ImageError> {
        if !bytes.as_ptr().addr().is_multiple_of(4) {
            return Err(ImageError::Misaligned);
        }
        match bytemuck::try_cast_slice(bytes) {
            Ok(words) => Self::from_words(words),
            Err(_) => Err(ImageError::NotWords { found: bytes.len() }),
        }
    }

    /// Checks the image at the start of a flash slot that may be longer; returns it and its length
    /// in bytes.
    ///
    /// # Errors
    /// Any [`ImageError`] but [`ImageError::TrailingBytes`].
    pub fn from_prefix(slot: &'a [u8]) -> Result<(Self, usize), ImageError> {
        let found = slot.len();
        let Some(&header) = slot.first_chunk::<{ HEADER_WORDS * 4 }>() else {
            return Err(ImageError::Truncated { found, expected: HEADER_WORDS * 4 });
        };
        let length = stated_length(bytemuck::must_cast(header))?;
        let Some(bytes) = slot.get(..length) else {
            return Err(ImageError::Truncated { found, expected: length });
        };
        Ok((Self::from_bytes(bytes)?, length))
    }

    /// Checks the words of a whole image; usable in constant evaluation.
    ///
    /// # Errors
    /// Any [`ImageError`] but [`ImageError::Misaligned`].
    pub const fn from_words(words: &'a [u32]) -> Result<Self, ImageError> {
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
        let computed = checksum(covered);
        if computed != stated {
            return Err(ImageError::Checksum { found: computed, expected: stated });
        }
        Self::from_sections(words, shape)
    }

    /// Reads the sections of an image whose header and checksum are right.
    const fn from_sections(words: &'a [u32], shape: u32) -> Result<Self, ImageError> {
        let inputs = shape as u16;
        let experts = (shape >> 16) as u8;
        let layers = (shape >> 24) as u8;
        if inputs == 0 || inputs > MAX_WIDTH {
            return Err(ImageError::Inputs { found: inputs });
        }
        if experts < 2 || experts as usize > MAX_EXPERTS {
            return Err(ImageError::Experts { found: experts as u16 });
        }
        macro_rules! ok {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(error) => return Err(error),
                }
            };
        }
        let sections = ok!(Sections::new(words));
        let quantizer = ok!(pairs(
            ok!(required(sections.quantizer, section::QUANTIZER)),
            inputs,
            section::QUANTIZER
        ));
        ok!(check_quantizer(quantizer));
        let raw = match sections.raw {
            None => None,
            Some(words) => {
                let raw = ok!(pairs(words, inputs, section::RAW));
                ok!(check_raw(raw));
                Some(raw)
            }
        };
        let network = ok!(required(sections.network, section::NETWORK));
        let network = ok!(Network::new(network, inputs, experts, layers));
        let policy = ok!(required(sections.policy, section::POLICY));
        let Some((&score_scale, offsets)) = policy.split_first() else {
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
        ok!(check_offsets(offsets));
        let described = ok!(required(sections.experts, section::EXPERTS));
        let Some((costs, names)) = described.split_at_checked(experts as usize) else {
            return Err(ImageError::SectionLength { kind: section::EXPERTS });
        };
        let names: &[u8] = bytemuck::must_cast_slice(names);
        ok!(check_names(names, experts));
        let provenance = ok!(required(sections.provenance, section::PROVENANCE));
        let Some((provenance, [])) = provenance.split_first_chunk::<PROVENANCE_WORDS>() else {
            return Err(ImageError::SectionLength { kind: section::PROVENANCE });
        };
        let &[.., patch] = provenance;
        if patch >> 16 != 0 {
            return Err(ImageError::Reserved);
        }
        let platt_scaling = match sections.platt_scaling {
            None => None,
            Some(words) => Some(ok!(platt_scaling(words, experts))),
        };
        let operating_points = match sections.operating_points {
            None => None,
            Some(words) => match OperatingPoints::new(words) {
                Ok(operating_points) => Some(operating_points),
                Err(OperatingPointsError::Length) => {
                    return Err(ImageError::SectionLength { kind: section::OPERATING_POINTS });
                }
                Err(OperatingPointsError::Word(word)) => {
                    return Err(ImageError::OperatingPoints { word });
                }
            },
        };
        Ok(Self {
            words,
            inputs,
            experts,
            layers,
            quantizer,
            raw,
            network,
            score_scale,
            offsets,
            costs,
            names,
            provenance,
            platt_scaling,
            operating_points,
        })
    }

    /// The image's bytes.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        bytemuck::must_cast_slice(self.words)
    }

    /// The image's own checksum (CRC-32), by which a fleet can tell images apart.
    #[must_use]
    pub const fn checksum(&self) -> u32 {
        match self.words {
            [_, _, _, checksum, ..] => *checksum,
            _ => 0,
        }
    }

    /// Number of features.
    #[must_use]
    pub const fn inputs(&self) -> usize {
        self.inputs as usize
    }

    /// Number of experts, `local` included.
    #[must_use]
    pub const fn experts(&self) -> usize {
        self.experts as usize
    }

    /// Number of dense layers.
    #[must_use]
    pub const fn layers(&self) -> usize {
        self.layers as usize
    }

    /// Inputs and outputs of each layer.
    pub fn shapes(&self) -> impl Iterator<Item = (usize, usize)> + use<'a> {
        self.network.layers().map(|layer| (layer.inputs as usize, layer.outputs as usize))
    }

    /// Scratch that a decision needs, in 32-bit words: two sides between which the layers go to and
    /// fro, two bytes for each activation.
    #[must_use]
    pub const fn scratch_words(&self) -> usize {
        self.network.scratch_words()
    }

    /// Multiply-accumulates of one decision.
    #[must_use]
    pub const fn macs(&self) -> u32 {
        self.network.macs()
    }

    /// Weights and biases.
    #[must_use]
    pub const fn parameters(&self) -> u32 {
        self.network.parameters()
    }

    /// Whether the image can read raw 16-bit readings.
    #[must_use]
    pub const fn takes_raw(&self) -> bool {
        self.raw.is_some()
    }

    /// The input quantizers, one for each input.
    #[cfg(feature = "writer")]
    pub fn quantizers(&self) -> impl Iterator<Item = InputQuantizer> + use<'a> {
        self.quantizer.iter().map(|&[scale, bias]| InputQuantizer {
            scale: f32::from_bits(scale),
            bias: f32::from_bits(bias),
        })
    }

    /// The offsets that a decision adds to the scores, one for each expert.
    #[must_use]
    pub const fn offsets(&self) -> &'a [i32] {
        self.offsets
    }

    /// The Platt scaling, if the scores are probabilities minus prices and can be given other prices.
    #[must_use]
    pub const fn platt_scaling(&self) -> Option<PlattScaling<'a>> {
        self.platt_scaling
    }

    /// The unit of the integer scores: a float score is the integer score times this.
    #[must_use]
    pub const fn score_scale(&self) -> f32 {
        f32::from_bits(self.score_scale)
    }

    /// The mean price of one use of each expert, in millionths of one error.
    #[must_use]
    pub const fn costs(&self) -> &'a [u32] {
        self.costs
    }

    /// Which deferral rate which threshold gives, if the image was made with it.
    #[must_use]
    pub const fn operating_points(&self) -> Option<OperatingPoints<'a>> {
        self.operating_points
    }

    /// The experts' names, `local` first.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut rest = self.names;
        (0..self.experts).map_while(move |_| {
            let (&length, after) = rest.split_first()?;
            let (name, after) = after.split_at_checked(length as usize)?;
            rest = after;
            core::str::from_utf8(name).ok()
        })
    }

    /// Where the image comes from.
    #[must_use]
    pub const fn provenance(&self) -> Provenance {
        let &[log0, log1, config0, config1, seed0, seed1, version, patch] = self.provenance;
        Provenance {
            log_digest: eight_bytes(log0, log1),
            config_digest: eight_bytes(config0, config1),
            seed: seed0 as u64 | (seed1 as u64) << 32,
            trainer: [version as u16, (version >> 16) as u16, patch as u16],
        }
    }
}

/// The length in bytes that a header states, if it is a header of this version: erased flash and
/// newer versions have no length worth a look.
const fn stated_length(header: [u32; HEADER_WORDS]) -> Result<usize, ImageError> {
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

/// The sections by kind, as far as they are there.
struct Sections<'a> {
    quantizer: Option<&'a [u32]>,
    raw: Option<&'a [u32]>,
    network: Option<&'a [u32]>,
    policy: Option<&'a [u32]>,
    experts: Option<&'a [u32]>,
    provenance: Option<&'a [u32]>,
    platt_scaling: Option<&'a [u32]>,
    operating_points: Option<&'a [u32]>,
}

impl<'a> Sections<'a> {
    const fn new(words: &'a [u32]) -> Result<Self, ImageError> {
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

const fn required(content: Option<&[u32]>, kind: u16) -> Result<&[u32], ImageError> {
    match content {
        Some(content) => Ok(content),
        None => Err(ImageError::MissingSection { kind }),
    }
}

/// A section as one pair of words for each input.
const fn pairs(content: &[u32], inputs: u16, kind: u16) -> Result<&[[u32; 2]], ImageError> {
    let (pairs, rest) = content.as_chunks();
    if rest.is_empty() && pairs.len() == inputs as usize {
        Ok(pairs)
    } else {
        Err(ImageError::SectionLength { kind })
    }
}

const fn check_quantizer(mut quantizer: &[[u32; 2]]) -> Result<(), ImageError> {
    const INFINITY: u32 = 0x7f80_0000;
    let mut input = 0u16;
    while let [[scale, bias], rest @ ..] = quantizer {
        // As bits, so that no float routine is needed: a scale that is not negative and finite, a
        // bias that is finite.
        if *scale >= INFINITY || *bias & INFINITY == INFINITY {
            return Err(ImageError::Quantizer { input });
        }
        input = input.wrapping_add(1);
        quantizer = rest;
    }
    Ok(())
}

const fn check_raw(mut raw: &[[u32; 2]]) -> Result<(), ImageError> {
    let mut input = 0u16;
    while let [words, rest @ ..] = raw {
        if RawQuantizer::from_words(*words).is_none() {
            return Err(ImageError::RawQuantizer { input });
        }
        input = input.wrapping_add(1);
        raw = rest;
    }
    Ok(())
}

const fn check_offsets(mut offsets: &[i32]) -> Result<(), ImageError> {
    let mut expert = 0u8;
    while let [offset, rest @ ..] = offsets {
        if *offset < -MAX_OFFSET || *offset > MAX_OFFSET {
            return Err(ImageError::Offset { expert });
        }
        expert = expert.wrapping_add(1);
        offsets = rest;
    }
    Ok(())
}

const fn platt_scaling(content: &[u32], experts: u8) -> Result<PlattScaling<'_>, ImageError> {
    let (entries, rest) = content.as_chunks();
    if !rest.is_empty() || entries.len() != experts as usize {
        return Err(ImageError::SectionLength { kind: section::PLATT_SCALING });
    }
    let mut expert = 0u8;
    let mut unchecked: &[[u32; 3]] = entries;
    while let [[scale, intercept, price], after @ ..] = unchecked {
        if PlattMap::from_words([*scale, *intercept]).is_none() || *price > PlattScaling::MAX_PRICE
        {
            return Err(ImageError::PlattScaling { expert });
        }
        expert = expert.wrapping_add(1);
        unchecked = after;
    }
    Ok(PlattScaling::new(entries))
}

/// One length byte and so many bytes of UTF-8 for each expert, then zeros to the end of a word.
const fn check_names(mut names: &[u8], experts: u8) -> Result<(), ImageError> {
    let mut expert = 0;
    while expert < experts {
        let Some((&length, after)) = names.split_first() else {
            return Err(ImageError::Name { expert });
        };
        let Some((name, after)) = after.split_at_checked(length as usize) else {
            return Err(ImageError::Name { expert });
        };
        if length == 0 || length as usize > MAX_NAME || core::str::from_utf8(name).is_err() {
            return Err(ImageError::Name { expert });
        }
        names = after;
        expert += 1;
    }
    if names.len() >= 4 {
        return Err(ImageError::SectionLength { kind: section::EXPERTS });
    }
    while let [byte, rest @ ..] = names {
        if *byte != 0 {
            return Err(ImageError::Reserved);
        }
        names = rest;
    }
    Ok(())
}

const fn eight_bytes(low: u32, high: u32) -> [u8; 8] {
    (low as u64 | (high as u64) << 32).to_le_bytes()
}

const _: () = assert!(SECTION_HEADER_WORDS == 2, "Sections::new reads two words");

/// The words of an image's bytes, for [`include_image!`](crate::include_image).
#[doc(hidden)]
#[must_use]
pub const fn words_of<const WORDS: usize>(bytes: &[u8]) -> [u32; WORDS] {
    assert!(bytes.len() == WORDS * 4, "the image is not a whole number of 32-bit words");
    let mut words = [0; WORDS];
    let mut i = 0;
    while i < WORDS {
        let at = i * 4;
        words[i] = u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        i += 1;
    }
    words
}

/// The image of these words, or a compile error that says what is wrong with it.
///
/// Meant for constants, as in the Rust that `mild export --format rust` writes.
///
/// # Panics
/// If the words are not an image.
#[must_use]
pub const fn checked(words: &[u32]) -> Image<'_> {
    match Image::from_words(words) {
        Ok(image) => image,
        Err(error) => panic!("{}", error.message()),
    }
}

/// Embeds an image at compile time.
///
/// Takes the path of a `*.mild` file, as [`include_bytes!`] does, and gives an [`Image<'static>`](Image)
/// whose numbers are constants. The whole image is checked in constant evaluation: a damaged,
/// mismatched or absent one does not compile.
///
/// ```text
/// const IMAGE: mild::Image<'static> = mild::include_image!("rejector.mild");
/// let mut scratch = [0; IMAGE.scratch_words()];
/// ```
#[macro_export]
macro_rules! include_image {
    ($path:expr $(,)?) => {{
        const BYTES: &[u8] = include_bytes!($path);
        // The words are made here, so the file needs no alignment.
        #[allow(long_running_const_eval)]
        static WORDS: [u32; BYTES.len() / 4] = $crate::image::words_of(BYTES);
        #[allow(long_running_const_eval)]
        const IMAGE: $crate::Image<'static> = $crate::image::checked(&WORDS);
        IMAGE
    }};
}
