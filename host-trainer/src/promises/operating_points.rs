//! The table of deferral rates and thresholds that an image holds.

use mild::governor::{MAX_ADVANTAGE, Rate};
use mild::image::{EnergyParts, OperatingPointsParts};

use super::rows::{AdvantageRows, NEVER};
use crate::intake::config::Policy;

/// The rates of operating points, besides the promised one.
const RATES: [f64; 10] = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7];

/// The table of a threshold that was found; `threshold_for` gives the lowest threshold at which a
/// rate is promised.
pub(super) fn found(
    policy: &Policy,
    rows: &AdvantageRows,
    threshold: i32,
    threshold_for: impl Fn(f64) -> Option<i32>,
) -> OperatingPointsParts {
    let relative =
        |other: i32| other.saturating_sub(threshold).clamp(-MAX_ADVANTAGE, MAX_ADVANTAGE);
    let mut sorted: Vec<i32> = rows.advantage.iter().map(|&a| relative(a)).collect();
    sorted.sort_unstable();
    let at = |share: f64| {
        let last = sorted.len().saturating_sub(1) as f64;
        sorted.get((share * last) as usize).copied().unwrap_or(0)
    };
    // Advantages beyond count as these, so that a few extreme ones do not make the steps
    // coarse.
    let (low, high) = (at(0.01).min(-1), at(0.99).max(1));
    let mean = |value: &dyn Fn(f64) -> f64| {
        let clamped = sorted.iter().map(|&a| f64::from(a.clamp(low, high)));
        clamped.map(value).sum::<f64>() / sorted.len().max(1) as f64
    };
    let average = mean(&|a| a);
    let deviation = libm::sqrt(mean(&|a| (a - average) * (a - average)));
    let mut entries: Vec<(Rate, i32)> = vec![(Rate::ZERO, relative(NEVER))];
    for rate in rates(policy) {
        let Some(threshold) = threshold_for(rate) else { continue };
        let entry = (to_rate(rate), relative(threshold));
        if entries.last().is_some_and(|last| last.0 < entry.0 && last.1 > entry.1) {
            entries.push(entry);
        }
    }
    let energy = policy.battery.iter().map(|&(from, rate)| EnergyParts {
        from,
        budget: to_rate(rate),
        threshold: relative(threshold_for(rate).unwrap_or(NEVER)),
    });
    let deferred = rows.advantage.iter().filter(|&&a| a > threshold).count();
    OperatingPointsParts {
        budget: policy.max_deferral_rate.map_or(Rate::ONE, to_rate),
        rate: to_rate(deferred as f64 / rows.len().max(1) as f64),
        range: (low, high),
        floor: relative(0).clamp(low, 0),
        // Fifty deferrals in a row cross the range.
        step: ((high - low) / 50).max(1),
        advantage: ((average + 0.5).floor() as i32, (deviation + 0.5) as i32),
        entries,
        energy: energy.collect(),
    }
}

/// The rates of a policy's operating points, ascending.
fn rates(policy: &Policy) -> Vec<f64> {
    let mut rates: Vec<f64> = RATES.into_iter().chain(policy.max_deferral_rate).collect();
    rates.sort_by(f64::total_cmp);
    rates
}

/// The entries of a policy's operating points, if the calibration rows are enough to tell all its
/// rates apart; else it has fewer.
pub(crate) fn most_entries(policy: &Policy) -> usize {
    let mut all: Vec<Rate> = std::iter::once(0.0).chain(rates(policy)).map(to_rate).collect();
    all.dedup();
    all.len()
}

/// Operating points of as many entries as a policy can have, in the order that the format asks for:
/// what room to keep for them in an image.
pub(crate) fn largest(policy: &Policy) -> OperatingPointsParts {
    let entries = (0..).take(most_entries(policy));
    let energy = policy.battery.iter();
    OperatingPointsParts {
        budget: Rate::ONE,
        rate: Rate::ZERO,
        range: (-1, 1),
        floor: 0,
        step: 1,
        advantage: (0, 0),
        entries: entries.map(|index| (Rate::from_bits(index as u32), -index)).collect(),
        energy: energy
            .map(|&(from, _)| EnergyParts { from, budget: Rate::ZERO, threshold: 0 })
            .collect(),
    }
}

/// In units of 2^-16, rounded down: a budget must not grow.
pub(super) fn to_rate(rate: f64) -> Rate {
    Rate::from_bits((rate * 65_536.0 + 1e-6) as u32)
}
