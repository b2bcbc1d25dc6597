//! What a window can be asked for.

/// A number that describes a window. All are 0 for an empty window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Statistic {
    /// Sum over number.
    Mean,
    /// Mean squared distance from the mean (over the number of samples, not one less).
    Variance,
    /// The smallest sample.
    Minimum,
    /// The largest sample.
    Maximum,
    /// Largest minus smallest.
    PeakToPeak,
    /// Root of the mean square.
    Rms,
    /// Neighbours of which one is negative and the other is not.
    ZeroCrossings,
    /// Largest magnitude over RMS; 0 if the RMS is 0.
    CrestFactor,
}

impl Statistic {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Mean,
        Self::Variance,
        Self::Minimum,
        Self::Maximum,
        Self::PeakToPeak,
        Self::Rms,
        Self::ZeroCrossings,
        Self::CrestFactor,
    ];

    /// Its name in configurations and in the names of features.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Variance => "variance",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::PeakToPeak => "peak-to-peak",
            Self::Rms => "rms",
            Self::ZeroCrossings => "zero-crossings",
            Self::CrestFactor => "crest-factor",
        }
    }
}
