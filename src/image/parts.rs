//! All that an image holds, as plain numbers.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{ImageError, Provenance};
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
    /// From output to logit, one for each expert; none if the network's outputs are the scores.
    /// With it scores are probabilities minus prices, and `score_scale` is 2^-16.
    pub platt_scaling: Option<Vec<PlattMap>>,
    /// Which deferral rate which threshold gives, if that was measured.
    pub operating_points: Option<OperatingPointsParts>,
    /// What the image knows of the names of inputs and classes.
    pub name_table: Option<NameTableParts>,
}

/// The names of inputs and classes, or digests of them
/// ([`NameTable`](super::NameTable)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTableParts {
    /// Of the inputs' names.
    pub inputs_digest: [u8; 8],
    /// Of the classes' names.
    pub classes_digest: [u8; 8],
    /// The names of the inputs and those of the classes, each of at most
    /// [`MAX_LISTED_NAME`](super::MAX_LISTED_NAME) bytes; none in an image that has the digests alone.
    pub names: Option<(Vec<String>, Vec<String>)>,
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
