//! The section of the operating points: its check, a view of it, and its writer.

#[cfg(feature = "writer")]
use alloc::vec::Vec;

use super::ImageError;
use super::layout::section;
#[cfg(feature = "writer")]
use super::parts::{EnergyParts, OperatingPointsParts, WriteError, narrow};
use crate::governor::{EnergyStep, GovernorSettings, MAX_ADVANTAGE, Rate, Track, Watch, Watches};

/// Words before the tables.
const FIXED: usize = 9;

/// The most entries of the table.
pub const MAX_ENTRIES: usize = 64;

/// The most steps of a battery.
pub const MAX_ENERGY_STEPS: usize = 16;

/// Which threshold gives which deferral rate, as measured on the calibration rows.
///
/// Thresholds are in score units. An input is deferred if its *advantage* exceeds the threshold:
/// the largest score plus offset of the reachable experts but `local`, minus `local`'s. The image's
/// own threshold is 0; adding a threshold to `local`'s offset does the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperatingPoints<'a> {
    budget: u32,
    rate: u32,
    low: i32,
    high: i32,
    floor: i32,
    step: i32,
    mean: i32,
    deviation: i32,
    entries: &'a [[u32; 2]],
    energy: &'a [[u32; 3]],
}

impl<'a> OperatingPoints<'a> {
    /// Checks the section.
    pub(super) const fn new(words: &'a [u32]) -> Result<Self, ImageError> {
        const LENGTH: ImageError = ImageError::SectionLength { kind: section::OPERATING_POINTS };
        let Some((&fixed, tables)) = words.split_first_chunk::<FIXED>() else {
            return Err(LENGTH);
        };
        let [counts, budget, rate, low, high, floor, step, mean, deviation] = fixed;
        let (entries, energy) = ((counts & 0xffff) as usize, (counts >> 16) as usize);
        if entries == 0 || entries > MAX_ENTRIES || energy > MAX_ENERGY_STEPS {
            return Err(ImageError::OperatingPoints { word: 0 });
        }
        let Some((entries, energy_words)) = tables.split_at_checked(2 * entries) else {
            return Err(LENGTH);
        };
        if energy_words.len() != 3 * energy {
            return Err(LENGTH);
        }
        let ((entries, _), (energy, _)) = (entries.as_chunks(), energy_words.as_chunks());
        let operating_points = Self {
            budget,
            rate,
            low: low as i32,
            high: high as i32,
            floor: floor as i32,
            step: step as i32,
            mean: mean as i32,
            deviation: deviation as i32,
            entries,
            energy,
        };
        match operating_points.wrong_word() {
            Some(word) => Err(ImageError::OperatingPoints { word }),
            None => Ok(operating_points),
        }
    }

    /// The first word that is out of range.
    const fn wrong_word(&self) -> Option<u16> {
        if self.budget > Rate::ONE.bits() {
            return Some(1);
        }
        if self.rate > Rate::ONE.bits() {
            return Some(2);
        }
        if self.low > 0 || self.low < -MAX_ADVANTAGE {
            return Some(3);
        }
        if self.high < 0 || self.high > MAX_ADVANTAGE || self.high == self.low {
            return Some(4);
        }
        if self.floor > 0 || self.floor < self.low {
            return Some(5);
        }
        if GovernorSettings::new(self.low, self.high, self.step, Rate::ONE, Track::Exactly)
            .is_none()
        {
            return Some(6);
        }
        if self.mean < self.low || self.mean > self.high {
            return Some(7);
        }
        if self.deviation < 0 || self.deviation > MAX_ADVANTAGE {
            return Some(8);
        }
        let mut place = FIXED as u16;
        let mut rest = self.entries;
        let (mut least_rate, mut most_threshold) = (0, MAX_ADVANTAGE);
        while let [[rate, threshold], after @ ..] = rest {
            if *rate < least_rate || *rate > Rate::ONE.bits() {
                return Some(place);
            }
            let threshold = *threshold as i32;
            if threshold > most_threshold || threshold < -MAX_ADVANTAGE {
                return Some(place.wrapping_add(1));
            }
            (least_rate, most_threshold) = (rate.wrapping_add(1), threshold.wrapping_sub(1));
            place = place.wrapping_add(2);
            rest = after;
        }
        let mut rest = self.energy;
        let mut least_level = 0;
        while let [[from, rate, threshold], after @ ..] = rest {
            // The first step is for an empty battery, the others for more and more.
            let first = place as usize == FIXED + 2 * self.entries.len();
            if *from > 0xffff || *from < least_level || (first && *from != 0) {
                return Some(place);
            }
            if *rate > Rate::ONE.bits() {
                return Some(place.wrapping_add(1));
            }
            let threshold = *threshold as i32;
            if threshold > MAX_ADVANTAGE || threshold < -MAX_ADVANTAGE {
                return Some(place.wrapping_add(2));
            }
            least_level = from.wrapping_add(1);
            place = place.wrapping_add(3);
            rest = after;
        }
        None
    }

    /// The promised deferral rate; one if nothing is promised.
    #[must_use]
    pub const fn budget(&self) -> Rate {
        Rate::from_bits(self.budget)
    }

    /// The deferral rate at the image's own threshold, as measured on the calibration rows.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        Rate::from_bits(self.rate)
    }

    /// The range of advantages, as measured on the calibration rows: lowest and highest, in score
    /// units.
    #[must_use]
    pub const fn range(&self) -> (i32, i32) {
        (self.low, self.high)
    }

    /// The threshold below which more deferring costs more than it gains, as far as the calibration
    /// rows tell; at most 0.
    #[must_use]
    pub const fn floor(&self) -> i32 {
        self.floor
    }

    /// Deferral rates in ascending order, each with the threshold that gave it on the calibration
    /// rows.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (Rate, i32)> + use<'a> {
        self.entries.iter().map(|&[rate, threshold]| (Rate::from_bits(rate), threshold as i32))
    }

    /// The threshold of the largest rate in the table that is at most `rate`; of the smallest if
    /// none is.
    #[must_use]
    pub fn threshold(&self, rate: Rate) -> i32 {
        let mut entries = self.entries();
        let first = entries.next().map_or(0, |(_, threshold)| threshold);
        let at_most = entries.take_while(|&(known, _)| known <= rate);
        at_most.last().map_or(first, |(_, threshold)| threshold)
    }

    /// Budgets by battery level, for [`Governor::set_battery`](crate::Governor::set_battery).
    pub fn energy_steps(&self) -> impl ExactSizeIterator<Item = EnergyStep> + use<'a> {
        self.energy.iter().map(|&[from, rate, threshold]| EnergyStep {
            from: from as u16,
            budget: Rate::from_bits(rate),
            threshold: threshold as i32,
        })
    }

    /// GovernorSettings for a governor: the promised budget, never deferring more than pays, and
    /// the usual watches for drift from the calibration rows.
    #[must_use]
    pub const fn settings(&self) -> GovernorSettings<0, Watches> {
        self.settings_with(Track::AtMost(self.floor))
    }

    /// As [`Self::settings`], but keeping the budget in another way.
    #[must_use]
    pub const fn settings_with(&self, track: Track) -> GovernorSettings<0, Watches> {
        // The deviation of a number that is 1 with this probability.
        let rate = self.rate as u64;
        let variance = rate * (Rate::ONE.bits() as u64).saturating_sub(rate);
        let deviation = variance.isqrt() as i32;
        // Below one in a hundred a single deferral would weigh too much.
        let deviation = if deviation < 6554 { 6554 } else { deviation };
        GovernorSettings::checked(self.low, self.high, self.step, self.budget(), track)
            .with_watches(
                Watch::usual(self.mean, self.deviation),
                Watch::usual(self.rate as i32, deviation),
            )
    }
}

/// The content of the section.
#[cfg(feature = "writer")]
pub(super) fn write(points: &OperatingPointsParts) -> Result<Vec<u32>, WriteError> {
    let entries = narrow("operating points", points.entries.len(), MAX_ENTRIES)?;
    let energy = narrow("energy steps", points.energy.len(), MAX_ENERGY_STEPS)?;
    let mut words = Vec::from([
        entries | energy << 16,
        points.budget.bits(),
        points.rate.bits(),
        points.range.0 as u32,
        points.range.1 as u32,
        points.floor as u32,
        points.step as u32,
        points.advantage.0 as u32,
        points.advantage.1 as u32,
    ]);
    for &(rate, threshold) in &points.entries {
        words.extend([rate.bits(), threshold as u32]);
    }
    for &EnergyParts { from, budget, threshold } in &points.energy {
        words.extend([u32::from(from), budget.bits(), threshold as u32]);
    }
    Ok(words)
}
