//! Means with intervals, and differences with errors.

use rayon::prelude::*;
use serde::Serialize;

use crate::arithmetic::random::Random;

/// Bootstrap resamples behind each interval.
const RESAMPLES: usize = 2000;

/// A mean over rows with a 95 % bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// Resamples of rows, made once so that all comparisons on a part are paired: with groups whole
/// groups are drawn, since their rows are not independent.
pub struct Bootstrap {
    /// Rows of each unit that is drawn.
    units: Vec<Vec<u32>>,
    /// For each resample how often each unit was drawn: a byte, since these are most of what an
    /// evaluation holds. (Drawing one of so many units 256 times does not happen.)
    draws: Vec<Vec<u8>>,
}

impl Bootstrap {
    /// Resamples of rows `0..rows`, or of whole groups where `groups` has the group of each row.
    #[must_use]
    pub fn new(rows: usize, groups: Option<&[u32]>, seed: u64) -> Self {
        let mut units: Vec<Vec<u32>> = Vec::new();
        match groups {
            None => units.extend((0..rows as u32).map(|row| vec![row])),
            Some(groups) => {
                let mut of_group = std::collections::BTreeMap::<u32, Vec<u32>>::new();
                for (row, &group) in groups.iter().enumerate() {
                    of_group.entry(group).or_default().push(row as u32);
                }
                units.extend(of_group.into_values());
            }
        }
        // The number of draws times rows is bounded: a large part needs fewer resamples for an
        // interval of the same relative precision.
        let resamples = (40_000_000 / units.len().max(1)).clamp(200, RESAMPLES);
        let draws = (0..resamples as u64)
            .into_par_iter()
            .map(|index| {
                let mut random =
                    Random::new(seed ^ (index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let mut times = vec![0u8; units.len()];
                for _ in 0..units.len() {
                    let drawn = &mut times[random.below(units.len())];
                    *drawn = drawn.saturating_add(1);
                }
                times
            })
            .collect();
        Self { units, draws }
    }

    /// How many resamples there are.
    #[must_use]
    pub(crate) fn resamples(&self) -> usize {
        self.draws.len()
    }

    /// The mean of one value per row, with its interval.
    #[must_use]
    pub fn estimate(&self, values: &[f64]) -> Estimate {
        let sums: Vec<(f64, f64)> = self
            .units
            .iter()
            .map(|rows| (rows.iter().map(|&row| values[row as usize]).sum(), rows.len() as f64))
            .collect();
        let mut means: Vec<f64> = self
            .draws
            .par_iter()
            .map(|draw| {
                let (mut sum, mut count) = (0.0, 0.0);
                for (&times, unit) in draw.iter().zip(&sums) {
                    sum += f64::from(times) * unit.0;
                    count += f64::from(times) * unit.1;
                }
                sum / f64::max(count, 1.0)
            })
            .collect();
        means.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = means.len().saturating_sub(1) as f64;
            means.get((share * last).round() as usize).copied().unwrap_or(0.0)
        };
        Estimate { mean: mean(values), low: at(0.025), high: at(0.975) }
    }

    /// For each resample the mean of every line: `lines[line][seed][row]`. Seeds are resampled like
    /// rows, and alike for all lines, so that differences between lines are paired in both; a line
    /// with fewer seeds repeats them.
    #[must_use]
    pub fn means_of_seeds(&self, lines: &[Vec<Vec<f64>>]) -> Vec<Vec<f64>> {
        let columns: Vec<&[f64]> = lines.iter().flatten().map(Vec::as_slice).collect();
        let seeds = lines.iter().map(Vec::len).max().unwrap_or(0);
        // Units x columns, so that a draw reads whole rows.
        let sums: Vec<f64> = self
            .units
            .iter()
            .flat_map(|rows| {
                columns
                    .iter()
                    .map(|column| rows.iter().map(|&row| column[row as usize]).sum::<f64>())
            })
            .collect();
        let mean_of_draw = |(index, draw): (usize, &Vec<u8>)| -> Vec<f64> {
            let mut totals = vec![0.0; columns.len()];
            let mut count = 0;
            let rows = sums.chunks_exact(columns.len().max(1));
            for ((&times, row), unit) in draw.iter().zip(rows).zip(&self.units) {
                let weight = f64::from(times);
                totals.iter_mut().zip(row).for_each(|(total, sum)| *total += weight * sum);
                count += usize::from(times) * unit.len();
            }
            let mut random =
                Random::new(0x5eed ^ (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let drawn: Vec<usize> = (0..seeds).map(|_| random.below(seeds)).collect();
            let mut start = 0;
            lines
                .iter()
                .map(|line| {
                    let of_line = &totals[start..start + line.len()];
                    start += line.len();
                    let of_seeds =
                        drawn.iter().filter_map(|&seed| of_line.get(seed % line.len().max(1)));
                    of_seeds.sum::<f64>() / (count * seeds).max(1) as f64
                })
                .collect()
        };
        self.draws.par_iter().enumerate().map(mean_of_draw).collect()
    }
}

/// The mean; 0 without values.
#[must_use]
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Mean of `a - b` over rows, and its standard error.
#[must_use]
pub(crate) fn paired_difference(a: &[f64], b: &[f64]) -> (f64, f64) {
    let count = a.len().max(1) as f64;
    let mean = a.iter().zip(b).map(|(a, b)| a - b).sum::<f64>() / count;
    let variance = a.iter().zip(b).map(|(a, b)| (a - b - mean).powi(2)).sum::<f64>() / count;
    (mean, (variance / count).sqrt())
}
