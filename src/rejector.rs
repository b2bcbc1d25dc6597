//! Features in, scores and a [`Decision`] out.

use core::fmt;

use crate::fixed::RawQuantizer;
use crate::image::Image;
use crate::kernel::{Active, Kernel, WORDS_PER_GROUP};
use crate::policy::{Decision, Reachable, decide};

/// Why an input could not be decided on: always the caller's arguments, never the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum InputError {
    /// Another number of features than the image takes.
    Features {
        /// Features given.
        found: usize,
        /// Features needed.
        expected: usize,
    },
    /// A feature is not a number.
    NotANumber {
        /// Index of the feature.
        feature: usize,
    },
    /// The image was made without a `[raw]` section, so it does not know what a raw reading means.
    NoRawQuantizer,
    /// The scratch is shorter than [`Image::scratch_words`].
    Scratch {
        /// Words given.
        found: usize,
        /// Words needed.
        expected: usize,
    },
    /// The slice for the codes has another length than the image has inputs.
    Codes {
        /// Codes given room for.
        found: usize,
        /// Codes needed.
        expected: usize,
    },
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Features { found, expected } => {
                write!(f, "found {found} features, expected {expected}")
            }
            Self::NotANumber { feature } => write!(f, "feature {feature} is not a number"),
            Self::NoRawQuantizer => f.write_str(
                "the image takes no raw readings: it was made without a `[raw]` section",
            ),
            Self::Scratch { found, expected } => {
                write!(f, "found a scratch of {found} words, expected at least {expected}")
            }
            Self::Codes { found, expected } => {
                write!(f, "found room for {found} codes, expected {expected}")
            }
        }
    }
}

impl core::error::Error for InputError {}

/// A kind of feature that a [`Rejector`] takes.
///
/// - `f32`: in the feature's own unit, as in the log. Quantized as
///   `floor(x * scale + bias)` with two roundings to `f32` and saturation, which every host and
///   core does alike, with an FPU or without. Infinities saturate; a NaN is an
///   [`InputError::NotANumber`].
/// - `i16`: a raw reading, quantized with integers only ([`RawQuantizer`]).
/// - `i8`: a code that [`Rejector::quantize`] made earlier.
///
/// Sealed: an image knows these three.
pub trait Feature: Copy + sealed::Quantize {}

impl Feature for f32 {}
impl Feature for i16 {}
impl Feature for i8 {}

mod sealed {
    use super::{Image, InputError};

    pub trait Quantize: Sized {
        /// Quantizes the features of one input in order, handing each code to `take`.
        fn quantize(
            features: &[Self],
            image: &Image<'_>,
            take: impl FnMut(i8),
        ) -> Result<(), InputError>;
    }
}

impl sealed::Quantize for f32 {
    #[inline]
    fn quantize(
        features: &[Self],
        image: &Image<'_>,
        mut take: impl FnMut(i8),
    ) -> Result<(), InputError> {
        for (index, (&x, &[scale, bias])) in features.iter().zip(image.quantizer).enumerate() {
            if x.is_nan() {
                return Err(InputError::NotANumber { feature: index });
            }
            // The cast truncates, and saturates to 0..=255; infinity times a scale of 0 is NaN,
            // which it takes to 0.
            let code = (x * f32::from_bits(scale) + f32::from_bits(bias)) as u8;
            take((code ^ 0x80) as i8);
        }
        Ok(())
    }
}

impl sealed::Quantize for i16 {
    #[inline]
    fn quantize(
        features: &[Self],
        image: &Image<'_>,
        mut take: impl FnMut(i8),
    ) -> Result<(), InputError> {
        let Some(raw) = image.raw else { return Err(InputError::NoRawQuantizer) };
        for (&reading, &words) in features.iter().zip(raw) {
            // A checked image has valid quantizers only.
            take(RawQuantizer::from_words(words).map_or(0, |raw| raw.code(reading)));
        }
        Ok(())
    }
}

impl sealed::Quantize for i8 {
    #[inline]
    fn quantize(features: &[Self], _: &Image<'_>, take: impl FnMut(i8)) -> Result<(), InputError> {
        features.iter().copied().for_each(take);
        Ok(())
    }
}

/// Decides for each input: answer locally, or defer, and to which expert.
///
/// Integers only from the codes on; no heap, no panic; the run time depends on the shapes alone.
#[derive(Debug, Clone, Copy)]
pub struct Rejector<'a> {
    image: &'a Image<'a>,
}

impl<'a> Rejector<'a> {
    /// A rejector that runs an image.
    #[must_use]
    pub const fn new(image: &'a Image<'a>) -> Self {
        Self { image }
    }

    /// The image that it runs.
    #[must_use]
    pub const fn image(&self) -> &'a Image<'a> {
        self.image
    }

    /// Decides on one input: the reachable expert with the largest score plus offset, ties to the
    /// lower index.
    ///
    /// `scratch` is [`Image::scratch_words`] words or more; its content before does not matter.
    ///
    /// # Errors
    /// [`InputError`] if the arguments do not fit the image. With the right lengths only a NaN, or
    /// raw readings that the image does not know, give an error.
    #[inline]
    pub fn decide<F: Feature>(
        &self,
        features: &[F],
        reachable: Reachable,
        scratch: &mut [u32],
    ) -> Result<Decision, InputError> {
        let scores = self.scores(features, scratch)?;
        Ok(decide(scores, self.image.offsets(), reachable))
    }

    /// The integer scores of one input, one for each expert, without the offsets; they lie in the
    /// scratch. For [`policy::decide`](crate::policy::decide) with other offsets than the image's.
    ///
    /// # Errors
    /// As [`Rejector::decide`].
    #[inline]
    pub fn scores<'s, F: Feature>(
        &self,
        features: &[F],
        scratch: &'s mut [u32],
    ) -> Result<&'s [i32], InputError> {
        self.check_features(features.len())?;
        let found = scratch.len();
        let expected = self.image.scratch_words();
        let Some(sides) = self.image.network.sides(scratch) else {
            return Err(InputError::Scratch { found, expected });
        };
        let (packed, _) = sides.even.as_chunks_mut::<WORDS_PER_GROUP>();
        let mut packed = packed.iter_mut();
        let mut group = [0; 4];
        let mut place = 0;
        F::quantize(features, self.image, |code| {
            if let Some(slot) = group.get_mut(place) {
                *slot = code;
            }
            place += 1;
            if place == group.len() {
                if let Some(packed) = packed.next() {
                    *packed = Active::pack(group);
                }
                group = [0; 4];
                place = 0;
            }
        })?;
        if place > 0
            && let Some(packed) = packed.next()
        {
            *packed = Active::pack(group);
        }
        let scores = self.image.network.run(sides);
        let scores = scores.get(..self.image.experts()).unwrap_or_default();
        Ok(bytemuck::must_cast_slice(scores))
    }

    /// Runs one layer on the activations in the scratch, whatever they are, to count its
    /// instructions.
    #[cfg(feature = "measure")]
    #[doc(hidden)]
    pub fn run_layer(&self, index: usize, scratch: &mut [u32]) {
        if let Some(sides) = self.image.network.sides(scratch) {
            self.image.network.run_layer(index, sides);
        }
    }

    /// The codes of one input, for sending or storing them in place of the features.
    ///
    /// # Errors
    /// As [`Rejector::decide`], and [`InputError::Codes`] if `codes` has another length than the
    /// image has inputs.
    pub fn quantize<F: Feature>(&self, features: &[F], codes: &mut [i8]) -> Result<(), InputError> {
        self.check_features(features.len())?;
        if codes.len() != self.image.inputs() {
            return Err(InputError::Codes { found: codes.len(), expected: self.image.inputs() });
        }
        let mut slots = codes.iter_mut();
        F::quantize(features, self.image, |code| {
            if let Some(slot) = slots.next() {
                *slot = code;
            }
        })
    }

    fn check_features(&self, found: usize) -> Result<(), InputError> {
        let expected = self.image.inputs();
        if found == expected { Ok(()) } else { Err(InputError::Features { found, expected }) }
    }
}
