//! One threshold for the largest gain under a limit on the deferral rate.

use crate::governor::Rate;

/// Searches the threshold on the advantage that gains most while at most a share of the inputs is
/// deferred.
///
/// In the manner of optimistic feasible search (OFS, 2025, "Optimistic feasible search for
/// closed-loop fair threshold decision-making"): of all thresholds on a grid whose rate is within
/// the limit as far as its confidence bound tells, it takes the one whose optimistic gain is
/// largest. OFS keeps bounds for each threshold; here they are kept for each range between two
/// thresholds, which thresholds share: a threshold's gain is the sum of the ranges above it. A
/// range about which nothing is known counts as gaining all it can, and is tried.
///
/// Gains are in units of 2^-8 of one error: what deferring saved, price included; -255 to 255.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeasibleSearch<const BINS: usize> {
    low: i32,
    /// Width of a bin in score units.
    width: i32,
    /// Inputs seen in each bin.
    seen: [u16; BINS],
    /// Of these the ones whose gain is known.
    known: [u16; BINS],
    /// The sum of the known gains.
    gain: [i32; BINS],
}

/// The largest gain.
const MOST: i32 = 255;

impl<const BINS: usize> FeasibleSearch<BINS> {
    /// A grid of `BINS` ranges from `low` on, each `width` (at least 1) score units wide; the first
    /// and the last also hold all that lies beyond.
    #[must_use]
    pub const fn new(low: i32, width: i32) -> Self {
        const { assert!(BINS > 1 && BINS < 256, "2 to 255 bins") };
        let width = if width < 1 { 1 } else { width };
        Self { low, width, seen: [0; BINS], known: [0; BINS], gain: [0; BINS] }
    }

    /// The bin of an advantage.
    #[must_use]
    pub fn bin(&self, advantage: i32) -> u8 {
        // An advantage must exceed the threshold: it belongs to the range that ends with it.
        let above = i64::from(advantage) - i64::from(self.low) - 1;
        let bin = above.checked_div(i64::from(self.width)).unwrap_or_default();
        bin.clamp(0, BINS as i64 - 1) as u8
    }

    /// Counts an input, deferred or not.
    pub fn observe(&mut self, bin: u8) {
        if self.seen.contains(&u16::MAX) {
            // Old inputs fade, so that a drift is followed.
            self.seen.iter_mut().chain(&mut self.known).for_each(|count| *count /= 2);
            self.gain.iter_mut().for_each(|gain| *gain /= 2);
        }
        if let Some(seen) = self.seen.get_mut(usize::from(bin)) {
            *seen = seen.saturating_add(1);
        }
    }

    /// Takes what deferring an input gained, for instance 256 * (local wrong - expert wrong -
    /// price).
    pub fn learn(&mut self, bin: u8, gain: i32) {
        let bin = usize::from(bin);
        if let (Some(known), Some(sum)) = (self.known.get_mut(bin), self.gain.get_mut(bin))
            && *known < u16::MAX
        {
            *known = known.saturating_add(1);
            *sum = sum.saturating_add(gain.clamp(-MOST, MOST));
        }
    }

    /// The threshold to use now, for [`Governor::set_threshold`](crate::Governor::set_threshold),
    /// with at most `limit` deferred.
    #[must_use]
    pub fn threshold(&self, limit: Rate) -> i32 {
        let all = self.seen.iter().map(|&seen| u64::from(seen)).sum::<u64>();
        // Hoeffding's radius at about 5 %, times the number: sqrt(3/2 * number). Rates that close
        // to the limit cannot be told from it.
        let radius = (all + all / 2).isqrt();
        let most = ((all * u64::from(limit.bits())) >> 16) + radius;
        let (mut deferred, mut sum) = (0u64, 0i64);
        let (mut best, mut largest) = (BINS as i64, 0i64);
        let bins = self.seen.iter().zip(&self.known).zip(&self.gain).zip(0..BINS as u8);
        for (((&seen, &known), &gain), bin) in bins.rev() {
            deferred += u64::from(seen);
            if deferred > most || (limit == Rate::ZERO && seen > 0) {
                break;
            }
            sum += i64::from(seen) * i64::from(optimistic(known, gain));
            if sum > largest {
                (best, largest) = (i64::from(bin), sum);
            }
        }
        let threshold = i64::from(self.low) + best * i64::from(self.width);
        threshold.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
    }
}

/// The largest mean gain that is compatible with what is known: its upper confidence bound at about
/// 5 %.
fn optimistic(known: u16, sum: i32) -> i32 {
    let Some(mean) = sum.checked_div(i32::from(known)) else {
        return MOST;
    };
    // Hoeffding for numbers within ±MOST: 2 MOST sqrt(3/2 / known), the 3/2 being ln(20) / 2.
    let numerator = 6 * (MOST * MOST) as u32;
    let radius = numerator.checked_div(u32::from(known)).unwrap_or_default().isqrt() as i32;
    (mean + radius).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_overflows(
            low in any::<i32>(),
            width in any::<i32>(),
            moves in prop::collection::vec((any::<i32>(), any::<i32>(), 0..=1u32 << 16), 1..300),
            full in any::<bool>(),
        ) {
            let mut search = FeasibleSearch::<4>::new(low, width);
            if full {
                search.seen = [u16::MAX; 4];
                search.known = [u16::MAX - 1; 4];
                search.gain = [-MOST * i32::from(u16::MAX), i32::MAX, i32::MIN, 0];
            }
            for (advantage, gain, limit) in moves {
                let bin = search.bin(advantage);
                prop_assert!(bin < 4);
                search.observe(bin);
                search.learn(bin, gain);
                let _ = search.threshold(Rate::from_bits(limit));
            }
        }

        /// An advantage in the bin from which a threshold defers exceeds it, and one below does
        /// not.
        #[test]
        fn bins_and_thresholds_fit(low in -1000..1000, width in 1..100, advantage in -3000..3000) {
            let search = FeasibleSearch::<8>::new(low, width);
            let bin = i32::from(search.bin(advantage));
            prop_assert!(bin == 0 || advantage > low + bin * width);
            prop_assert!(bin == 7 || advantage <= low + (bin + 1) * width);
        }
    }

    /// Deferring pays in bins 5 and up; the rate allows for fewer, or more than enough.
    #[test]
    fn finds_the_best_threshold_within_the_limit() {
        for (limit, expected) in [(Rate::ONE, 5..=5), (Rate::ratio(1, 4), 6..=6)] {
            let mut search = FeasibleSearch::<8>::new(0, 100);
            let mut deferred = 0;
            let mut state = 3u32;
            for row in 0..20_000 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let advantage = (state >> 16) as i32 % 800 + 1;
                let bin = search.bin(advantage);
                search.observe(bin);
                if advantage > search.threshold(limit) {
                    search.learn(bin, if bin >= 5 { 100 } else { -100 });
                    deferred += u32::from(row >= 10_000);
                }
            }
            let found = search.threshold(limit) / 100;
            assert!(expected.contains(&found), "{found}");
            assert!(f64::from(deferred) / 10_000.0 < f64::from(limit.bits()) / 65_536.0 + 0.03);
        }
    }

    #[test]
    fn a_limit_of_nothing_defers_nothing() {
        let mut search = FeasibleSearch::<4>::new(0, 10);
        (0..40).for_each(|advantage| search.observe(search.bin(advantage)));
        assert_eq!(search.threshold(Rate::ZERO), 40);
    }
}
