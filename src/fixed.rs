//! Fixed-point arithmetic: the one definition of rounding and saturation.
//!
//! **Rounding rule.** Every division by a power of two rounds *half up*, toward plus infinity:
//! `round(x / 2^s) = floor(x / 2^s + 1/2)`. The trainer calls these very functions, so host and
//! device cannot disagree.

use crate::kernel::{self, constant_time};

/// Brings a 32-bit accumulator to an activation code: multiply, shift, round half up, and saturate
/// to `0..=127` (the saturation at 0 is the ReLU).
///
/// The real factor is `multiplier / 2^(32 + shift)`. Both numbers live in one 32-bit word: the word
/// *is* the multiplier, in `2^30..2^31`, and its low byte is also the shift, `1..=31`. The trainer
/// rounds the multiplier to such a word, at a relative error of at most 2^-23 (for factors of 2^-32
/// and more; smaller ones hardly move a code). Cores that shift by the low byte of a register shift
/// by the word as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requantizer(u32);

impl Requantizer {
    /// Reads a requantizer from its word; `None` if the multiplier is outside `2^30..2^31` or the
    /// shift outside `1..=31`.
    #[must_use]
    pub const fn from_word(word: u32) -> Option<Self> {
        let shift = word & 0xff;
        if word >> 30 == 1 && shift != 0 && shift <= 31 { Some(Self(word)) } else { None }
    }

    /// The word as it stands in an image.
    #[must_use]
    pub const fn to_word(self) -> u32 {
        self.0
    }

    /// The largest real factor that [`Self::from_factor`] takes.
    pub const MAX_FACTOR: f64 = 0.25 * (1.0 - 1.0 / (1u64 << 23) as f64);

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
        // The nearest word whose low byte is the shift; it must stay inside 2^30..2^31.
        let wanted = (mantissa * 4_294_967_296.0) as i64;
        let nearest = ((wanted - i64::from(shift) + 128) >> 8) * 256 + i64::from(shift);
        let largest = (1 << 31) - 256 + i64::from(shift);
        Self::from_word(nearest.min(largest) as u32)
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
        kernel::requantize(self.0, accumulator)
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
        saturate_i8(constant_time::add(product, self.addend) >> (self.shift & 31))
    }
}

/// Maps an output of the network to a binary logit, `log2(q / (1 - q))` in units of 2^-11, with
/// integers only: `((saturate(output >> drop) * multiplier) >> shift) + intercept`, saturated to
/// ±[`Self::MAX_LOGIT`]. The inner saturation is to ±65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlattMap {
    multiplier: u16,
    shift: u8,
    drop: u8,
    intercept: i32,
}

impl PlattMap {
    /// The largest multiplier.
    pub const MAX_MULTIPLIER: u16 = 32_767;
    /// The largest shift (the smallest is 1) and the largest drop (the smallest is 0).
    pub const MAX_SHIFT: u8 = 31;
    /// The largest magnitude of an intercept.
    pub const MAX_INTERCEPT: i32 = 1 << 20;
    /// The largest magnitude of a logit: 16 bits of odds.
    pub const MAX_LOGIT: i32 = 32_767;
    /// Logits are in units of one bit of odds divided by this.
    pub const UNIT: i32 = 1 << 11;

    /// Reads a map from its two image words; `None` if a number is out of range.
    #[must_use]
    pub const fn from_words(words: [u32; 2]) -> Option<Self> {
        let [scale, intercept] = words;
        let (multiplier, shift, drop) = (scale as u16, (scale >> 16) as u8, (scale >> 24) as u8);
        let intercept = intercept as i32;
        if multiplier > Self::MAX_MULTIPLIER
            || shift == 0
            || shift > Self::MAX_SHIFT
            || drop > Self::MAX_SHIFT
            || intercept > Self::MAX_INTERCEPT
            || intercept < -Self::MAX_INTERCEPT
        {
            return None;
        }
        Some(Self { multiplier, shift, drop, intercept })
    }

    /// The two words as they stand in an image.
    #[must_use]
    pub const fn to_words(self) -> [u32; 2] {
        let scale = self.multiplier as u32 | (self.shift as u32) << 16 | (self.drop as u32) << 24;
        [scale, self.intercept as u32]
    }

    /// The map nearest to `logit = slope * output + intercept`, both in natural units of
    /// log-odds. A negative slope counts as 0: the output then says nothing.
    ///
    /// `None` if a number is not finite.
    #[cfg(feature = "writer")]
    #[must_use]
    pub fn from_affine(slope: f64, intercept: f64) -> Option<Self> {
        if !slope.is_finite() || !intercept.is_finite() {
            return None;
        }
        let unit = core::f64::consts::LOG2_E * f64::from(Self::UNIT);
        let limit = f64::from(Self::MAX_INTERCEPT);
        let intercept = intercept * unit;
        let half = if intercept < 0.0 { -0.5 } else { 0.5 };
        let intercept = (intercept + half).clamp(-limit, limit) as i32;
        let mut slope = if slope > 0.0 { slope * unit } else { 0.0 };
        // Drop as many low bits as leave the inner saturation beyond the outer one.
        let reach = f64::from(Self::MAX_LOGIT + 1) + f64::from(intercept).abs();
        let mut drop = 0;
        while drop < Self::MAX_SHIFT && slope * 65_535.0 < reach && slope > 0.0 {
            slope *= 2.0;
            drop += 1;
        }
        let mut shift = 1;
        let largest = f64::from(Self::MAX_MULTIPLIER);
        while shift < Self::MAX_SHIFT && slope * f64::from(1u32 << shift) * 2.0 <= largest {
            shift += 1;
        }
        let multiplier = (slope * f64::from(1u32 << shift) + 0.5).min(largest) as u16;
        Some(Self { multiplier, shift, drop, intercept })
    }

    /// The logit of an output, in units of 2^-11 bits.
    #[must_use]
    pub fn logit(self, output: i32) -> i32 {
        Self::apply_words(self.to_words(), output)
    }

    /// Applies the map of two words that a check has found to be one.
    #[inline(always)]
    pub(crate) fn apply_words([scale, intercept]: [u32; 2], output: i32) -> i32 {
        let kept = constant_time::clamp(output >> (scale >> 24 & 31), -65_535, 65_535);
        // 16 bits times 15 bits; with a shift of 1 at least there is room for the intercept.
        let product = kept.wrapping_mul((scale & 0x7fff) as i32);
        let logit = (product >> (scale >> 16 & 31)).wrapping_add(intercept as i32);
        constant_time::clamp(logit, -Self::MAX_LOGIT, Self::MAX_LOGIT)
    }
}

/// The probability that belongs to a binary logit `t` in units of 2^-11, in units of 2^-16:
/// `65536 / (1 + 2^(-t / 2048))` with an error of at most 2, never falling as `t` rises.
///
/// With `e = 2^-|t|` it is `1 / (1 + e)`, or one minus that. Both functions are polynomials
/// (interpolated at Chebyshev nodes, degrees 4 and 6), so that there is no division and no table,
/// whose time could tell the number.
#[must_use]
#[inline(always)]
pub fn sigmoid(logit: i32) -> i32 {
    const POWER: [i32; 4] = [-2591, 11_132, -32_120, 46_341];
    const INVERSE: [i32; 6] = [-7049, 8518, -12_776, 19_422, -29_132, 43_691];
    let sign = logit >> 31;
    let size = (logit ^ sign).wrapping_sub(sign);
    let whole = (size >> 11 & 31) as u32;
    // The rest of the exponent, centred: -1024 to 1023. No product below leaves 32 bits.
    let rest = (size & 2047).wrapping_sub(1024);
    let mut e = 448i32;
    for coefficient in POWER {
        e = (e.wrapping_mul(rest).wrapping_add(1024) >> 11).wrapping_add(coefficient);
    }
    let e = e.wrapping_add((1 << whole) >> 1) >> whole;
    let centred = e.wrapping_sub(1 << 15);
    let mut inverse = 4699i32;
    for coefficient in INVERSE {
        inverse =
            (inverse.wrapping_mul(centred).wrapping_add(1 << 15) >> 16).wrapping_add(coefficient);
    }
    // One minus it where the logit is negative.
    (inverse ^ sign).wrapping_sub(sign).wrapping_add(sign & (1 << 16))
}

/// Saturates to `-128..=127`.
#[must_use]
#[inline(always)]
pub fn saturate_i8(value: i32) -> i8 {
    constant_time::clamp(value, -128, 127) as i8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_is_within_its_bound_and_never_falls() {
        let mut previous = 0;
        for logit in -PlattMap::MAX_LOGIT..=PlattMap::MAX_LOGIT {
            let found = sigmoid(logit);
            let exact = 65_536.0 / (1.0 + (-f64::from(logit) / 2048.0).exp2());
            assert!((f64::from(found) - exact).abs() <= 2.0, "{logit}: {found} for {exact}");
            assert!(found >= previous && found <= 1 << 16, "{logit}");
            previous = found;
        }
    }

    #[test]
    fn outputs_become_the_logits_asked_for() {
        let unit = core::f64::consts::LOG2_E * 2048.0;
        for (slope, intercept) in
            [(1e-3, 0.5), (1e-6, -2.0), (0.3, 100.0), (1e-9, 0.0), (0.0, 1.5), (5e-4, -300.0)]
        {
            let platt_scaling = PlattMap::from_affine(slope, intercept).unwrap();
            assert_eq!(PlattMap::from_words(platt_scaling.to_words()), Some(platt_scaling));
            for power in 0..30 {
                for output in [1 << power, -(1 << power), 3 << (power.min(28)), (1 << power) - 1] {
                    let limit = f64::from(PlattMap::MAX_LOGIT);
                    let exact = (slope * f64::from(output) + intercept) * unit;
                    let found = f64::from(platt_scaling.logit(output));
                    let error = (found - exact.clamp(-limit, limit)).abs();
                    assert!(
                        error <= 4.0 + 1e-4 * exact.abs().min(2.0 * limit),
                        "{slope} {intercept} {output}: {found}, {exact}"
                    );
                }
            }
        }
        let negative = PlattMap::from_affine(-1.0, 0.0).unwrap();
        assert_eq!(negative.logit(1 << 30), 0);
        assert_eq!(PlattMap::from_affine(f64::NAN, 0.0), None);
    }
}
