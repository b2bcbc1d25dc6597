//! Writing an image: all that it holds as plain numbers, and the order of its sections.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::layout::{HEADER_WORDS, section};
use super::sections::{push, push_skippable};
use super::{
    Image, ImageError, Provenance, experts, header, network, operating_points, platt_scaling,
    policy, provenance, quantizer,
};
use crate::fixed::{PlattMap, RawQuantizer, Requantizer};
use crate::governor::Rate;
use crate::price::Price;

/// Everything that an image holds, as plain numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageParts {
    /// One for each input.
    pub quantizers: Vec<InputQuantizer>,
    /// One for each input, or none if the image does not take raw readings.
    pub raw: Option<Vec<RawQuantizer>>,
    /// The layers in order; all but the last have requantizers.
    pub layers: Vec<LayerParts>,
    /// The unit of the integer scores.
    pub score_scale: f32,
    /// Added to the scores, one for each expert.
    pub offsets: Vec<i32>,
    /// The experts, `local` first.
    pub experts: Vec<ExpertParts>,
    /// Where the image comes from.
    pub provenance: Provenance,
    /// From output to logit, one for each expert; none if the network's outputs are the scores. With
    /// it scores are probabilities minus prices, and `score_scale` is 2^-16.
    pub platt_scaling: Option<Vec<PlattMap>>,
    /// Which deferral rate which threshold gives, if that was measured.
    pub operating_points: Option<OperatingPointsParts>,
}

/// The numbers of [`OperatingPoints`](crate::OperatingPoints).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatingPointsParts {
    /// The promised deferral rate; one if nothing is promised.
    pub budget: Rate,
    /// The rate at the image's own threshold.
    pub rate: Rate,
    /// The lowest and the highest advantage; 0 is between them.
    pub range: (i32, i32),
    /// Below this threshold deferring does not pay; at most 0.
    pub floor: i32,
    /// By how many score units one deferral raises a governor's threshold.
    pub step: i32,
    /// Mean and standard deviation of the advantage.
    pub advantage: (i32, i32),
    /// Rates in ascending order with their thresholds in descending order.
    pub entries: Vec<(Rate, i32)>,
    /// In ascending order of level, the first from 0.
    pub energy: Vec<EnergyParts>,
}

/// A budget for a battery at this level or above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnergyParts {
    /// The lowest level, per mille.
    pub from: u16,
    /// The budget.
    pub budget: Rate,
    /// The threshold that kept it on the calibration rows.
    pub threshold: i32,
}

/// From a feature `x` in its own unit to an input code: `floor(x * scale + bias)` saturated to
/// `0..=255`, minus 128. The half that turns the floor into rounding is part of the bias.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InputQuantizer {
    /// Codes per unit; not negative.
    pub scale: f32,
    /// Codes.
    pub bias: f32,
}

/// One dense layer.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerParts {
    /// Width of the layer's input.
    pub inputs: usize,
    /// One for each output, within ±[`MAX_BIAS`](super::MAX_BIAS).
    pub biases: Vec<i32>,
    /// One for each output; none in the last layer.
    pub requantizers: Vec<Requantizer>,
    /// Row-major, outputs x inputs, each -127 to 127.
    pub weights: Vec<i8>,
}

/// What an image says about an expert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpertParts {
    /// At most [`MAX_NAME`](super::MAX_NAME) bytes.
    pub name: String,
    /// Mean price of one use.
    pub price: Price,
}

/// Why an image could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// A list has another length than the rest of the parts needs.
    Length {
        /// The list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it needs.
        expected: usize,
    },
    /// A number does not fit its place in the format.
    TooLarge {
        /// The number's meaning.
        what: &'static str,
        /// The number.
        found: usize,
        /// The largest possible.
        limit: usize,
    },
    /// The bytes would not be read back.
    Image(ImageError),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { what, found, expected } => {
                write!(f, "the image needs {expected} {what}, found {found}")
            }
            Self::TooLarge { what, found, limit } => {
                write!(f, "{what} of an image: found {found}, expected at most {limit}")
            }
            Self::Image(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for WriteError {}

impl ImageParts {
    /// Lays the image out and reads it back once, so that what is written can be run.
    ///
    /// # Errors
    /// [`WriteError`] if the parts do not fit each other or the format.
    pub fn to_words(&self) -> Result<Vec<u32>, WriteError> {
        let inputs = narrow("inputs", self.quantizers.len(), usize::from(super::MAX_WIDTH))?;
        let experts = narrow("experts", self.experts.len(), crate::MAX_EXPERTS)?;
        let layers = narrow("layers", self.layers.len(), usize::from(u8::MAX))?;
        same_length("offsets", self.offsets.len(), self.experts.len())?;

        let mut words = Vec::from(header::begin(inputs, experts, layers));
        push(&mut words, section::QUANTIZER, quantizer::write(&self.quantizers));
        if let Some(raw) = &self.raw {
            same_length("raw quantizers", raw.len(), self.quantizers.len())?;
            push(&mut words, section::RAW, quantizer::write_raw(raw));
        }
        push(&mut words, section::NETWORK, network::write(&self.layers)?);
        push(&mut words, section::POLICY, policy::write(self.score_scale, &self.offsets));
        push(&mut words, section::EXPERTS, experts::write(&self.experts)?);
        push(&mut words, section::PROVENANCE, provenance::write(&self.provenance));
        if let Some(entries) = &self.platt_scaling {
            same_length("entries of the Platt scaling", entries.len(), self.experts.len())?;
            push(&mut words, section::PLATT_SCALING, platt_scaling::write(entries));
        }
        if let Some(points) = &self.operating_points {
            push_skippable(&mut words, section::OPERATING_POINTS, operating_points::write(points)?);
        }
        finish(words)
    }

    /// The image as bytes, for a file.
    ///
    /// # Errors
    /// As [`ImageParts::to_words`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        Ok(self.to_words()?.iter().flat_map(|word| word.to_le_bytes()).collect())
    }
}

impl Image<'_> {
    /// The words of this image with these operating points, in place of those that it may have.
    ///
    /// # Errors
    /// [`WriteError`] if the numbers of the operating points do not fit.
    pub fn with_operating_points(
        &self,
        points: &OperatingPointsParts,
    ) -> Result<Vec<u32>, WriteError> {
        let mut words = Vec::new();
        let (header, mut rest) = self.words.split_at(HEADER_WORDS);
        words.extend(header);
        let mut pending = Some(operating_points::write(points)?);
        while let [head, length, after @ ..] = rest {
            let (content, after) = after.split_at(*length as usize);
            let kind = *head as u16;
            if kind >= section::OPERATING_POINTS
                && let Some(points) = pending.take()
            {
                push_skippable(&mut words, section::OPERATING_POINTS, points);
            }
            if kind != section::OPERATING_POINTS {
                words.extend([*head, *length]);
                words.extend(content);
            }
            rest = after;
        }
        if let Some(points) = pending {
            push_skippable(&mut words, section::OPERATING_POINTS, points);
        }
        finish(words)
    }
}

/// Completes the header, and reads the image once.
fn finish(mut words: Vec<u32>) -> Result<Vec<u32>, WriteError> {
    header::complete(&mut words)?;
    Image::from_words(&words).map_err(WriteError::Image)?;
    Ok(words)
}

/// A number for a place in the format that takes at most `limit`.
pub(super) fn narrow(what: &'static str, found: usize, limit: usize) -> Result<u32, WriteError> {
    if found > limit {
        return Err(WriteError::TooLarge { what, found, limit });
    }
    // The limits are all at most u32::MAX.
    Ok(found as u32)
}

/// An error if a list is not as long as it must be.
pub(super) fn same_length(
    what: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), WriteError> {
    if found == expected { Ok(()) } else { Err(WriteError::Length { what, found, expected }) }
}
