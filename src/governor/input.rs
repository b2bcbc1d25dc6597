//! One input under a governor: proposals, then one commit.

use super::limits::DEFERRAL;
use super::watch::Signals;
use super::{Governor, NoWatch, Watching};
use crate::constant_time;
use crate::policy::{Decide, Decision, LOCAL, Reachable, Resolution, Scores};

/// A governor bound to the scores of one input ([`Governor::input`]).
///
/// Proposals change nothing in the governor; [`Decide::commit`] consumes the input and charges it,
/// once. Dropping it without a commit leaves the governor as it was, as if the input had never
/// been.
#[derive(Debug)]
#[must_use = "an input that is not committed is not charged"]
pub struct GovernedInput<'g, 'a, 's, const CAPS: usize = 0, W: Watching = NoWatch> {
    governor: &'g mut Governor<'a, CAPS, W>,
    scores: Scores<'s>,
    notes: Notes<W>,
}

/// What a commit has to know of the proposals. A condition holds if its number is negative.
#[derive(Debug, Clone, Copy)]
struct Notes<W: Watching> {
    /// Of the last one: somebody could be asked, and the governor answered locally.
    declined: i32,
    /// Of the first one, as is what follows: the image would have deferred, and the governor did
    /// not. [`NO_PROPOSAL`] before it.
    withheld: i32,
    /// What the watches look at.
    watched: W::Notes,
}

/// Neither negative nor 0, as what a proposal notes is.
const NO_PROPOSAL: i32 = 1;

impl<'a, const CAPS: usize, W: Watching> Governor<'a, CAPS, W> {
    /// Binds the governor to the scores of one input.
    #[inline(always)]
    pub fn input<'g, 's>(&'g mut self, scores: Scores<'s>) -> GovernedInput<'g, 'a, 's, CAPS, W> {
        let notes = Notes { declined: 0, withheld: NO_PROPOSAL, watched: W::NOTHING };
        GovernedInput { governor: self, scores, notes }
    }

    /// Proposes; only the notes change.
    #[inline(never)] // its variables would be on the stack while the layers run
    fn propose(&self, scores: &Scores<'_>, reachable: Reachable, notes: &mut Notes<W>) -> Decision {
        let bits = reachable.bits();
        let plain = best(scores, bits, constant_time::biased);
        // An expert that was used beyond its share counts for less by the step for each such use,
        // and for nothing when that is beyond the range.
        let best = if CAPS == 0 {
            plain
        } else {
            let mut used = self.used.iter();
            best(scores, bits, |sum| match used.next() {
                Some(&used) => {
                    let (used, settings) = (used as i32, self.settings);
                    let surcharge = constant_time::scale(settings.step, used);
                    let sum = constant_time::biased(constant_time::subtract(sum, surcharge));
                    sum & constant_time::less_near(used, settings.full as i32) as u32
                }
                None => constant_time::biased(sum),
            })
        };
        let settings = self.settings;
        let threshold = self.threshold();
        let advantage = best.advantage(settings.low, settings.high);
        // Negative if the advantage exceeds the threshold. Both are within the range and two steps
        // of it: nothing overflows, here and below.
        let missing = threshold.wrapping_sub(advantage);
        let wanted = best.anybody() & missing & (DEFERRAL - 1).wrapping_sub(self.tokens);
        let defer = constant_time::negative(wanted);

        notes.declined = best.anybody() & !defer;
        if notes.withheld == NO_PROPOSAL {
            let (unbound, kept) = if CAPS == 0 {
                (advantage, notes.declined)
            } else {
                (plain.advantage(settings.low, settings.high), plain.anybody() & !defer)
            };
            let better = constant_time::above(plain.sum, plain.local);
            notes.withheld = better & kept;
            notes.watched = W::note(Signals {
                advantage: unbound,
                alone: better & plain.anybody(),
                watched: plain.anybody() & plain.everybody,
            });
        }
        let distance = missing.wrapping_abs();
        let nobody = constant_time::negative(!best.anybody()) as u32;
        Decision { expert: (defer & best.expert) as u8, margin: distance | (nobody >> 1) as i32 }
    }

    /// Charges one input.
    #[inline(never)]
    fn charge(&mut self, notes: &Notes<W>, resolution: Resolution) {
        let settings = self.settings;
        let charged = resolution.answered() | resolution.asked() & settings.charged_failures;
        // Nobody charges `local`, whose bit is the lowest.
        let deferred = constant_time::any_bit(charged);
        let one = constant_time::negative(deferred) & DEFERRAL;
        // Below 0 only after a deferral that was not proposed. A bucket holds less than 2^31 with a
        // refill on top.
        let tokens = constant_time::positive(self.tokens.wrapping_sub(one));
        let tokens = tokens.wrapping_add(settings.refill.bits() as i32);
        self.tokens = constant_time::least_near(tokens, settings.capacity);

        // Where nobody could be asked, or nobody who was asked is charged, there is nothing to
        // learn: the threshold waits.
        let counts = constant_time::negative(notes.declined | deferred);
        let change = counts & one.wrapping_sub(self.budget.bits() as i32);
        let excess = self.excess.wrapping_add(change);
        self.excess =
            constant_time::clamp_near(excess, settings.lowest_excess, settings.highest_excess);
        let mut bits = charged;
        for (used, cap) in self.used.iter_mut().zip(&settings.caps) {
            bits >>= 1;
            let chosen = constant_time::mask(bits) & DEFERRAL;
            // More than one use beyond `full` only if it was not proposed; never below 0.
            let new = (*used as i32).wrapping_add(chosen).wrapping_sub(cap.bits() as i32);
            *used = constant_time::clamp_near(new, 0, settings.most_used()) as u32;
        }

        self.counters.count(deferred, notes.withheld);
        settings.watches.look(&mut self.sums, &notes.watched);
    }
}

impl<const CAPS: usize, W: Watching> GovernedInput<'_, '_, '_, CAPS, W> {
    /// Proposes, and commits the proposal as carried out: for replays, and for experts that always
    /// answer.
    #[inline]
    pub fn decide(mut self, reachable: Reachable) -> Decision {
        let decision = self.propose(reachable);
        self.commit(Resolution::by(decision.expert));
        decision
    }
}

impl<const CAPS: usize, W: Watching> Decide for GovernedInput<'_, '_, '_, CAPS, W> {
    /// The reachable expert that the budget allows. The margin is the distance of the advantage
    /// from the threshold, `i32::MAX` if nobody can be asked.
    ///
    /// An expert whose sum saturates at `i32::MIN`, which no checked image's does, is never chosen.
    #[inline(always)]
    fn propose(&mut self, reachable: Reachable) -> Decision {
        self.governor.propose(&self.scores, reachable, &mut self.notes)
    }

    #[inline(always)]
    fn commit(self, resolution: Resolution) {
        self.governor.charge(&self.notes, resolution);
    }

    fn image(&self) -> u32 {
        self.scores.image()
    }
}

/// Whom to defer to.
#[derive(Clone, Copy)]
struct Best {
    /// [`LOCAL`] if nobody can be asked.
    expert: i32,
    /// Of that expert, `i32::MIN` if there is none.
    sum: i32,
    /// That of `local`.
    local: i32,
    /// Negative if every expert is reachable.
    everybody: i32,
}

impl Best {
    /// Negative if somebody can be asked.
    #[inline(always)]
    fn anybody(&self) -> i32 {
        i32::from(LOCAL).wrapping_sub(self.expert)
    }

    /// By how much its sum exceeds that of `local`, within a range that holds 0.
    #[inline(always)]
    fn advantage(&self, low: i32, high: i32) -> i32 {
        constant_time::clamped_difference(self.sum, self.local, low, high)
    }
}

/// The best reachable expert to defer to, ties to the lower index. `rank` makes a number of an
/// expert's sum by which they are compared, 0 for one who counts for nothing; it is called for
/// every expert in order.
#[inline(always)] // few variables, all of them in registers
fn best(scores: &Scores<'_>, mut bits: u32, mut rank: impl FnMut(i32) -> u32) -> Best {
    let (mut expert, mut everybody) = (LOCAL.into(), -1);
    let experts = scores.values().len().min(scores.offsets().len());
    // Both have so many. Counting takes one instruction less for each expert than zipping.
    let values = scores.values().get(..experts).unwrap_or_default();
    let offsets = scores.offsets().get(..experts).unwrap_or_default();
    let sum = |index: usize| Some(constant_time::add(*values.get(index)?, *offsets.get(index)?));
    let Some(local) = sum(LOCAL.into()) else {
        return Best { expert, sum: i32::MIN, local: 0, everybody };
    };
    let mut index = 1;
    let mut best = 0;
    while let Some(sum) = sum(index) {
        bits >>= 1;
        let reachable = (bits << 31) as i32;
        everybody &= reachable;
        // 0 for those who cannot be asked, and then never better.
        let sum = rank(sum) & constant_time::negative(reachable) as u32;
        let better = constant_time::below(best, sum);
        best = constant_time::select(better, sum as i32, best as i32) as u32;
        expert = constant_time::select(better, index as i32, expert);
        index = index.wrapping_add(1);
    }
    Best { expert, sum: constant_time::unbiased(best), local, everybody }
}
