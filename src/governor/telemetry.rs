//! What a governor tells of its work: for a status frame now and then.

/// Counts since the start, each staying at its largest value once there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Counters {
    /// Decisions.
    pub decisions: u32,
    /// Of these, the ones that deferred.
    pub deferred: u32,
    /// Those that the image would have deferred and the governor did not, for whatever reason.
    pub withheld: u32,
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
