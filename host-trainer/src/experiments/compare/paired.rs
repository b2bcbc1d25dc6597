//! Paired differences of deferral losses, and what they say.

use serde::Serialize;

use crate::arithmetic::statistics::Estimate;
use crate::data::part::Part;
use crate::judge::evaluate::resamples;

/// What a paired interval says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// The interval lies below 0: a lower loss.
    Better,
    /// It holds 0.
    Tie,
    /// It lies above 0.
    Worse,
}

/// Differences of losses below this are rounding.
const ROUNDING: f64 = 1e-9;

impl Verdict {
    /// The verdict on a difference of losses.
    #[must_use]
    pub(crate) fn of(difference: Estimate) -> Self {
        match difference {
            Estimate { high, .. } if high < -ROUNDING => Self::Better,
            Estimate { low, .. } if low > ROUNDING => Self::Worse,
            _ => Self::Tie,
        }
    }

    /// In a table.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Tie => "tie",
            Self::Worse => "worse",
        }
    }
}

/// A difference of deferral losses, paired by row and seed, and what it says.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Against {
    /// This method minus the other.
    pub difference: Estimate,
    /// The verdict.
    pub verdict: Verdict,
}

impl std::fmt::Display for Against {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Estimate { mean, low, high } = self.difference;
        write!(f, "{mean:+.4} ({low:+.4} to {high:+.4}) {}", self.verdict.name())
    }
}

/// The losses of one line of the table: for each seed, of each test row.
pub(crate) type SeedLosses = Vec<Vec<f64>>;

/// Resampled means of all lines, rows (or groups) and seeds drawn alike for each.
pub(crate) struct Paired {
    pub(crate) means: Vec<f64>,
    /// For each draw the mean of each line.
    draws: Vec<Vec<f64>>,
}

impl Paired {
    pub(crate) fn new(test: &Part, lines: &[SeedLosses]) -> Self {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let of_line = |line: &SeedLosses| mean(&line.iter().map(|v| mean(v)).collect::<Vec<_>>());
        let draws = resamples(test, 0).means_of_seeds(lines);
        Self { means: lines.iter().map(of_line).collect(), draws }
    }

    fn interval(mean: f64, mut values: Vec<f64>) -> Estimate {
        values.sort_by(f64::total_cmp);
        let last = values.len().saturating_sub(1) as f64;
        let at = |share: f64| values.get((share * last).round() as usize).copied().unwrap_or(mean);
        Estimate { mean, low: at(0.025), high: at(0.975) }
    }

    pub(super) fn estimate(&self, line: usize) -> Estimate {
        Self::interval(self.means[line], self.draws.iter().map(|draw| draw[line]).collect())
    }

    pub(crate) fn against(&self, a: usize, b: usize) -> Against {
        let differences = self.draws.iter().map(|draw| draw[a] - draw[b]).collect();
        let difference = Self::interval(self.means[a] - self.means[b], differences);
        Against { difference, verdict: Verdict::of(difference) }
    }
}
