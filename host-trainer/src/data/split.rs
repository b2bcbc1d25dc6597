//! The three parts of a log.

use std::fmt;

/// The part of the log that a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// What the rejector is fitted on.
    Train,
    /// What offsets and thresholds are fitted on, and what models are compared on.
    Calibration,
    /// What the reported figures are measured on, and nothing else.
    Test,
}

impl Split {
    /// All splits, in order.
    pub const ALL: [Self; 3] = [Self::Train, Self::Calibration, Self::Test];

    /// The name in the `split` column of a log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Calibration => "calibration",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
