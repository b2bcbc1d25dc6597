//! Writing an image: the other half of the reader beside it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::layout::{
    BLOCK_ROWS, CHECKSUM_FROM, FORMAT_VERSION, GROUP, HEADER_WORDS, MAGIC, MAX_NAME, SKIPPABLE,
    ZERO_WEIGHTS, activation, checksum, groups, section,
};
use super::{Image, ImageError, Provenance};
use crate::fixed::{PlattMap, RawQuantizer, Requantizer};
use crate::governor::Rate;

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
    /// One for each expert, or none if the network's outputs are the scores. With it `score_scale` is
    /// 2^-16.
    pub platt_scaling: Option<Vec<PlattScalingParts>>,
    /// Which deferral rate which threshold gives, if that was measured.
    pub operating_points: Option<OperatingPointsParts>,
}

/// How an expert's output becomes a score: probability minus price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlattScalingParts {
    /// From output to logit.
    pub output: PlattMap,
    /// Price of one use in 2^-16 of one error, at most
    /// [`PlattScaling::MAX_PRICE`](crate::PlattScaling::MAX_PRICE).
    pub price: u32,
}

/// The numbers of a [`OperatingPoints`](crate::OperatingPoints).
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

/// A budget for a battery that is at least so full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnergyParts {
    /// The lowest level, per mille.
    pub from: u16,
    /// The budget.
    pub budget: Rate,
    /// The threshold that kept it in calibration.
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

/// What an image says of an expert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpertParts {
    /// At most [`MAX_NAME`] bytes.
    pub name: String,
    /// Mean price of one use, in millionths of one error.
    pub cost: u32,
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

        let mut words = Vec::new();
        words.extend([MAGIC, u32::from(FORMAT_VERSION), 0, 0]);
        words.push(inputs | experts << 16 | layers << 24);
        debug_assert_eq!(words.len(), HEADER_WORDS);

        let quantizers = self.quantizers.iter();
        push_section(
            &mut words,
            section::QUANTIZER,
            quantizers.flat_map(|q| [q.scale.to_bits(), q.bias.to_bits()]).collect(),
        );
        if let Some(raw) = &self.raw {
            same_length("raw quantizers", raw.len(), self.quantizers.len())?;
            let raw = raw.iter().flat_map(|raw| raw.to_words()).collect();
            push_section(&mut words, section::RAW, raw);
        }
        let mut network = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            layer.push(&mut network, index + 1 == self.layers.len())?;
        }
        push_section(&mut words, section::NETWORK, network);
        let mut policy = Vec::from([self.score_scale.to_bits()]);
        policy.extend(self.offsets.iter().map(|&offset| offset as u32));
        push_section(&mut words, section::POLICY, policy);
        push_section(&mut words, section::EXPERTS, experts_words(&self.experts)?);
        push_section(&mut words, section::PROVENANCE, provenance_words(&self.provenance));
        if let Some(platt_scaling) = &self.platt_scaling {
            same_length("calibrations", platt_scaling.len(), self.experts.len())?;
            let entries = platt_scaling.iter().flat_map(|entry| {
                let [scale, intercept] = entry.output.to_words();
                [scale, intercept, entry.price]
            });
            push_section(&mut words, section::PLATT_SCALING, entries.collect());
        }
        if let Some(operating_points) = &self.operating_points {
            words.extend(operating_points.section()?);
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
    /// The words of this image with operating points, in place of the one it may have.
    ///
    /// # Errors
    /// [`WriteError`] if the numbers of the operating points do not fit.
    pub fn with_operating_points(
        &self,
        operating_points: &OperatingPointsParts,
    ) -> Result<Vec<u32>, WriteError> {
        let mut words = Vec::new();
        let (header, mut rest) = self.words.split_at(HEADER_WORDS);
        words.extend(header);
        let mut pending = Some(operating_points.section()?);
        while let [head, length, after @ ..] = rest {
            let (content, after) = after.split_at(*length as usize);
            let kind = *head as u16;
            if kind >= section::OPERATING_POINTS {
                words.extend(pending.take().unwrap_or_default());
            }
            if kind != section::OPERATING_POINTS {
                words.extend([*head, *length]);
                words.extend(content);
            }
            rest = after;
        }
        words.extend(pending.unwrap_or_default());
        finish(words)
    }
}

impl OperatingPointsParts {
    /// The whole section. It describes: a reader that does not know it decides the same.
    fn section(&self) -> Result<Vec<u32>, WriteError> {
        let content = self.words()?;
        let mut words =
            Vec::from([u32::from(section::OPERATING_POINTS) | u32::from(SKIPPABLE) << 16]);
        words.push(content.len() as u32);
        words.extend(content);
        Ok(words)
    }

    fn words(&self) -> Result<Vec<u32>, WriteError> {
        let entries =
            narrow("entries of a operating points", self.entries.len(), crate::MAX_ENTRIES)?;
        let energy = narrow("energy steps", self.energy.len(), crate::MAX_ENERGY_STEPS)?;
        let mut words = Vec::from([
            entries | energy << 16,
            self.budget.bits(),
            self.rate.bits(),
            self.range.0 as u32,
            self.range.1 as u32,
            self.floor as u32,
            self.step as u32,
            self.advantage.0 as u32,
            self.advantage.1 as u32,
        ]);
        for &(rate, threshold) in &self.entries {
            words.extend([rate.bits(), threshold as u32]);
        }
        for &EnergyParts { from, budget, threshold } in &self.energy {
            words.extend([u32::from(from), budget.bits(), threshold as u32]);
        }
        Ok(words)
    }
}

impl LayerParts {
    fn push(&self, words: &mut Vec<u32>, last: bool) -> Result<(), WriteError> {
        let limit = usize::from(super::MAX_WIDTH);
        let outputs = self.biases.len();
        let requantizers = if last { 0 } else { outputs };
        same_length("requantizers", self.requantizers.len(), requantizers)?;
        same_length("weights", self.weights.len(), outputs * self.inputs)?;
        words.push(
            narrow("layer inputs", self.inputs, limit)?
                | narrow("layer outputs", outputs, limit)? << 16,
        );
        words.push(if last { activation::SCORES } else { activation::RELU });
        words.extend(self.biases.iter().map(|&bias| bias as u32));
        words.extend(self.requantizers.iter().map(|requantizer| requantizer.to_word()));
        if self.inputs == 0 {
            return Ok(());
        }
        let rows: Vec<&[i8]> = self.weights.chunks_exact(self.inputs).collect();
        for block in rows.chunks(BLOCK_ROWS) {
            for group in 0..groups(self.inputs) {
                for row in block {
                    let mut word = ZERO_WEIGHTS;
                    let weights = row.iter().skip(group * GROUP).take(GROUP);
                    for (place, &weight) in weights.enumerate() {
                        word ^= u32::from(weight as u8) << (8 * place);
                    }
                    words.push(word);
                }
            }
        }
        Ok(())
    }
}

/// Length and checksum, and a look at whether it can be read.
fn finish(mut words: Vec<u32>) -> Result<Vec<u32>, WriteError> {
    words[2] = narrow("bytes", words.len() * 4, u32::MAX as usize)?;
    words[3] = checksum(&words[CHECKSUM_FROM..]);
    Image::from_words(&words).map_err(WriteError::Image)?;
    Ok(words)
}

fn push_section(words: &mut Vec<u32>, kind: u16, content: Vec<u32>) {
    words.push(u32::from(kind));
    words.push(content.len() as u32);
    words.extend(content);
}

fn experts_words(experts: &[ExpertParts]) -> Result<Vec<u32>, WriteError> {
    let mut words: Vec<u32> = experts.iter().map(|expert| expert.cost).collect();
    let mut names = Vec::new();
    for expert in experts {
        names.push(narrow("bytes of an expert's name", expert.name.len(), MAX_NAME)? as u8);
        names.extend(expert.name.bytes());
    }
    names.resize(names.len().next_multiple_of(4), 0);
    let (name_words, _) = names.as_chunks();
    words.extend(name_words.iter().map(|&bytes| u32::from_le_bytes(bytes)));
    Ok(words)
}

fn provenance_words(provenance: &Provenance) -> Vec<u32> {
    let halves = |number: u64| [number as u32, (number >> 32) as u32];
    let [major, minor, patch] = provenance.trainer.map(u32::from);
    let mut words = Vec::new();
    words.extend(halves(u64::from_le_bytes(provenance.log_digest)));
    words.extend(halves(u64::from_le_bytes(provenance.config_digest)));
    words.extend(halves(provenance.seed));
    words.extend([major | minor << 16, patch]);
    words
}

fn narrow(what: &'static str, found: usize, limit: usize) -> Result<u32, WriteError> {
    if found > limit {
        return Err(WriteError::TooLarge { what, found, limit });
    }
    // The limits are all at most u32::MAX.
    Ok(found as u32)
}

fn same_length(what: &'static str, found: usize, expected: usize) -> Result<(), WriteError> {
    if found == expected { Ok(()) } else { Err(WriteError::Length { what, found, expected }) }
}
