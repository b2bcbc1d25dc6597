//! The settings of a governor: they stay in flash.

use super::limits::{DEFERRAL, MAX_ADVANTAGE, within};
use super::rate::Rate;
use super::watch::{NoWatch, Watch, Watches, Watching};

/// Of what a state means. It is part of the fingerprint: older states are not taken.
const STATE_VERSION: u32 = 2;

/// The widest range of advantages in steps. With it the excess of deferrals fits an `i32`.
const MAX_STEPS: i32 = 1 << 13;

/// Which side of the budget is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Track {
    /// Not more than the budget: the threshold never goes below this one. At 0, the image's own,
    /// the governor only ever holds back deferrals; where few are worth their price it spends less
    /// than the budget.
    AtMost(i32),
    /// The budget, no more and no less, whatever a deferral is worth.
    Exactly,
}

/// Whether an expert that was asked and failed is charged like one that answered.
///
/// [`Governor`](super::Governor) has the table of what is charged when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Charge {
    /// It is: sending costs energy even if nobody answers.
    #[default]
    Attempts,
    /// It is not: the budget is one of answers, as with an expert that bills them.
    Answers,
}

/// The most deferrals that a token bucket holds. With a refill on top they fit an `i32`.
const MAX_BURST: u16 = 32_766;

/// The settings of a [`Governor`](super::Governor), with budgets of their own for the experts 1 to
/// `CAPS`, and with the watches `W`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GovernorSettings<const CAPS: usize = 0, W: Watching = NoWatch> {
    pub(super) low: i32,
    pub(super) high: i32,
    pub(super) step: i32,
    pub(super) lowest_excess: i32,
    pub(super) highest_excess: i32,
    pub(super) budget: Rate,
    pub(super) capacity: i32,
    pub(super) refill: Rate,
    pub(super) caps: [Rate; CAPS],
    pub(super) full: u32,
    /// All bits if experts that failed are charged, else none.
    pub(super) charged_failures: u32,
    pub(super) watches: W,
}

impl GovernorSettings<0> {
    /// Settings that keep `budget`.
    ///
    /// `low` to `high` is the range of *advantages*: by how much the best expert to defer to
    /// exceeds `local`, in score units; advantages beyond count as its ends. `step` is by how many
    /// score units one deferral raises the threshold. A larger step keeps the rate more tightly, a
    /// smaller one disturbs the choice less; a hundredth of the range is usual.
    ///
    /// `None` if the range is empty, beyond ±[`MAX_ADVANTAGE`], or wider than 8192 steps, if it
    /// does not hold 0, or if the step is below 1 or wider than the range.
    #[must_use]
    pub const fn new(low: i32, high: i32, step: i32, budget: Rate, track: Track) -> Option<Self> {
        if low > 0 || high < 0 || low == high || low < -MAX_ADVANTAGE || high > MAX_ADVANTAGE {
            return None;
        }
        if step < 1 || step > high - low || (high - low) / step >= MAX_STEPS {
            return None;
        }
        Some(Self::checked(low, high, step, budget, track))
    }

    /// Settings of numbers that have been checked.
    pub(crate) const fn checked(
        low: i32,
        high: i32,
        step: i32,
        budget: Rate,
        track: Track,
    ) -> Self {
        // One deferral beyond the thresholds at which always, and never, is deferred.
        let beyond = excess_at(low, step) - DEFERRAL;
        let lowest_excess = match track {
            Track::Exactly => beyond,
            Track::AtMost(floor) if floor < low => beyond,
            // Not above 0, where the governor starts.
            Track::AtMost(floor) => excess_at(if floor > 0 { 0 } else { floor }, step),
        };
        Self {
            low,
            high,
            step,
            lowest_excess,
            highest_excess: excess_at(high, step) + 2 * DEFERRAL,
            budget,
            // Full again before every decision.
            capacity: DEFERRAL,
            refill: Rate::ONE,
            caps: [],
            full: excess_at(high - low, step) as u32 + DEFERRAL as u32,
            charged_failures: u32::MAX,
            watches: NoWatch,
        }
    }
}

impl<const CAPS: usize, W: Watching> GovernorSettings<CAPS, W> {
    /// At most `burst` deferrals at once, and `refill` of all inputs after that: a token bucket. A
    /// burst counts as at least one, or nothing could ever be deferred, and as at most 32,766. If
    /// the refill is below the budget, the refill is what is kept.
    #[must_use]
    pub const fn with_burst(mut self, burst: u16, refill: Rate) -> Self {
        let burst = within(burst as i32, 1, MAX_BURST as i32);
        self.capacity = burst * DEFERRAL;
        self.refill = refill;
        self
    }

    /// Separate budgets: expert `k` gets at most `caps[k - 1]` of all inputs.
    #[must_use]
    pub const fn with_caps<const N: usize>(self, caps: [Rate; N]) -> GovernorSettings<N, W> {
        let watches = self.watches;
        self.with(caps, watches)
    }

    /// Whether experts that were asked and failed are charged; they are without this.
    #[must_use]
    pub const fn with_charge(mut self, charge: Charge) -> Self {
        self.charged_failures = match charge {
            Charge::Attempts => u32::MAX,
            Charge::Answers => 0,
        };
        self
    }

    /// Watches the advantages, and the share of inputs that the image would defer by itself, for
    /// drift from what they were on the calibration rows. The second is in units of 2^-16.
    #[must_use]
    pub const fn with_watches(self, margin: Watch, rate: Watch) -> GovernorSettings<CAPS, Watches> {
        let caps = self.caps;
        self.with(caps, Watches { margin, rate })
    }

    /// Does not watch for drift, which saves a governor time and 16 bytes.
    #[must_use]
    pub const fn without_watches(self) -> GovernorSettings<CAPS> {
        let caps = self.caps;
        self.with(caps, NoWatch)
    }

    /// The same numbers with other caps and watches.
    const fn with<const N: usize, V: Watching>(
        self,
        caps: [Rate; N],
        watches: V,
    ) -> GovernorSettings<N, V> {
        GovernorSettings {
            low: self.low,
            high: self.high,
            step: self.step,
            lowest_excess: self.lowest_excess,
            highest_excess: self.highest_excess,
            budget: self.budget,
            capacity: self.capacity,
            refill: self.refill,
            caps,
            full: self.full,
            charged_failures: self.charged_failures,
            watches,
        }
    }

    /// The budget that a governor starts with.
    #[must_use]
    pub const fn budget(&self) -> Rate {
        self.budget
    }

    /// By how much the long-run deferral rate can differ from the budget after so many inputs that
    /// count, in units of 2^-16: (range + step) / (step * inputs). See
    /// [`Governor`](super::Governor).
    #[must_use]
    pub const fn rate_bound(&self, inputs: u32) -> u32 {
        let range = (self.high - self.low) as u64 + self.step as u64;
        let excess = (range << 16).div_ceil(self.step as u64);
        match excess.checked_div(inputs as u64) {
            Some(bound) if bound < u32::MAX as u64 => bound as u32 + 1,
            _ => u32::MAX,
        }
    }

    /// The excess at which the threshold is this one.
    pub(super) const fn excess_of(&self, threshold: i32) -> i32 {
        self.admit(excess_at(within(threshold, self.low, self.high), self.step))
    }

    /// The most that an expert's use can exceed its share: it is proposed below `full` only.
    pub(super) const fn most_used(&self) -> i32 {
        self.full as i32 + DEFERRAL
    }

    pub(super) const fn admit(&self, excess: i32) -> i32 {
        within(excess, self.lowest_excess, self.highest_excess)
    }

    /// A number by which a state is recognised as made under these settings.
    pub(super) fn fingerprint(&self) -> u32 {
        let [margin, rate] = self.watches.alarms();
        let mut words = [
            STATE_VERSION,
            self.low as u32,
            self.high as u32,
            self.step as u32,
            self.lowest_excess as u32,
            self.capacity as u32,
            self.refill.bits(),
            margin,
            rate,
            self.charged_failures,
        ];
        for (index, cap) in (1u32..).zip(&self.caps) {
            words[1] = words[1].rotate_left(5).wrapping_add(cap.bits()).wrapping_mul(2 * index + 1);
        }
        crate::checksum::of_words(&words)
    }
}

/// The excess of deferrals, in units of 2^-16, that puts the threshold `step` score units per
/// deferral at `threshold`. Fits: the range is at most 2^13 steps.
const fn excess_at(threshold: i32, step: i32) -> i32 {
    match ((threshold as i64) << 16).checked_div(step as i64) {
        Some(excess) => excess as i32,
        None => 0,
    }
}
