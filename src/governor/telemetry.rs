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
    /// Those that the image would have deferred and the first proposal did not, for whatever reason.
    pub withheld: u32,
}

impl GovernorCounters {
    /// One more input; the masks say whether it was deferred, or withheld.
    #[inline(always)]
    pub(super) fn count(&mut self, deferred: i32, withheld: i32) {
        // The lowest bit of a difference that is 0 only at the end.
        let left = !self.decisions;
        let room = ((left | left.wrapping_neg()) >> 31) as i32;
        let add = |count: &mut u32, number: i32| *count = count.wrapping_add(number as u32);
        add(&mut self.decisions, room);
        add(&mut self.deferred, deferred & room);
        add(&mut self.withheld, withheld & room);
    }
}

/// Which watches have raised their flag since the flags were last cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Drift {
    /// The advantages of deferring are not what they were in calibration.
    pub margin: bool,
    /// The share of inputs that the image would defer is not what it was in calibration.
    pub rate: bool,
}

impl Drift {
    /// Whether there is any.
    #[must_use]
    pub const fn any(self) -> bool {
        self.margin || self.rate
    }
}
