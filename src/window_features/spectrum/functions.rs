//! Logarithm and exponential function.

#[cfg(feature = "micromath")]
use core::f32::consts::LN_2;
use core::f32::consts::LOG10_E;

/// Whose logarithm and exponential function a statistic uses. The two give different numbers, so
/// this is a part of the statistic and of its name: a rejector is trained on one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Functions {
    /// The crate `libm`: off by less than a unit in the last place.
    #[default]
    Libm,
    /// The crate `micromath`: quicker, with a logarithm that is off by less than 0.0001, and an
    /// exponential function that is off by less than 0.3 % of its value; a test holds both.
    #[cfg(feature = "micromath")]
    Micromath,
}

impl Functions {
    /// All that the cargo features have.
    pub(super) const ALL: &[Self] = &[
        Self::Libm,
        #[cfg(feature = "micromath")]
        Self::Micromath,
    ];

    /// What stands behind the name of a statistic.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Libm => "",
            #[cfg(feature = "micromath")]
            Self::Micromath => "-micromath",
        }
    }

    /// The natural logarithm of a number of at least 2^-126.
    pub(super) fn ln(self, x: f32) -> f32 {
        match self {
            Self::Libm => libm::logf(x),
            // Below 1 micromath takes a quick reciprocal, which makes the logarithm off by 0.1. So
            // 126 binary orders are put on, and taken off again.
            #[cfg(feature = "micromath")]
            Self::Micromath if x < 1.0 => {
                micromath::F32(x * f32::from_bits(253 << 23)).ln().0 - 126.0 * LN_2
            }
            #[cfg(feature = "micromath")]
            Self::Micromath => micromath::F32(x).ln().0,
        }
    }

    /// Ten times the logarithm to base 10.
    pub(super) fn decibels(self, x: f32) -> f32 {
        self.ln(x) * (10.0 * LOG10_E)
    }

    pub(super) fn exp(self, x: f32) -> f32 {
        match self {
            Self::Libm => libm::expf(x),
            #[cfg(feature = "micromath")]
            Self::Micromath => micromath::F32(x).exp().0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest errors of the logarithm, absolute beyond that of `f32` itself, and of the
    /// exponential function below 0, relative.
    fn errors(of: Functions) -> [f64; 2] {
        let (mut ln, mut exp) = (0.0f64, 0.0f64);
        for bits in (f32::MIN_POSITIVE.to_bits()..f32::MAX.to_bits()).step_by(9_973) {
            let x = f32::from_bits(bits);
            let exact = f64::from(x).ln();
            let off = (f64::from(of.ln(x)) - exact).abs() - exact.abs() * f64::from(f32::EPSILON);
            ln = ln.max(off);
        }
        for step in 0..80_000u32 {
            let x = -(step as f32) / 1000.0;
            let exact = f64::from(x).exp();
            exp = exp.max((f64::from(of.exp(x)) / exact - 1.0).abs());
        }
        [ln, exp]
    }

    #[test]
    fn libm_is_right_to_the_last_place() {
        let [ln, exp] = errors(Functions::Libm);
        assert!(ln <= 0.0 && exp < 1.2e-7, "{ln:e}, {exp:e}");
    }

    #[cfg(feature = "micromath")]
    #[test]
    fn micromath_is_within_its_bounds_and_not_much_better() {
        let [ln, exp] = errors(Functions::Micromath);
        assert!((5e-5..1e-4).contains(&ln), "{ln:e}");
        assert!((1e-3..3e-3).contains(&exp), "{exp:e}");
        // Why numbers below 1 are made larger first, and why no root is taken from there.
        let raw = micromath::F32(0.7).ln().0 - libm::logf(0.7);
        assert!(raw.abs() > 0.05, "{raw}");
        let root = micromath::F32(3.0).sqrt().0 / libm::sqrtf(3.0) - 1.0;
        assert!(root.abs() > 0.01, "{root}");
    }
}
