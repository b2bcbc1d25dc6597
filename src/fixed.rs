//! Fixed-point arithmetic: the one definition of rounding and saturation.
//!
//! **Rounding rule.** Every division by a power of two rounds *half up*, toward plus infinity:
//! `round(x / 2^s) = floor(x / 2^s + 1/2)`. The trainer calls these very functions, so host and
//! device cannot disagree.

use crate::steps;

/// Brings a 32-bit accumulator to an activation code: multiply, shift, round half up, and saturate
/// to `0..=127` (the saturation at 0 is the ReLU).
///
/// The real factor is `multiplier / 2^(32 + shift)`. Both numbers live in one 32-bit word: the word
/// *is* the multiplier, in `2^30..2^31`, and its five low bits are also the shift, `1..=31`. The
/// trainer rounds the multiplier to such a word, at a relative error of at most 2^-26 (for factors of
/// 2^-32 and more; smaller ones hardly move a code).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requantizer(u32);

impl Requantizer {
    /// Reads a requantizer from its word; `None` if the multiplier is outside `2^30..2^31` or the
    /// shift is 0.
    #[must_use]
    pub const fn from_word(word: u32) -> Option<Self> {
        if word >> 30 == 1 && word & 31 != 0 { Some(Self(word)) } else { None }
    }

    /// The word as it stands in an image.
    #[must_use]
    pub const fn to_word(self) -> u32 {
        self.0
    }

    /// The largest real factor that [`Self::from_factor`] takes.
    pub const MAX_FACTOR: f64 = 0.25 * (1.0 - 1.0 / (1u64 << 26) as f64);

    /// The requantizer nearest to a real factor in `0.0..=MAX_FACTOR`.
    ///
    /// Factors below 2^-33 give the smallest requantizer, which maps every accumulator within
    /// ±2^30 to 0. `None` if the factor is negative, above [`Self::MAX_FACTOR`] or not a number.
    #[cfg(feature = "writer")]
    #[must_use]
    pub fn from_factor(factor: f64) -> Option<Self> {
        if !(0.0..=Self::MAX_FACTOR).contains(&factor) {
            return None;
        }
        // Normalise to [1/4, 1/2): each doubling is exact in binary floating point.
        let (mut mantissa, mut shift) = (factor, 0u32);
        while mantissa < 0.25 && shift < 31 {
            mantissa *= 2.0;
            shift += 1;
        }
        if mantissa < 0.25 {
            return Self::from_word((1 << 30) | 31);
        }
        // The nearest word whose five low bits are the shift; it must stay inside 2^30..2^31.
        let wanted = (mantissa * 4_294_967_296.0) as i64;
        let nearest = ((wanted - i64::from(shift) + 16) >> 5) * 32 + i64::from(shift);
        if nearest < 1 << 30 && shift < 31 {
            // Just above a power of two with a shift above 16: the largest word of the next shift
            // is nearer than the smallest word of this one.
            return Self::from_word((1 << 31) - 32 + shift + 1);
        }
        let inside = nearest.clamp((1 << 30) + i64::from(shift), (1 << 31) - 32 + i64::from(shift));
        Self::from_word(inside as u32)
    }

    /// The real factor that this requantizer stands for.
    #[cfg(feature = "writer")]
    #[must_use]
    pub fn factor(self) -> f64 {
        f64::from(self.0) / 4_294_967_296.0 / f64::from(1u32 << (self.0 & 31))
    }

    /// Applies the requantizer to an accumulator of magnitude at most 2^30 (what a checked image
    /// guarantees); the result is in `0..=127`.
    #[must_use]
    #[inline(always)]
    pub fn apply(self, accumulator: i32) -> i8 {
        Self::apply_word(self.0, accumulator)
    }

    /// Applies the requantizer of a word that a check has found to be one.
    #[inline(always)]
    pub(crate) fn apply_word(word: u32, accumulator: i32) -> i8 {
        // Dropping the low 32 bits first does not change the rounded result: the nested floor
        // identity floor(floor(x / 2^32) / 2^s + 1/2) = floor(x / 2^(32+s) + 1/2) holds as s >= 1.
        let high = ((accumulator as i64 * word as i32 as i64) >> 32) as i32;
        // In two steps, floor((floor(high / 2^(s-1)) + 1) / 2), so that no power of two is needed.
        let code = ((high >> (word.wrapping_sub(1) & 31)) + 1) >> 1;
        steps::clamp_activation(code) as i8
    }
}

/// Maps a raw 16-bit reading to an input code with integers only:
/// `code = floor((reading * multiplier + addend) / 2^shift)`, saturated to `-128..=127`.
///
/// The addend holds the zero point and the half that turns the floor into rounding half up. The sum
/// saturates at 32 bits, which keeps the code right: with a shift of at most
/// [`RawQuantizer::MAX_SHIFT`] a saturated sum is far beyond the last code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawQuantizer {
    multiplier: i16,
    shift: u8,
    addend: i32,
}

impl RawQuantizer {
    /// The largest shift.
    pub const MAX_SHIFT: u8 = 22;

    /// A quantizer from its parts; `None` if the multiplier is negative or the shift is above
    /// [`Self::MAX_SHIFT`].
    #[must_use]
    pub const fn new(multiplier: i16, shift: u8, addend: i32) -> Option<Self> {
        if multiplier < 0 || shift > Self::MAX_SHIFT {
            None
        } else {
            Some(Self { multiplier, shift, addend })
        }
    }

    /// Reads a quantizer from its two image words (multiplier in the low half and shift in the high
    /// half of the first, addend in the second).
    #[must_use]
    #[inline(always)]
    pub const fn from_words(words: [u32; 2]) -> Option<Self> {
        let [scale, addend] = words;
        if scale >> 24 != 0 {
            return None;
        }
        Self::new(scale as u16 as i16, (scale >> 16) as u8, addend as i32)
    }

    /// The two words as they stand in an image.
    #[must_use]
    pub const fn to_words(self) -> [u32; 2] {
        [self.multiplier as u16 as u32 | (self.shift as u32) << 16, self.addend as u32]
    }

    /// The quantizer nearest to `code = factor * reading + zero`, `factor >= 0` in codes per count.
    ///
    /// `None` if a number is not finite, or the factor is negative or above 32767 codes per count.
    #[cfg(feature = "writer")]
    #[must_use]
    pub fn from_affine(factor: f64, zero: f64) -> Option<Self> {
        if !factor.is_finite() || !zero.is_finite() || !(0.0..=32767.0).contains(&factor) {
            return None;
        }
        let mut shift = 0;
        while shift < Self::MAX_SHIFT && factor * f64::from(1u32 << (shift + 1)) <= 32767.0 {
            shift += 1;
        }
        let unit = f64::from(1u32 << shift);
        let multiplier = (factor * unit + 0.5) as i16;
        // Casting saturates, as the device's sum does.
        let addend = zero * unit + unit / 2.0;
        let below = addend < 0.0 && addend as i64 as f64 != addend;
        let floor = (addend as i64).saturating_sub(i64::from(below));
        let addend = floor.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        Self::new(multiplier, shift, addend)
    }

    /// The code of a reading.
    #[must_use]
    #[inline(always)]
    pub fn code(self, reading: i16) -> i8 {
        let product = reading as i32 * self.multiplier as i32;
        saturate_i8(steps::add(product, self.addend) >> (self.shift & 31))
    }
}

/// Saturates to `-128..=127`.
#[must_use]
#[inline(always)]
pub fn saturate_i8(value: i32) -> i8 {
    steps::clamp(value, -128, 127) as i8
}
