//! Keeps the deferral rate inside its budget at run time, whatever the inputs are and whoever
//! fails. With watches it also raises a flag when the world has changed.
//!
//! Integers only, no heap, no panic. The state takes 32 bytes on a 32-bit core, 16 more with
//! watches, and four more for each expert with a budget of its own.
//!
//! ```
//! use mild::governor::{GovernorSettings, Rate, Track};
//! use mild::{Decide, Governor, Reachable, Resolution, Scores};
//!
//! let settings = GovernorSettings::new(-1000, 1000, 20, Rate::ratio(1, 10), Track::AtMost(0)).unwrap();
//! let mut governor = Governor::new(&settings);
//! // In place of `rejector.scores(features, &mut scratch)?`.
//! let scores = Scores::new(&[0, 300, 200], &[0; 3]);
//!
//! let mut input = governor.input(scores);
//! assert_eq!(input.propose(Reachable::ALL).deferred_to(), Some(1));
//! // Expert 1 does not answer: a second proposal, under the same threshold.
//! assert_eq!(input.propose(Reachable::ALL.without(1)).deferred_to(), Some(2));
//! // Expert 2 does. All of this is one deferral.
//! input.commit(Resolution::by(2).after(1));
//! assert_eq!(governor.counters().deferred, 1);
//! ```
//!
//! A [client](crate::client) does all of this by itself: give it `governor.input(scores)`.

mod input;
mod limits;
mod rate;
mod settings;
mod state;
mod telemetry;
#[cfg(test)]
mod tests;
mod watch;

pub use input::GovernedInput;
pub use limits::MAX_ADVANTAGE;
pub use rate::Rate;
pub use settings::{Charge, GovernorSettings, Track};
pub use state::StateError;
pub use telemetry::{Drift, GovernorCounters};
pub use watch::{NoWatch, Watch, Watches, Watching};

use crate::constant_time;

/// Proposes on scores as [`Scores::decide`](crate::Scores::decide) does, but under a budget.
///
/// # The rule
/// The *advantage* of an input is the largest score plus offset of the reachable experts other than
/// `local`, minus that of `local`. An input is deferred if its advantage exceeds the threshold *t*.
/// Proposals leave *t* alone. A commit moves it, once for each input that *counts*:
///
/// ```text
/// t <- t + step * (deferred - budget)        deferred = 1 or 0
/// ```
///
/// At *t* = 0, where it starts, this is the decision that the image makes by itself.
///
/// # What is charged
/// An input is deferred, and one token is taken, if somebody is charged for it; whoever is charged
/// also uses up a part of its cap. Nobody is charged twice for an input, and all experts that were
/// asked for it make one deferral.
///
/// | what happened | [`Charge::Attempts`] | [`Charge::Answers`] |
/// |---|---|---|
/// | an expert answered | it is charged, and all that failed before it | it is charged |
/// | every expert that was asked failed | all of them are charged | nobody is charged |
/// | nobody was asked | nobody is charged | nobody is charged |
///
/// An input counts if somebody is charged for it, or if the last proposal was to answer locally
/// although an expert could be asked. So an input on which nobody could be reached does not count,
/// nor does one whose deferral could not be sent or, with [`Charge::Answers`], on which everybody
/// failed who could be asked: such inputs say nothing about the threshold, which waits.
///
/// # What is guaranteed
/// Advantages count within the settings' range `low..=high`, so *t* stays within
/// `low - step ..= high + step`, and the sum of all its changes telescopes: after *T* inputs that
/// count
///
/// ```text
/// |deferral rate - budget| <= (high - low + step) / (step * T)
/// ```
///
/// for *every* sequence of inputs and *every* pattern of failures and outages, chosen by an
/// adversary or drifting ([`GovernorSettings::rate_bound`]; Gibbs and Candès 2021, Angelopoulos,
/// Candès and Tibshirani 2023 for the argument). The deferral rate is the share of the *T* inputs
/// for which somebody was charged. Of all inputs, counting or not, the share of deferrals is then
/// at most as large. With [`Track::AtMost`], a token bucket or caps only "not more than" is left of
/// the bound, and that always holds. The threshold is kept as the excess of deferrals over the
/// budget in units of 2^-16, exactly, so nothing is lost to rounding.
///
/// The guarantee is about proposals that were followed. A deferral that was not proposed is charged
/// too, as far as the state's range goes.
///
/// Caps work in the same way: each time that expert *k* is charged beyond its share raises what it
/// must exceed by `step`, and when that is beyond the range it counts as unreachable. Its share of
/// all inputs is then at most its cap plus (high - low + 2 step) / (step * T).
///
/// # Drift
/// [`Watches`] ([`GovernorSettings::with_watches`]) are two pairs of one-sided cumulative sums with
/// a known mean (Page 1954, Hinkley 1971): on the advantage, and on whether the image would defer
/// by itself (the real rate says nothing once it is governed). They look at the first proposal of
/// an input, and only if every expert is reachable, and raise a flag that stays until it is
/// cleared. They change no decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Governor<'a, const CAPS: usize = 0, W: Watching = NoWatch> {
    settings: &'a GovernorSettings<CAPS, W>,
    /// Deferrals beyond the budget, in units of 2^-16; the threshold is this times the step.
    excess: i32,
    budget: Rate,
    /// What the next input finds in the bucket, in units of 2^-16 of a deferral.
    tokens: i32,
    /// Of the watches.
    sums: W::Sums,
    counters: GovernorCounters,
    energy_step: u8,
    /// By how much each capped expert was used beyond its share, in units of 2^-16.
    used: [u32; CAPS],
}

impl<'a, const CAPS: usize, W: Watching> Governor<'a, CAPS, W> {
    /// Starts at the image's own threshold with a full bucket.
    #[must_use]
    pub const fn new(settings: &'a GovernorSettings<CAPS, W>) -> Self {
        Self {
            settings,
            excess: settings.admit(0),
            budget: settings.budget,
            tokens: settings.capacity,
            sums: W::START,
            counters: GovernorCounters { decisions: 0, deferred: 0, withheld: 0 },
            energy_step: u8::MAX,
            used: [0; CAPS],
        }
    }

    /// Starts with an empty bucket: for after a state was lost, so that a device that restarts
    /// again and again does not get a new burst each time.
    #[must_use]
    pub const fn cautious(settings: &'a GovernorSettings<CAPS, W>) -> Self {
        let mut governor = Self::new(settings);
        governor.tokens = settings.refill.bits() as i32;
        governor
    }

    /// The threshold that the next advantage must exceed.
    #[must_use]
    pub fn threshold(&self) -> i32 {
        // Within the range and two steps of it, whatever the excess.
        constant_time::scale(self.settings.step, self.excess)
    }

    /// Sets the threshold, for instance to what was learned on line; the settings bound it. The
    /// long-run guarantee starts anew.
    pub fn set_threshold(&mut self, threshold: i32) {
        self.excess = self.settings.excess_of(threshold);
    }

    /// The budget that is kept now.
    #[must_use]
    pub const fn budget(&self) -> Rate {
        self.budget
    }

    /// Changes the budget; the threshold follows by itself, or at once with
    /// [`Self::set_threshold`]. The long-run guarantee starts anew.
    pub fn set_budget(&mut self, budget: Rate) {
        self.budget = budget;
    }

    /// Takes the budget and threshold for a battery level from steps in ascending order of level:
    /// the last one whose level is reached, or the first of all.
    ///
    /// A higher step than the present one must be exceeded by `hysteresis`, so that a voltage that
    /// recovers for a moment changes nothing. Levels are in the caller's unit, usually per mille.
    pub fn set_battery(
        &mut self,
        level: u16,
        hysteresis: u16,
        energy_steps: impl IntoIterator<Item = EnergyStep>,
    ) {
        let mut chosen = None;
        for (index, step) in (0u8..=254).zip(energy_steps) {
            let above = if index > self.energy_step { hysteresis } else { 0 };
            if index == 0 || level >= step.from.saturating_add(above) {
                chosen = Some((index, step));
            }
        }
        if let Some((index, step)) = chosen
            && index != self.energy_step
        {
            self.energy_step = index;
            self.set_budget(step.budget);
            self.set_threshold(step.threshold);
        }
    }

    /// The counts since the start.
    #[must_use]
    pub const fn counters(&self) -> GovernorCounters {
        self.counters
    }
}

impl<const CAPS: usize> Governor<'_, CAPS, Watches> {
    /// The drift flags raised since they were last cleared.
    #[must_use]
    pub const fn drift(&self) -> Drift {
        self.settings.watches.raised(self.sums)
    }

    /// Clears the drift flags, and begins to watch anew.
    pub fn clear_drift(&mut self) {
        self.sums = [0; 4];
    }
}

/// A budget that is kept from some battery level upward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EnergyStep {
    /// The lowest level at which this step is taken.
    pub from: u16,
    /// The budget.
    pub budget: Rate,
    /// The threshold that kept this budget on the calibration rows.
    pub threshold: i32,
}
