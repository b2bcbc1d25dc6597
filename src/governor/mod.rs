//! Keeps the deferral rate inside its budget at run time, whatever the world does, and says when the
//! world has changed.
//!
//! Integers only, no heap, no panic; the state is 48 bytes on a 32-bit core, and four more for each
//! expert with a budget of its own.

mod rate;
mod settings;
mod state;
mod telemetry;
#[cfg(test)]
mod tests;

pub use rate::Rate;
pub use settings::{GovernorSettings, MAX_ADVANTAGE, Track, Watch};
pub use state::StateError;
pub use telemetry::{Drift, GovernorCounters};

use crate::constant_time;
use crate::policy::{Decision, LOCAL, Reachable};
use settings::DEFERRAL;

/// Decides on scores as [`policy::decide`](crate::policy::decide) does, but under a budget.
///
/// # The rule
/// The *advantage* of an input is the largest score plus offset of the reachable experts but `local`,
/// minus `local`'s. It is deferred if its advantage exceeds the threshold *t*. After each decision on
/// which somebody could be asked,
///
/// ```text
/// t <- t + step * (deferred - budget)        deferred = 1 or 0
/// ```
///
/// At *t* = 0, where it starts, this is the decision that the image makes by itself.
///
/// # What is guaranteed
/// Advantages count within the settings' range `low..=high`, so *t* stays within
/// `low - step ..= high + step`, and the sum of all its changes telescopes: after *T* decisions on which
/// somebody could be asked
///
/// ```text
/// |deferral rate - budget| <= (high - low + step) / (step * T)
/// ```
///
/// for *every* sequence of inputs, chosen by an adversary or drifting
/// ([`GovernorSettings::rate_bound`]; Gibbs and Candès 2021, Angelopoulos, Candès and Tibshirani 2023 for the
/// argument). With [`Track::AtMost`], a token bucket or caps only "not more than" is left of it, and
/// that always holds. The threshold is kept as the excess of deferrals over the budget in units of
/// 2^-16, exactly, so nothing is lost to rounding.
///
/// Caps work in the same way: each time that expert *k* is asked beyond its share raises what
/// it must exceed by `step`, and when that is beyond the range it counts as unreachable. Its share is
/// then at most its cap plus (high - low + 2 step) / (step * T).
///
/// # Drift
/// Two pairs of one-sided cumulative sums with a known mean (Page 1954, Hinkley 1971): on the
/// advantage, and on whether the image would defer by itself (the real rate says nothing once it is
/// governed). They look only at decisions on which every expert is reachable, and raise a flag that
/// stays until it is cleared. They change no decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Governor<'a, const CAPS: usize = 0> {
    settings: &'a GovernorSettings<CAPS>,
    /// Deferrals beyond the budget, in units of 2^-16; the threshold is this times the step.
    excess: i32,
    budget: Rate,
    /// In units of 2^-16 of a deferral.
    tokens: i32,
    /// Sums of deviations upward and downward.
    margin: [i32; 2],
    rate: [i32; 2],
    counters: GovernorCounters,
    flags: u8,
    energy_step: u8,
    /// By how much each capped expert was used beyond its share, in units of 2^-16.
    used: [u32; CAPS],
}

const MARGIN: u8 = 1;
const RATE: u8 = 2;

impl<'a, const CAPS: usize> Governor<'a, CAPS> {
    /// Starts at the image's own threshold with a full bucket.
    #[must_use]
    pub const fn new(settings: &'a GovernorSettings<CAPS>) -> Self {
        Self {
            settings,
            excess: settings.admit(0),
            budget: settings.budget,
            tokens: settings.capacity,
            margin: [0; 2],
            rate: [0; 2],
            counters: GovernorCounters { decisions: 0, deferred: 0, withheld: 0 },
            flags: 0,
            energy_step: u8::MAX,
            used: [0; CAPS],
        }
    }

    /// Starts with an empty bucket: for after a state was lost, so that a device that restarts again and
    /// again does not get a new burst each time.
    #[must_use]
    pub const fn cautious(settings: &'a GovernorSettings<CAPS>) -> Self {
        let mut governor = Self::new(settings);
        governor.tokens = 0;
        governor
    }

    /// Decides on one input.
    ///
    /// `scores` and `offsets` are those of the rejector and the image, or offsets for other prices. The
    /// decision's margin is the distance of the advantage from the threshold, `i32::MAX` if nobody can
    /// be asked. An expert that is not in `reachable` is never chosen, nor is one whose sum saturates at
    /// `i32::MIN`, which no checked image's does.
    #[inline(never)] // its variables would be on the stack while the layers run
    pub fn decide(&mut self, scores: &[i32], offsets: &[i32], reachable: Reachable) -> Decision {
        let settings = self.settings;
        let plain = best(scores, offsets, reachable.bits(), &[0; 0], settings);
        let best = if CAPS == 0 {
            plain
        } else {
            best(scores, offsets, reachable.bits(), &self.used, settings)
        };
        let any = constant_time::less(i32::from(LOCAL), best.expert);
        let threshold = self.threshold();
        let advantage = constant_time::clamp(best.advantage, settings.low, settings.high);
        let wanted = any & constant_time::less(threshold, advantage);

        // Neither overflows: a bucket holds less than 2^31 with a refill on top.
        let tokens = self.tokens.wrapping_add(settings.refill.bits() as i32);
        let tokens = constant_time::select(
            constant_time::less(settings.capacity, tokens),
            settings.capacity,
            tokens,
        );
        let defer = wanted & constant_time::less(DEFERRAL - 1, tokens);
        let one = defer & DEFERRAL;
        self.tokens = tokens.wrapping_sub(one);
        let expert = defer & best.expert;

        // Where nobody can be asked there is nothing to learn: the threshold waits.
        let change = any & one.wrapping_sub(self.budget.bits() as i32);
        let excess = self.excess.wrapping_add(change);
        self.excess = constant_time::clamp(excess, settings.lowest_excess, settings.highest_excess);
        for ((number, used), cap) in (1..).zip(&mut self.used).zip(&settings.caps) {
            let chosen = !(constant_time::less(expert, number)
                | constant_time::less(number, expert))
                & DEFERRAL;
            // At most one use beyond `full`, so nothing overflows; never below 0.
            let new = (*used as i32).wrapping_add(chosen).wrapping_sub(cap.bits() as i32);
            *used = (new & !(new >> 31)) as u32;
        }

        let alone = constant_time::less(0, plain.advantage)
            & constant_time::less(i32::from(LOCAL), plain.expert);
        let watched = complete(scores.len().min(offsets.len()), reachable);
        let margin = if CAPS == 0 {
            advantage
        } else {
            constant_time::clamp(plain.advantage, settings.low, settings.high)
        };
        let margin = settings.margin.look(&mut self.margin, margin, watched);
        let rate = settings.rate.look(&mut self.rate, alone & DEFERRAL, watched);
        self.flags |= (margin & i32::from(MARGIN) | rate & i32::from(RATE)) as u8;
        self.counters.count(defer, alone & !defer);
        // Both are within the range and two steps of it: neither overflows.
        let distance = advantage.wrapping_sub(threshold).wrapping_abs();
        Decision { expert: expert as u8, margin: constant_time::select(any, distance, i32::MAX) }
    }

    /// The threshold that the next advantage must exceed.
    #[must_use]
    pub fn threshold(&self) -> i32 {
        // Within the range and two steps of it, whatever the excess.
        (i64::from(self.settings.step).wrapping_mul(i64::from(self.excess)) >> 16) as i32
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

    /// Takes the budget and threshold for a battery level from steps in ascending order of level: the
    /// last one whose level is reached, or the first of all.
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

    /// The drift flags raised since they were last cleared.
    #[must_use]
    pub const fn drift(&self) -> Drift {
        Drift { margin: self.flags & MARGIN != 0, rate: self.flags & RATE != 0 }
    }

    /// Clears the drift flags, and begins to watch anew.
    pub fn clear_drift(&mut self) {
        self.flags = 0;
        self.margin = [0; 2];
        self.rate = [0; 2];
    }
}

/// Whom to defer to.
#[derive(Clone, Copy)]
struct Best {
    /// [`LOCAL`] if nobody can be asked.
    expert: i32,
    /// Of that expert over `local`.
    advantage: i32,
}

/// The best reachable expert to defer to, ties to the lower index. An expert that is used beyond its share counts for
/// less by the settings' step for each such use, and for nothing when that is beyond the range.
#[inline(never)] // few variables, all of them in registers
fn best<const CAPS: usize, const USED: usize>(
    scores: &[i32],
    offsets: &[i32],
    mut bits: u32,
    used: &[u32; USED],
    settings: &GovernorSettings<CAPS>,
) -> Best {
    let mut sums =
        scores.iter().zip(offsets).map(|(&score, &offset)| constant_time::add(score, offset));
    let local = sums.next().unwrap_or_default();
    let mut used = used.iter();
    let (mut expert, mut index) = (i32::from(LOCAL), i32::from(LOCAL));
    let mut best = i32::MIN;
    for mut sum in sums {
        index = index.wrapping_add(1);
        bits >>= 1;
        let mut reachable = constant_time::mask(bits);
        if USED > 0
            && let Some(&used) = used.next()
        {
            reachable &= constant_time::less(used as i32, settings.full as i32);
            let surcharge = i64::from(settings.step).wrapping_mul(i64::from(used)) >> 16;
            sum = constant_time::subtract(sum, surcharge as i32);
        }
        let better = reachable & constant_time::less(best, sum);
        best = constant_time::select(better, sum, best);
        expert = constant_time::select(better, index, expert);
    }
    Best { expert, advantage: constant_time::subtract(best, local) }
}

/// Whether there are other experts and all of them are reachable, as a mask.
#[inline(always)]
fn complete(experts: usize, reachable: Reachable) -> i32 {
    let beyond = u32::MAX.checked_shl(experts as u32).unwrap_or(0);
    let missing = !(reachable.bits() | beyond) as i32;
    // A set without its first member is never negative unless it has the last.
    !constant_time::less(0, missing)
        & !constant_time::less(missing, 0)
        & constant_time::less(1, experts as i32)
}

/// A budget for a battery that is at least so full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EnergyStep {
    /// The lowest level at which this step is taken.
    pub from: u16,
    /// The budget.
    pub budget: Rate,
    /// The threshold that kept this budget in calibration.
    pub threshold: i32,
}
