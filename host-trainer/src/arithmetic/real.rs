//! Floating-point arithmetic that gives the same bits on every host.
//!
//! The standard library's `exp` and `ln` differ between platforms, which would make images differ.
//! Here `f32` has its own short polynomials, written so that the compiler can vectorise them, and
//! `f64`, used where speed does not matter, those of the `libm` crate. A fused multiply-add is one
//! rounding everywhere, in hardware or not.

/// What the losses need of a floating-point number: they run in `f32` and are checked in `f64`.
pub trait Real:
    Copy
    + Send
    + Sync
    + PartialOrd
    + std::fmt::Debug
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
    + std::ops::AddAssign
    + std::ops::SubAssign
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// The nearest number.
    fn from_f64(value: f64) -> Self;
    /// The same number.
    fn to_f64(self) -> f64;
    /// `self * factor + addend`, rounded once.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// e to this power.
    fn exp(self) -> Self;
    /// The natural logarithm of a positive number.
    fn ln(self) -> Self;
    /// This to a power; for positive numbers.
    #[inline(always)]
    fn powf(self, power: Self) -> Self {
        (self.ln() * power).exp()
    }
    /// The larger of two numbers.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        f32::mul_add(self, factor, addend)
    }

    /// Relative error below 2e-7 for results that are normal numbers; the argument is clamped to
    /// ±87, so the result is never 0, subnormal or infinite.
    #[inline(always)]
    fn exp(self) -> Self {
        // x = n ln 2 + r with |r| <= ln 2 / 2, as by Cody and Waite: ln 2 in two parts, the first
        // exact in a product with n. Adding and subtracting 1.5 * 2^23 rounds to an integer.
        const ROUND: f32 = 12_582_912.0;
        const LN_2_HIGH: f32 = 0.693_359_4;
        const LN_2_LOW: f32 = -2.121_944_4e-4;
        // The comparisons are written so that a NaN passes through.
        let x = if self > 87.0 { 87.0 } else { self };
        let x = if x < -87.0 { -87.0 } else { x };
        let shifted = f32::mul_add(x, std::f32::consts::LOG2_E, ROUND);
        let n = shifted - ROUND;
        let r = f32::mul_add(n, -LN_2_HIGH, x);
        let r = f32::mul_add(n, -LN_2_LOW, r);
        // Taylor's series to the seventh power: the remainder on |r| <= 0.347 is below 6e-9.
        let mut p = 1.0 / 5040.0;
        p = f32::mul_add(p, r, 1.0 / 720.0);
        p = f32::mul_add(p, r, 1.0 / 120.0);
        p = f32::mul_add(p, r, 1.0 / 24.0);
        p = f32::mul_add(p, r, 1.0 / 6.0);
        p = f32::mul_add(p, r, 0.5);
        p = f32::mul_add(p, r, 1.0);
        p = f32::mul_add(p, r, 1.0);
        // The low bits of the shifted number are n: move them to the exponent.
        let scale = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
        p * scale
    }

    /// Absolute error below 2e-7 for normal numbers of moderate size; the relative error near 1
    /// is that of the argument.
    #[inline(always)]
    fn ln(self) -> Self {
        // x = 2^e m with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh((m - 1) / (m + 1)).
        const SQRT_HALF: u32 = 0x3f35_04f3;
        let bits = self.to_bits().wrapping_sub(SQRT_HALF);
        let e = (bits as i32 >> 23) as f32;
        let m = f32::from_bits((bits & 0x007f_ffff).wrapping_add(SQRT_HALF));
        let s = (m - 1.0) / (m + 1.0);
        let z = s * s;
        let mut p = 1.0 / 9.0;
        p = f32::mul_add(p, z, 1.0 / 7.0);
        p = f32::mul_add(p, z, 1.0 / 5.0);
        p = f32::mul_add(p, z, 1.0 / 3.0);
        let tail = p * z * s;
        let ln_m = 2.0 * s + 2.0 * tail;
        f32::mul_add(e, std::f32::consts::LN_2, ln_m)
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        f64::mul_add(self, factor, addend)
    }

    #[inline(always)]
    fn exp(self) -> Self {
        libm::exp(self)
    }

    #[inline(always)]
    fn ln(self) -> Self {
        libm::log(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_accurate() {
        let mut x = -86.9f32;
        while x < 86.9 {
            let exact = f64::from(x).exp();
            let error = (f64::from(Real::exp(x)) - exact).abs() / exact;
            assert!(error < 2e-7, "exp({x}): relative error {error}");
            x += 0.0137;
        }
        assert_eq!(Real::exp(0.0f32), 1.0);
        assert!(Real::exp(f32::NAN).is_nan());
        assert!(Real::exp(1e9f32).is_finite() && Real::exp(-1e9f32) > 0.0);
    }

    #[test]
    fn ln_is_accurate() {
        let mut x = 1e-6f32;
        while x < 1e6 {
            let exact = f64::from(x).ln();
            let error = (f64::from(Real::ln(x)) - exact).abs();
            assert!(error < 2e-7 * exact.abs().max(1.0), "ln({x}): error {error}");
            x *= 1.003;
        }
        assert_eq!(Real::ln(1.0f32), 0.0);
    }
}
