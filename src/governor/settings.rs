//! The settings of a governor: they stay in flash.

use super::rate::Rate;
use crate::constant_time;

/// The largest magnitude of the range that advantages are clamped to.
pub const MAX_ADVANTAGE: i32 = 1 << 28;

/// The widest range of advantages in steps. With it the excess of deferrals fits an `i32`.
const MAX_STEPS: i32 = 1 << 13;

/// Units of the excess: one deferral.
pub(super) const DEFERRAL: i32 = 1 << 16;

/// Which side of the budget is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Track {
    /// Not more than the budget: the threshold never goes below this one. At 0, the image's own, the
    /// governor only ever holds back deferrals; where few are worth their price it spends less than
    /// the budget.
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

/// How a drift watch judges a signal: a sum of deviations from a mean, less some slack each, raises the
/// flag at an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Watch {
    /// The signal counts when it exceeds the first or falls below the second; `alarm` raises the flag.
    /// Signals are within ±2^28, the first two within ±3 * 2^28, and the alarm is at most 2^30, so no
    /// sum overflows.
    above: i32,
    below: i32,
    pub(super) alarm: i32,
}

impl Watch {
    const MOST_SLACK: i32 = 2 * MAX_ADVANTAGE;
    const MOST_ALARM: i32 = 1 << 30;

    /// Never raises the flag.
    pub const OFF: Self = Self::new(0, i32::MAX, i32::MAX);

    /// A watch with these numbers, in the signal's unit. They are clamped: the mean to
    /// ±[`MAX_ADVANTAGE`], the slack to 0 to 2^29 (with which no signal counts), the alarm to 1 to 2^30.
    #[must_use]
    pub const fn new(mean: i32, slack: i32, alarm: i32) -> Self {
        let mean = within(mean, -MAX_ADVANTAGE, MAX_ADVANTAGE);
        let slack = within(slack, 0, Self::MOST_SLACK);
        let alarm = within(alarm, 1, Self::MOST_ALARM);
        Self { above: mean + slack, below: mean - slack, alarm }
    }

    /// The usual watch of a signal whose mean and standard deviation are known: slack a quarter of the
    /// deviation, alarm at 40 of them. Independent normal numbers without drift raise it once in about
    /// 7 * 10^9 decisions (Siegmund 1985); a shift of one deviation does after about 53.
    #[must_use]
    pub const fn usual(mean: i32, deviation: i32) -> Self {
        let deviation = if deviation < 4 { 4 } else { deviation };
        Self::new(mean, deviation / 4, deviation.saturating_mul(40))
    }

    /// Adds a signal's deviations upward and downward to their sums, unless the mask `watched` is 0. A sum
    /// that has reached the alarm stays there.
    #[inline(always)]
    pub(super) fn look(self, [up, down]: &mut [i32; 2], signal: i32, watched: i32) {
        let add = |sum: &mut i32, deviation: i32| {
            let open = constant_time::less(*sum, self.alarm);
            let new = sum.wrapping_add(deviation & watched & open);
            *sum = constant_time::least(new & !(new >> 31), self.alarm);
        };
        add(up, signal.wrapping_sub(self.above));
        add(down, self.below.wrapping_sub(signal));
    }

    /// Whether one of the sums has reached the alarm.
    pub(super) const fn raised(&self, [up, down]: [i32; 2]) -> bool {
        up >= self.alarm || down >= self.alarm
    }
}

const fn within(number: i32, low: i32, high: i32) -> i32 {
    if number < low {
        low
    } else if number > high {
        high
    } else {
        number
    }
}

/// The settings of a [`Governor`](super::Governor), with budgets of their own for the experts 1 to
/// `CAPS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GovernorSettings<const CAPS: usize = 0> {
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
    pub(super) margin: Watch,
    pub(super) rate: Watch,
}

impl GovernorSettings<0> {
    /// Settings that keep `budget`.
    ///
    /// `low` to `high` is the range of *advantages*: by how much the best expert to defer to exceeds
    /// `local`, in score units; advantages beyond count as its ends. `step` is by how many score units
    /// one deferral raises the threshold. A larger step keeps the rate more tightly, a smaller one
    /// disturbs the choice less; a hundredth of the range is usual.
    ///
    /// `None` if the range is empty, beyond ±[`MAX_ADVANTAGE`], or wider than 8192 steps, if it does
    /// not hold 0, or if the step is below 1 or wider than the range.
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
            margin: Watch::OFF,
            rate: Watch::OFF,
        }
    }
}

impl<const CAPS: usize> GovernorSettings<CAPS> {
    /// At most `burst` deferrals at once, and `refill` of all inputs after that: a token bucket. A burst
    /// counts as at least one, or nothing could ever be deferred, and as at most 32,766. If the refill is
    /// below the budget, the refill is what is kept.
    #[must_use]
    pub const fn with_burst(mut self, burst: u16, refill: Rate) -> Self {
        let burst = within(burst as i32, 1, MAX_BURST as i32);
        self.capacity = burst * DEFERRAL;
        self.refill = refill;
        self
    }

    /// Separate budgets: expert `k` gets at most `caps[k - 1]` of all inputs.
    #[must_use]
    pub const fn with_caps<const N: usize>(self, caps: [Rate; N]) -> GovernorSettings<N> {
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
            margin: self.margin,
            rate: self.rate,
        }
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

    /// Watches the advantages, and the share of inputs that the image would defer by itself, for drift
    /// from what they were in calibration. The second is in units of 2^-16.
    #[must_use]
    pub const fn with_watches(mut self, margin: Watch, rate: Watch) -> Self {
        self.margin = margin;
        self.rate = rate;
        self
    }

    /// The budget that a governor starts with.
    #[must_use]
    pub const fn budget(&self) -> Rate {
        self.budget
    }

    /// By how much the long-run deferral rate can differ from the budget after so many inputs that count,
    /// in units of 2^-16: (range + step) / (step * inputs). See [`Governor`](super::Governor).
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
        let mut words = [
            self.low as u32,
            self.high as u32,
            self.step as u32,
            self.lowest_excess as u32,
            self.capacity as u32,
            self.refill.bits(),
            self.margin.alarm as u32,
            self.rate.alarm as u32,
            self.charged_failures,
        ];
        for (index, cap) in (1u32..).zip(&self.caps) {
            words[0] = words[0].rotate_left(5).wrapping_add(cap.bits()).wrapping_mul(2 * index + 1);
        }
        crate::checksum::of_words(&words)
    }
}

/// The excess of deferrals, in units of 2^-16, that puts the threshold `step` score units per deferral
/// at `threshold`. Fits: the range is at most 2^13 steps.
const fn excess_at(threshold: i32, step: i32) -> i32 {
    match ((threshold as i64) << 16).checked_div(step as i64) {
        Some(excess) => excess as i32,
        None => 0,
    }
}
