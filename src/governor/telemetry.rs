//! Counters and drift flags of a governor, for instance for a status frame.

/// Counts since the start. Once there are 2^32 - 1 decisions, none of them changes any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GovernorCounters {
    /// Inputs that were committed.
    pub decisions: u32,
    /// Of these, the ones for which somebody was charged ([`Charge`](super::Charge)).
    pub deferred: u32,
    /// Those that the image would have deferred and the first proposal did not, for whatever
    /// reason.
    pub withheld: u32,
}

impl GovernorCounters {
    /// One more input. It was deferred, or withheld, if the number is negative.
    #[inline(always)]
    pub(super) fn count(&mut self, deferred: i32, withheld: i32) {
        // The branch depends on how many inputs there were, not on what they are.
        if let Some(decisions) = self.decisions.checked_add(1) {
            self.decisions = decisions;
            self.deferred = self.deferred.wrapping_add(deferred as u32 >> 31);
            self.withheld = self.withheld.wrapping_add(withheld as u32 >> 31);
        }
    }
}

/// Which watches have raised their flag since the flags were last cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Drift {
    /// The advantages of deferring are not what they were on the calibration rows.
    pub margin: bool,
    /// The share of inputs that the image would defer is not what it was on the calibration rows.
    pub rate: bool,
}

impl Drift {
    /// Whether there is any.
    #[must_use]
    pub const fn any(self) -> bool {
        self.margin || self.rate
    }
}
