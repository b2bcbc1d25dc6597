//! Which experts can be asked now.

/// The set of experts that can be asked now: bit *k* stands for expert *k*.
///
/// `local` (bit 0) is always in the set: the device can always answer by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Reachable(u32);

impl Reachable {
    /// Every expert.
    pub const ALL: Self = Self(u32::MAX);
    /// The device alone, as when the link is down.
    pub const LOCAL_ONLY: Self = Self(1);

    /// The set with these bits; bit 0 is added.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits | 1)
    }

    /// The bits of the set; bit 0 is always set.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The set with an expert added; indices of 32 and more change nothing.
    #[must_use]
    pub const fn with(self, expert: u8) -> Self {
        match 1u32.checked_shl(expert as u32) {
            Some(bit) => Self(self.0 | bit),
            None => self,
        }
    }

    /// The set with an expert removed; `local` cannot be removed.
    #[must_use]
    pub const fn without(self, expert: u8) -> Self {
        match 1u32.checked_shl(expert as u32) {
            Some(bit) => Self::from_bits(self.0 & !bit),
            None => self,
        }
    }

    /// Whether an expert is in the set.
    #[must_use]
    pub const fn contains(self, expert: u8) -> bool {
        match self.0.checked_shr(expert as u32) {
            Some(bits) => bits & 1 == 1,
            None => false,
        }
    }
}

impl Default for Reachable {
    fn default() -> Self {
        Self::ALL
    }
}
