//! What a window can be asked for.

use core::fmt;

/// A number that describes a window. All are 0 for an empty window.
///
/// `n` samples `x_0` (the oldest) to `x_(n-1)`, with mean `m`.
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
    /// Slope of the line of least squares through the samples, a sample: with `i` the place of a
    /// sample, `6 sum((2i - n + 1) x_i) / (n (n^2 - 1))`; 0 for one sample.
    Slope,
    /// [`Quantile`](Self::Quantile) of 50 %.
    Median,
    /// The value below which so many percent of the samples are, 0 to 100; more counts as 100. It
    /// is interpolated between the two samples that enclose it in order of size, at the place
    /// `(n - 1) percent / 100` (definition 7 of Hyndman and Fan 1996, which NumPy and R have as
    /// their default).
    ///
    /// Takes a comparison for each sample and bit of a sample (16 or 32), whatever the samples are,
    /// and no room.
    Quantile(u8),
    /// Autocorrelation of samples that are so many places apart, from -1 to 1 (but for rounding):
    /// `sum((x_i - m) (x_(i-lag) - m))` over `sum((x_i - m)^2)`, the first sum over `i` from `lag`
    /// on (the estimator `r_k` of Box and Jenkins 1976). 0 if all samples are equal, or if there
    /// are no more than `lag`.
    Autocorrelation(u16),
}

impl Statistic {
    /// All that take no number.
    pub const PLAIN: [Self; 10] = [
        Self::Mean,
        Self::Variance,
        Self::Minimum,
        Self::Maximum,
        Self::PeakToPeak,
        Self::Rms,
        Self::ZeroCrossings,
        Self::CrestFactor,
        Self::Slope,
        Self::Median,
    ];

    /// Its name in configurations and in the names of features, without its number.
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
            Self::Slope => "slope",
            Self::Median => "median",
            Self::Quantile(_) => "quantile",
            Self::Autocorrelation(_) => "autocorrelation",
        }
    }

    /// The statistic of this name, with its number: `rms`, `quantile-90`, `autocorrelation-4`.
    ///
    /// Nothing for any other text, for percents above 100, and for a lag of 0, which is always 1.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        if let Some(plain) = Self::PLAIN.into_iter().find(|plain| plain.name() == text) {
            return Some(plain);
        }
        let (name, digits) = text.rsplit_once('-')?;
        let number = number(digits)?;
        match name {
            "quantile" if number <= 100 => Some(Self::Quantile(number as u8)),
            "autocorrelation" if number > 0 => Some(Self::Autocorrelation(number)),
            _ => None,
        }
    }
}

/// Digits without a sign and without zeros before them: each number has one name.
pub(super) fn number(digits: &str) -> Option<u16> {
    let starts = digits.bytes().next()?;
    let plain = starts.is_ascii_digit() && (starts != b'0' || digits.len() == 1);
    if plain { digits.parse().ok() } else { None }
}

/// Its name, with its number.
impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Quantile(percent) => write!(f, "{}-{percent}", self.name()),
            Self::Autocorrelation(lag) => write!(f, "{}-{lag}", self.name()),
            plain => f.write_str(plain.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_statistic_has_one_name() {
        let others = [Statistic::Quantile(0), Statistic::Quantile(100), Statistic::Quantile(7)];
        let lags = [1, 4, u16::MAX].map(Statistic::Autocorrelation);
        for one in Statistic::PLAIN.into_iter().chain(others).chain(lags) {
            assert_eq!(Statistic::named(&one.to_string()), Some(one));
        }
        for none in [
            "",
            "-",
            "quantile",
            "quantile-",
            "quantile-101",
            "quantile-07",
            "quantile-+7",
            "quantile--7",
            "Mean",
            "mean-1",
            "autocorrelation-0",
            "autocorrelation-65536",
            "quantile-5.0",
        ] {
            assert_eq!(Statistic::named(none), None, "{none}");
        }
    }
}
