//! The bytes in flash: a checked view of them, and every way in which they can be wrong.
//!
//! `docs/image-format.md` specifies each byte.

mod embed;
mod error;
mod experts;
mod header;
mod layout;
mod name_table;
mod network;
mod operating_points;
#[cfg(feature = "writer")]
mod parts;
mod platt_scaling;
mod policy;
mod provenance;
mod quantizer;
mod sections;
#[cfg(feature = "writer")]
mod write;

pub use embed::checked;
pub use error::ImageError;
pub(crate) use header::{stated_length, stated_words};
pub(crate) use layout::{FOLLOWS_SIGNED, HEADER_WORDS};
pub use layout::{FORMAT_VERSION, MAX_BIAS, MAX_NAME, MAX_OFFSET};
pub use name_table::{MAX_LISTED_NAME, NameTable};
pub use operating_points::{MAX_ENERGY_STEPS, MAX_ENTRIES, OperatingPoints};
#[cfg(feature = "writer")]
pub use parts::{
    EnergyParts, ExpertParts, ImageParts, InputQuantizer, LayerParts, NameTableParts,
    OperatingPointsParts, WriteError,
};
pub use platt_scaling::PlattScaling;
pub use provenance::Provenance;

pub use crate::kernel::MAX_WIDTH;
use crate::policy::MAX_EXPERTS;
use crate::price::Price;
use experts::Experts;
use layout::section;
use network::Network;
use sections::{Sections, required};

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
    described: Experts<'a>,
    provenance: &'a [u32; 8],
    platt_scaling: Option<PlattScaling<'a>>,
    operating_points: Option<OperatingPoints<'a>>,
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
        macro_rules! ok {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(error) => return Err(error),
                }
            };
        }
        let shape = ok!(header::read(words));
        let inputs = shape as u16;
        let experts = (shape >> 16) as u8;
        let layers = (shape >> 24) as u8;
        if inputs == 0 || inputs > MAX_WIDTH {
            return Err(ImageError::Inputs { found: inputs });
        }
        if experts < 2 || experts as usize > MAX_EXPERTS {
            return Err(ImageError::Experts { found: experts as u16 });
        }
        let sections = ok!(Sections::new(words));
        let quantizer = ok!(required(sections.quantizer, section::QUANTIZER));
        let quantizer = ok!(quantizer::read(quantizer, inputs));
        let raw = match sections.raw {
            None => None,
            Some(words) => Some(ok!(quantizer::read_raw(words, inputs))),
        };
        let network = ok!(required(sections.network, section::NETWORK));
        let network = ok!(Network::new(network, inputs, experts, layers));
        let policy = ok!(required(sections.policy, section::POLICY));
        let (score_scale, offsets) = ok!(policy::read(policy, experts));
        let described = ok!(required(sections.experts, section::EXPERTS));
        let described = ok!(Experts::new(described, experts));
        let provenance = ok!(required(sections.provenance, section::PROVENANCE));
        let provenance = ok!(provenance::read(provenance));
        let platt_scaling = match sections.platt_scaling {
            None => None,
            Some(words) => Some(ok!(PlattScaling::new(words, described.prices()))),
        };
        let operating_points = match sections.operating_points {
            None => None,
            Some(words) => Some(ok!(OperatingPoints::new(words))),
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
            described,
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
        self.network.shapes()
    }

    /// Scratch that a decision needs, in 32-bit words: two sides between which the layers go to and
    /// fro, two bytes for each activation.
    #[must_use]
    pub const fn scratch_words(&self) -> usize {
        self.network.scratch_words()
    }

    /// Scratch that [`Rejector::decide_batch`](crate::Rejector::decide_batch) needs, in 32-bit
    /// words: that of two decisions, whatever the number of inputs.
    #[must_use]
    pub const fn batch_scratch_words(&self) -> usize {
        2 * self.network.scratch_words()
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

    /// The Platt scaling, if the scores are probabilities minus prices and can be given other
    /// prices.
    #[must_use]
    pub const fn platt_scaling(&self) -> Option<PlattScaling<'a>> {
        self.platt_scaling
    }

    /// The unit of the integer scores: a float score is the integer score times this.
    #[must_use]
    pub const fn score_scale(&self) -> f32 {
        f32::from_bits(self.score_scale)
    }

    /// The mean price of one use of each expert.
    pub fn prices(&self) -> impl ExactSizeIterator<Item = Price> + use<'a> {
        self.described.prices().iter().map(|&bits| Price::from_bits(bits))
    }

    /// Which deferral rate which threshold gives, if the image was made with it.
    #[must_use]
    pub const fn operating_points(&self) -> Option<OperatingPoints<'a>> {
        self.operating_points
    }

    /// The experts' names, `local` first.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.described.names()
    }

    /// Where the image comes from.
    #[must_use]
    pub const fn provenance(&self) -> Provenance {
        Provenance::of_words(self.provenance)
    }
}
