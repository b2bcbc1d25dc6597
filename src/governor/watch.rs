//! Watching for drift: what one watch adds up, and governors with and without watches.

use core::fmt;

use super::limits::{DEFERRAL, MAX_ADVANTAGE, within};
use super::telemetry::Drift;
use crate::constant_time;

/// How a drift watch judges a signal: a sum of deviations from a mean, less some slack each, raises
/// the flag at an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Watch {
    /// The signal counts when it exceeds the first or falls below the second; `alarm` raises the
    /// flag. Signals are within ±2^28, the first two within ±3 * 2^28, and the alarm is at most
    /// 2^30: a sum below the alarm and one deviation are below 2^31.
    above: i32,
    below: i32,
    alarm: i32,
}

impl Watch {
    const MOST_SLACK: i32 = 2 * MAX_ADVANTAGE;
    const MOST_ALARM: i32 = 1 << 30;

    /// Never raises the flag.
    pub const OFF: Self = Self::new(0, i32::MAX, i32::MAX);

    /// A watch with these numbers, in the signal's unit. They are clamped: the mean to
    /// ±[`MAX_ADVANTAGE`], the slack to 0 to 2^29 (with which no signal counts), the alarm to 1 to
    /// 2^30.
    #[must_use]
    pub const fn new(mean: i32, slack: i32, alarm: i32) -> Self {
        let mean = within(mean, -MAX_ADVANTAGE, MAX_ADVANTAGE);
        let slack = within(slack, 0, Self::MOST_SLACK);
        let alarm = within(alarm, 1, Self::MOST_ALARM);
        Self { above: mean + slack, below: mean - slack, alarm }
    }

    /// The usual watch of a signal whose mean and standard deviation are known: slack a quarter of
    /// the deviation, alarm at 40 of them. Independent normal numbers without drift raise it once
    /// in about 7 * 10^9 decisions (Siegmund 1985); a shift of one deviation does after about 53.
    #[must_use]
    pub const fn usual(mean: i32, deviation: i32) -> Self {
        let deviation = if deviation < 4 { 4 } else { deviation };
        Self::new(mean, deviation / 4, deviation.saturating_mul(40))
    }

    /// Adds a signal's deviations upward and downward to their sums, if `watched` is negative. A
    /// sum that has reached the alarm stays as it is.
    #[inline(always)]
    fn look(self, [up, down]: [i32; 2], signal: i32, watched: i32) -> [i32; 2] {
        // No sum is below 0.
        let open = self.alarm & constant_time::negative(watched);
        let add = |sum: i32, deviation: i32| {
            let new = sum.wrapping_add(deviation & constant_time::less_near(sum, open));
            constant_time::positive(new)
        };
        [add(up, signal.wrapping_sub(self.above)), add(down, self.below.wrapping_sub(signal))]
    }

    /// Above and below what a signal counts, and the alarm.
    #[cfg(test)]
    pub(super) const fn numbers(self) -> [i32; 3] {
        [self.above, self.below, self.alarm]
    }

    /// Whether one of the sums has reached the alarm.
    const fn raised(self, [up, down]: [i32; 2]) -> bool {
        up >= self.alarm || down >= self.alarm
    }
}

/// Whether a governor watches for drift: [`NoWatch`] or [`Watches`].
pub trait Watching: sealed::WatchState {}

/// No watch: a governor that keeps its budget and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoWatch;

/// Both watches ([`GovernorSettings::with_watches`](super::GovernorSettings::with_watches)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Watches {
    pub(super) margin: Watch,
    pub(super) rate: Watch,
}

impl Watching for NoWatch {}
impl Watching for Watches {}

/// What a first proposal tells the watches.
#[derive(Debug, Clone, Copy)]
pub struct Signals {
    /// The advantage before any caps, within the settings' range.
    pub advantage: i32,
    /// Negative if the image would have deferred.
    pub alone: i32,
    /// Negative if every expert was reachable, and one of them could be asked.
    pub watched: i32,
}

pub(super) mod sealed {
    use super::{Signals, fmt};

    /// What watches do, for the governor alone.
    pub trait WatchState: Copy + Eq + fmt::Debug + 'static {
        /// What is kept from a proposal to its commit.
        type Notes: Copy + fmt::Debug;
        /// What is kept from input to input.
        type Sums: Copy + Eq + fmt::Debug + AsRef<[i32]> + AsMut<[i32]>;
        /// Of no proposal.
        const NOTHING: Self::Notes;
        /// Sums that have not seen anything.
        const START: Self::Sums;

        /// Keeps the signals of a first proposal.
        fn note(signals: Signals) -> Self::Notes;

        /// Adds what was noted.
        fn look(&self, sums: &mut Self::Sums, notes: &Self::Notes);

        /// The alarms, by which settings are recognised.
        fn alarms(&self) -> [u32; 2];
    }
}

impl sealed::WatchState for NoWatch {
    type Notes = ();
    type Sums = [i32; 0];
    const NOTHING: () = ();
    const START: [i32; 0] = [];

    #[inline(always)]
    fn note(_: Signals) {}

    #[inline(always)]
    fn look(&self, _: &mut [i32; 0], (): &()) {}

    fn alarms(&self) -> [u32; 2] {
        [0; 2]
    }
}

impl sealed::WatchState for Watches {
    type Notes = Signals;
    /// Of the advantage upward and downward, and of the rate.
    type Sums = [i32; 4];
    const NOTHING: Signals = Signals { advantage: 0, alone: 0, watched: 0 };
    const START: [i32; 4] = [0; 4];

    #[inline(always)]
    fn note(signals: Signals) -> Signals {
        signals
    }

    #[inline(always)]
    fn look(&self, sums: &mut [i32; 4], notes: &Signals) {
        let Signals { advantage, alone, watched } = *notes;
        let [up, down, rate_up, rate_down] = *sums;
        let one = constant_time::negative(alone) & DEFERRAL;
        let [rate_up, rate_down] = self.rate.look([rate_up, rate_down], one, watched);
        let [up, down] = self.margin.look([up, down], advantage, watched);
        *sums = [up, down, rate_up, rate_down];
    }

    fn alarms(&self) -> [u32; 2] {
        [self.margin.alarm as u32, self.rate.alarm as u32]
    }
}

impl Watches {
    /// The flags that these sums raise.
    pub(super) const fn raised(self, [up, down, rate_up, rate_down]: [i32; 4]) -> Drift {
        Drift {
            margin: self.margin.raised([up, down]),
            rate: self.rate.raised([rate_up, rate_down]),
        }
    }
}
