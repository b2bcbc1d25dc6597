//! Features in, scores and a [`Decision`] out.

use core::fmt;

use crate::fixed::RawQuantizer;
use crate::image::Image;
use crate::kernel::{self, GROUP, WORDS_PER_GROUP};
use crate::policy::{Decision, LOCAL, Reachable, Scores};
use crate::price::Price;

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
    /// The image was made without Platt scaling, so it knows neither probabilities nor prices.
    NoPlattScaling,
    /// Another number of prices than the image has experts.
    Prices {
        /// Prices given.
        found: usize,
        /// Prices needed.
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
            Self::NoPlattScaling => f.write_str(
                "the image has no probabilities: it was not made with the method `one-vs-all`",
            ),
            Self::Prices { found, expected } => {
                write!(f, "found {found} prices, expected {expected}")
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
pub trait FeatureValue: Copy + sealed::Quantize {}

impl FeatureValue for f32 {}
impl FeatureValue for i16 {}
impl FeatureValue for i8 {}

mod sealed {
    use super::{Image, InputError};

    pub trait Quantize: Copy {
        /// What the image says of each feature of this kind.
        fn parameters<'a>(image: &Image<'a>) -> Result<&'a [[u32; 2]], InputError>;

        /// The code of a feature; `None` if it is not a number.
        fn code(self, parameters: [u32; 2]) -> Option<i8>;
    }
}

impl sealed::Quantize for f32 {
    #[inline(always)]
    fn parameters<'a>(image: &Image<'a>) -> Result<&'a [[u32; 2]], InputError> {
        Ok(image.quantizer)
    }

    #[inline(always)]
    fn code(self, [scale, bias]: [u32; 2]) -> Option<i8> {
        if self.is_nan() {
            return None;
        }
        // The cast truncates, and saturates to 0..=255; infinity times a scale of 0 is NaN, which
        // it takes to 0.
        let code = (self * f32::from_bits(scale) + f32::from_bits(bias)) as u8;
        Some((code ^ 0x80) as i8)
    }
}

impl sealed::Quantize for i16 {
    #[inline(always)]
    fn parameters<'a>(image: &Image<'a>) -> Result<&'a [[u32; 2]], InputError> {
        image.raw.ok_or(InputError::NoRawQuantizer)
    }

    #[inline(always)]
    fn code(self, parameters: [u32; 2]) -> Option<i8> {
        // A checked image has valid quantizers only.
        Some(RawQuantizer::from_words(parameters).map_or(0, |raw| raw.code(self)))
    }
}

impl sealed::Quantize for i8 {
    #[inline(always)]
    fn parameters<'a>(image: &Image<'a>) -> Result<&'a [[u32; 2]], InputError> {
        Ok(image.quantizer)
    }

    #[inline(always)]
    fn code(self, _: [u32; 2]) -> Option<i8> {
        Some(self)
    }
}

/// Hands the codes of one input to `take`, four at a time with a slot for each, and to `take_last`
/// what is left, padded with 0, with the slots that are left.
#[inline(always)]
fn quantize<F: FeatureValue, S>(
    features: &[F],
    image: &Image<'_>,
    slots: &mut [S],
    mut take: impl FnMut(&mut S, [i8; GROUP]),
    take_last: impl FnOnce(&mut [S], [i8; GROUP]),
) -> Result<(), InputError> {
    let (groups, last) = features.as_chunks::<GROUP>();
    // As long as each other, which the compiler sees here and not from the image's inputs.
    let wrong = || InputError::Features { found: features.len(), expected: image.inputs() };
    let parameters = match F::parameters(image) {
        Ok(parameters) if parameters.len() == features.len() => parameters,
        Err(error) if features.len() == image.inputs() => return Err(error),
        _ => return Err(wrong()),
    };
    let (parameters, last_parameters) = parameters.as_chunks::<GROUP>();
    let Some((slots, last_slots)) = slots.split_at_mut_checked(groups.len()) else {
        return Err(wrong());
    };
    let mut complete = true;
    let mut code = |feature: F, parameters| {
        let code = feature.code(parameters);
        complete &= code.is_some();
        code.unwrap_or_default()
    };
    for ((&[a, b, c, d], &[pa, pb, pc, pd]), slot) in groups.iter().zip(parameters).zip(slots) {
        take(slot, [code(a, pa), code(b, pb), code(c, pc), code(d, pd)]);
    }
    if !last.is_empty() {
        // Without a loop, which would become a call to a general copy.
        let mut at = |index| match (last.get(index), last_parameters.get(index)) {
            (Some(&feature), Some(&parameters)) => code(feature, parameters),
            _ => 0,
        };
        take_last(last_slots, [at(0), at(1), at(2), 0]);
    }
    if complete {
        return Ok(());
    }
    let is_number = |feature: &F| feature.code([0; 2]).is_some();
    let feature = features.iter().position(|feature| !is_number(feature)).unwrap_or_default();
    Err(InputError::NotANumber { feature })
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
    /// lower index. The same as [`Self::scores`] and [`Scores::decide`].
    ///
    /// `scratch` is [`Image::scratch_words`] words or more; its content before does not matter.
    ///
    /// # Errors
    /// [`InputError`] if the arguments do not fit the image. With the right lengths only a NaN, or
    /// raw readings that the image does not know, give an error.
    #[inline(always)] // little but calls; one frame less on the stack
    pub fn decide<F: FeatureValue>(
        &self,
        features: &[F],
        reachable: Reachable,
        scratch: &mut [u32],
    ) -> Result<Decision, InputError> {
        Ok(self.scores(features, scratch)?.decide(reachable))
    }

    /// Decides on several inputs: the same decisions as those of [`Self::decide`] on each, in
    /// order.
    ///
    /// For a device that wakes with a buffer of readings. On a core with the DSP instructions two
    /// inputs at a time share each load of a weight, so each decision takes fewer instructions; on
    /// other cores it takes about as many as [`Self::decide`].
    ///
    /// `scratch` is [`Image::batch_scratch_words`] words or more, whatever `N` is; its content
    /// before does not matter.
    ///
    /// # Errors
    /// As [`Self::decide`], of the first input that has one; there is no decision then.
    #[inline(always)] // as `decide`
    pub fn decide_batch<F: FeatureValue, const N: usize>(
        &self,
        inputs: [&[F]; N],
        reachable: Reachable,
        scratch: &mut [u32],
    ) -> Result<[Decision; N], InputError> {
        let (found, expected) = (scratch.len(), self.image.batch_scratch_words());
        if found < expected {
            return Err(InputError::Scratch { found, expected });
        }
        let mut decisions = [Decision { expert: LOCAL, margin: i32::MAX }; N];
        let (pairs, last_input) = inputs.as_chunks();
        let (decided, last_decision) = decisions.as_chunks_mut();
        for (&pair, decided) in pairs.iter().zip(decided) {
            *decided = self.decide_two(pair, reachable, scratch)?;
        }
        if let ([input], [decision]) = (last_input, last_decision) {
            *decision = self.decide(input, reachable, scratch)?;
        }
        Ok(decisions)
    }

    /// Decides on two inputs, at once where the kernel can.
    #[inline(always)]
    fn decide_two<F: FeatureValue>(
        &self,
        [first, second]: [&[F]; 2],
        reachable: Reachable,
        scratch: &mut [u32],
    ) -> Result<[Decision; 2], InputError> {
        if !kernel::TWO {
            let first = self.decide(first, reachable, scratch)?;
            return Ok([first, self.decide(second, reachable, scratch)?]);
        }
        let (found, expected) = (scratch.len(), self.image.batch_scratch_words());
        let Some(mut sides) = self.image.network.sides_of_two(scratch) else {
            return Err(InputError::Scratch { found, expected });
        };
        self.pack_of_two(first, sides.inputs(), false)?;
        self.pack_of_two(second, sides.inputs(), true)?;
        let outputs = self.image.network.run_two(sides);
        let (first, second) =
            outputs.split_at_mut_checked(self.image.experts()).unwrap_or_default();
        Ok([first, second].map(|outputs| self.paired(self.price(outputs)).decide(reachable)))
    }

    /// As [`Self::pack`], for one of two inputs, whose groups lie side by side.
    #[inline(never)]
    fn pack_of_two<F: FeatureValue>(
        &self,
        features: &[F],
        words: &mut [u32],
        second: bool,
    ) -> Result<(), InputError> {
        let (groups, _) = words.as_chunks_mut();
        let (packed, _) = groups.as_chunks_mut();
        let take = |[first, other]: &mut [kernel::Group; 2], codes| {
            *(if second { other } else { first }) = kernel::pack_input(codes);
        };
        quantize(features, self.image, packed, take, |last, codes| {
            if let Some(packed) = last.first_mut() {
                take(packed, codes);
            }
        })
    }

    /// The integer scores of one input, one for each expert, with the offsets of the image. They
    /// lie in the scratch.
    ///
    /// For a client or a governor, which may have to decide on them more than once
    /// ([`policy`](crate::policy)).
    ///
    /// # Errors
    /// As [`Rejector::decide`].
    #[inline(always)]
    pub fn scores<'s, F: FeatureValue>(
        &self,
        features: &[F],
        scratch: &'s mut [u32],
    ) -> Result<Scores<'s>, InputError>
    where
        'a: 's,
    {
        Ok(self.paired(self.scores_mut(features, scratch)?))
    }

    /// The scores of one input as [`Self::scores`], but under other prices than those of the image:
    /// one for each expert, of one use.
    ///
    /// # Errors
    /// As [`Rejector::decide`]; [`InputError::NoPlattScaling`] if the image was not made for this,
    /// [`InputError::Prices`] if their number is not that of the experts.
    #[inline]
    pub fn scores_with_prices<'s, F: FeatureValue>(
        &self,
        features: &[F],
        prices: &[Price],
        scratch: &'s mut [u32],
    ) -> Result<Scores<'s>, InputError>
    where
        'a: 's,
    {
        let platt_scaling = self.image.platt_scaling().ok_or(InputError::NoPlattScaling)?;
        let expected = self.image.experts();
        if prices.len() != expected {
            return Err(InputError::Prices { found: prices.len(), expected });
        }
        let scores = self.scores_mut(features, scratch)?;
        platt_scaling.change_prices(scores, prices);
        Ok(self.paired(scores))
    }

    /// Scores with all that belongs to them.
    #[inline(always)]
    fn paired<'s>(&self, scores: &'s [i32]) -> Scores<'s>
    where
        'a: 's,
    {
        Scores::of_image(scores, self.image.offsets(), self.image.checksum())
    }

    #[inline(always)]
    fn scores_mut<'s, F: FeatureValue>(
        &self,
        features: &[F],
        scratch: &'s mut [u32],
    ) -> Result<&'s mut [i32], InputError> {
        let found = scratch.len();
        let expected = self.image.scratch_words();
        let Some(mut sides) = self.image.network.sides(scratch) else {
            return Err(InputError::Scratch { found, expected });
        };
        self.pack(features, sides.inputs())?;
        let outputs = self.image.network.run(sides);
        Ok(self.price(outputs))
    }

    /// Makes scores of the network's outputs, in place.
    #[inline(always)]
    fn price<'s>(&self, outputs: &'s mut [u32]) -> &'s mut [i32] {
        let scores = outputs.get_mut(..self.image.experts()).unwrap_or_default();
        if let Some(platt_scaling) = self.image.platt_scaling() {
            platt_scaling.apply(scores);
        }
        bytemuck::must_cast_slice_mut(scores)
    }

    /// The probability that each expert is right on one input, in units of 2^-16; they lie in the
    /// scratch.
    ///
    /// # Errors
    /// As [`Rejector::decide`], and [`InputError::NoPlattScaling`] if the image was not made for
    /// this.
    #[inline]
    pub fn probabilities<'s, F: FeatureValue>(
        &self,
        features: &[F],
        scratch: &'s mut [u32],
    ) -> Result<&'s [i32], InputError> {
        let platt_scaling = self.image.platt_scaling().ok_or(InputError::NoPlattScaling)?;
        let scores = self.scores_mut(features, scratch)?;
        platt_scaling.probabilities(scores);
        Ok(scores)
    }

    /// Quantizes and packs the features of one input. A function of its own, so that its variables
    /// have left the stack when the layers run.
    #[inline(never)]
    fn pack<F: FeatureValue>(&self, features: &[F], words: &mut [u32]) -> Result<(), InputError> {
        let (packed, _) = words.as_chunks_mut::<WORDS_PER_GROUP>();
        let take = |packed: &mut kernel::Group, codes| *packed = kernel::pack_input(codes);
        quantize(features, self.image, packed, take, |last, codes| {
            if let Some(packed) = last.first_mut() {
                take(packed, codes);
            }
        })
    }

    /// Runs one layer on the activations in the scratch, whatever they are, to count its
    /// instructions.
    #[cfg(feature = "bench-internals")]
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
    pub fn quantize<F: FeatureValue>(
        &self,
        features: &[F],
        codes: &mut [i8],
    ) -> Result<(), InputError> {
        let expected = self.image.inputs();
        if codes.len() != expected {
            return Err(InputError::Codes { found: codes.len(), expected });
        }
        let (whole, last) = codes.as_chunks_mut();
        quantize(
            features,
            self.image,
            whole,
            |slot, codes| *slot = codes,
            |_, codes| {
                for (slot, code) in last.iter_mut().zip(codes) {
                    *slot = code;
                }
            },
        )
    }
}
