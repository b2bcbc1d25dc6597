//! Shares of decisions in fixed point.

/// A share of decisions, 0 to 1, in units of 2^-16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rate(u32);

impl Rate {
    /// No decision.
    pub const ZERO: Self = Self(0);
    /// Every decision.
    pub const ONE: Self = Self(1 << 16);

    /// So many parts of 65536, one at most.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        if bits > Self::ONE.0 { Self::ONE } else { Self(bits) }
    }

    /// `part` of `whole`, rounded down, one at most; zero if `whole` is.
    #[must_use]
    pub const fn ratio(part: u16, whole: u16) -> Self {
        match ((part as u32) << 16).checked_div(whole as u32) {
            Some(bits) => Self::from_bits(bits),
            None => Self::ZERO,
        }
    }

    /// The parts of 65536, at most 65536.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}
