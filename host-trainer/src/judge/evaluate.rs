//! What a way of choosing experts is worth on some rows, with intervals.

use rayon::prelude::*;
use serde::Serialize;

use crate::arithmetic::random::Random;
use crate::data::dataset::Part;

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

/// The figures of merit of one way of choosing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Merit {
    /// Error plus price.
    pub deferral_loss: Estimate,
    /// Share of rows answered right (one minus the mean error).
    pub accuracy: Estimate,
    /// Mean price of a row, in units of one error.
    pub price: Estimate,
    /// Share of rows answered locally.
    pub coverage: Estimate,
    /// Share of rows answered by each expert.
    pub shares: Vec<f64>,
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
    /// Resamples for a part.
    #[must_use]
    pub fn new(part: &Part, seed: u64) -> Self {
        let mut units: Vec<Vec<u32>> = Vec::new();
        match &part.groups {
            None => units.extend((0..part.rows as u32).map(|row| vec![row])),
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
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        Estimate { mean, low: at(0.025), high: at(0.975) }
    }

    /// For each resample the mean of every line: `lines[line][seed][row]`. Seeds are resampled like rows, and
    /// alike for all lines, so that differences between lines are paired in both; a line with fewer seeds
    /// repeats them.
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

    /// The merit of choosing expert `choices[row]` on each row of the part.
    #[must_use]
    pub fn merit(&self, part: &Part, choices: &[usize]) -> Merit {
        let of = |value: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
            choices.iter().enumerate().map(|(row, &k)| value(row, k)).collect()
        };
        let share = |k: usize| choices.iter().filter(|&&choice| choice == k).count() as f64;
        let rows = choices.len().max(1) as f64;
        Merit {
            deferral_loss: self.estimate(&of(&|row, k| f64::from(part.cost(row, k)))),
            accuracy: self.estimate(&of(&|row, k| 1.0 - f64::from(part.errors(row)[k]))),
            price: self.estimate(&of(&|row, k| f64::from(part.prices(row)[k]))),
            coverage: self.estimate(&of(&|_, k| f64::from(u8::from(k == 0)))),
            shares: (0..part.experts).map(|k| share(k) / rows).collect(),
        }
    }
}

/// Mean of `a - b` over rows, and its standard error.
#[must_use]
pub fn paired_difference(a: &[f64], b: &[f64]) -> (f64, f64) {
    let count = a.len().max(1) as f64;
    let mean = a.iter().zip(b).map(|(a, b)| a - b).sum::<f64>() / count;
    let variance = a.iter().zip(b).map(|(a, b)| (a - b - mean).powi(2)).sum::<f64>() / count;
    (mean, (variance / count).sqrt())
}

/// The cheapest choice on each row, known only in hindsight; ties go to the lower index.
#[must_use]
pub fn oracle(part: &Part) -> Vec<usize> {
    (0..part.rows)
        .map(|row| {
            let mut best = 0;
            for k in 1..part.experts {
                if part.cost(row, k) < part.cost(row, best) {
                    best = k;
                }
            }
            best
        })
        .collect()
}

/// The expert with the lowest mean deferral loss on a part; ties go to the lower index.
#[must_use]
pub fn best_single(part: &Part) -> usize {
    let losses: Vec<f64> = (0..part.experts).map(|k| part.deferral_loss(|_| k)).collect();
    (0..part.experts).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(groups: Option<Vec<u32>>) -> Part {
        let rows = 400;
        let errors = (0..rows).flat_map(|row| [f32::from(row % 4 == 0), 0.0]).collect();
        let prices = (0..rows).flat_map(|_| [0.0, 0.1]).collect();
        Part { rows: 400, experts: 2, errors, prices, groups, ..Part::default() }
    }

    #[test]
    fn interval_is_that_of_the_binomial() {
        let part = part(None);
        let merit = Bootstrap::new(&part, 1).merit(&part, &vec![0; 400]);
        let Estimate { mean, low, high } = merit.deferral_loss;
        let half = 1.96 * (0.25f64 * 0.75 / 400.0).sqrt();
        assert!((mean - 0.25).abs() < 1e-12);
        assert!((low - (0.25 - half)).abs() < 0.006 && (high - (0.25 + half)).abs() < 0.006);
        assert_eq!((merit.coverage.mean, merit.shares[0]), (1.0, 1.0));
    }

    #[test]
    fn groups_widen_the_interval() {
        // All rows of a group are alike, so there are really only 20 observations.
        let rows = 400;
        let errors = (0..rows).flat_map(|row| [f32::from((row / 20) % 4 == 0), 0.0]).collect();
        let prices = vec![0.0; 800];
        let alone = Part { rows, experts: 2, errors, prices, ..Part::default() };
        let groups = Some((0..rows as u32).map(|row| row / 20).collect());
        let grouped = Part { groups, ..alone.clone() };
        let width = |part: &Part| {
            let e = Bootstrap::new(part, 2).merit(part, &vec![0; rows]).deferral_loss;
            e.high - e.low
        };
        assert!(width(&grouped) > 3.0 * width(&alone));
    }

    #[test]
    fn oracle_and_best_single() {
        let part = part(None);
        let choices = oracle(&part);
        assert_eq!((choices[0], choices[1]), (1, 0));
        assert_eq!(best_single(&part), 1);
    }

    #[test]
    fn seeds_widen_the_interval_and_pair_like_rows() {
        let part = part(None);
        let rows: Vec<f64> = (0..400).map(|row| f64::from(u8::from(row % 4 == 0))).collect();
        let shifted = |by: f64| rows.iter().map(|loss| loss + by).collect::<Vec<_>>();
        let lines = vec![
            vec![rows.clone()],
            vec![shifted(-0.2), shifted(0.2)],
            vec![shifted(-0.1), shifted(0.3)],
        ];
        let draws = Bootstrap::new(&part, 1).means_of_seeds(&lines);
        let spread = |value: &dyn Fn(&Vec<f64>) -> f64| {
            let values = draws.iter().map(value);
            values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
        };
        assert!(spread(&|draw| draw[1]) > 2.0 * spread(&|draw| draw[0]), "seeds differ");
        assert!(spread(&|draw| draw[2] - draw[1]) < 1e-9, "the same seeds are drawn for both");
        assert!(
            (draws.iter().map(|draw| draw[0]).sum::<f64>() / draws.len() as f64 - 0.25).abs()
                < 0.01
        );
    }
}
