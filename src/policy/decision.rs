//! Whom to ask, and what came of it.

use super::LOCAL;

/// What the rejector decided for one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Decision {
    /// The chosen expert; [`LOCAL`] (0) means: answer on the device.
    pub expert: u8,
    /// By how much the chosen expert's score plus offset exceeds the best other reachable one, in
    /// integer score units; `i32::MAX` if no other expert is reachable. Never negative.
    pub margin: i32,
}

impl Decision {
    /// Whether the device answers by itself.
    #[must_use]
    pub const fn is_local(self) -> bool {
        self.expert == LOCAL
    }

    /// The expert to defer to, or `None` to answer locally.
    #[must_use]
    pub const fn deferred_to(self) -> Option<u8> {
        if self.is_local() { None } else { Some(self.expert) }
    }
}

/// How an input was resolved: who was asked, and who answered.
///
/// ```
/// use mild::Resolution;
///
/// let nobody_asked = Resolution::LOCAL;
/// let answered = Resolution::by(2);
/// let second_choice = Resolution::by(2).after(1); // 1 was asked before, and failed
/// let fell_back = Resolution::LOCAL.after(1).after(2);
/// assert_eq!(fell_back.asked(), 0b110);
/// # assert_eq!((nobody_asked.asked(), answered.asked(), second_choice.answered()), (0, 4, 4));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Resolution {
    asked: u32,
    answered: u32,
}

impl Resolution {
    /// The device answered, and nobody was asked.
    pub const LOCAL: Self = Self { asked: 0, answered: 0 };

    /// This expert was asked and answered. [`LOCAL`] and indices of 32 and more stand for the
    /// device.
    #[must_use]
    pub const fn by(expert: u8) -> Self {
        let bit = bit(expert);
        Self { asked: bit, answered: bit }
    }

    /// The same after this expert was asked and failed.
    #[must_use]
    pub const fn after(self, failed: u8) -> Self {
        Self { asked: self.asked | bit(failed), answered: self.answered }
    }

    /// The same after all of these were asked and failed: bit *k* stands for expert *k*.
    #[must_use]
    pub const fn after_all(self, failed: u32) -> Self {
        Self { asked: self.asked | failed & !1, answered: self.answered }
    }

    /// The experts that were asked, the one that answered among them: bit *k* stands for expert
    /// *k*.
    #[must_use]
    pub const fn asked(self) -> u32 {
        self.asked
    }

    /// The bit of the expert that answered, or 0 if the device did.
    #[must_use]
    pub const fn answered(self) -> u32 {
        self.answered
    }
}

/// The bit of an expert; none for [`LOCAL`], or for one that cannot exist.
const fn bit(expert: u8) -> u32 {
    match 1u32.checked_shl(expert as u32) {
        Some(bit) => bit & !1,
        None => 0,
    }
}
