//! One input under a governor: proposals, then one commit.

use super::settings::DEFERRAL;
use super::{Governor, GovernorSettings};
use crate::constant_time;
use crate::policy::{Decide, Decision, LOCAL, Reachable, Resolution, Scores};

/// A governor bound to the scores of one input ([`Governor::input`]).
///
/// Proposals change nothing in the governor; [`Decide::commit`] consumes the input and charges it,
/// once. Dropping it without a commit leaves the governor as it was, as if the input had never been.
#[derive(Debug)]
#[must_use = "an input that is not committed is not charged"]
pub struct GovernedInput<'g, 'a, 's, const CAPS: usize = 0> {
    governor: &'g mut Governor<'a, CAPS>,
    scores: Scores<'s>,
    notes: Notes,
}

/// What a commit has to know of the proposals. Conditions are masks.
#[derive(Debug, Clone, Copy)]
struct Notes {
    /// There was a proposal.
    proposed: bool,
    /// Of the last one: somebody could be asked, and the governor answered locally.
    declined: i32,
    /// Of the first one, as are all below: the image would have deferred, and the governor did not.
    withheld: i32,
    /// The image would have deferred.
    alone: i32,
    /// Every expert was reachable, and one of them could be asked.
    complete: i32,
    /// The advantage before any caps, within the settings' range.
    advantage: i32,
    /// The tokens that this input finds, its refill included.
    tokens: i32,
}

impl<'a, const CAPS: usize> Governor<'a, CAPS> {
    /// Binds the governor to the scores of one input.
    #[inline(always)]
    pub fn input<'g, 's>(&'g mut self, scores: Scores<'s>) -> GovernedInput<'g, 'a, 's, CAPS> {
        // Neither overflows: a bucket holds less than 2^31 with a refill on top.
        let tokens = self.tokens.wrapping_add(self.settings.refill.bits() as i32);
        let notes = Notes {
            proposed: false,
            declined: 0,
            withheld: 0,
            alone: 0,
            complete: 0,
            advantage: 0,
            tokens: constant_time::least(tokens, self.settings.capacity),
        };
        GovernedInput { governor: self, scores, notes }
    }

    /// Proposes; only the notes change.
    #[inline(never)] // its variables would be on the stack while the layers run
    fn propose(&self, scores: &Scores<'_>, reachable: Reachable, notes: &mut Notes) -> Decision {
        let settings = self.settings;
        let plain = best(scores, reachable.bits(), &[0; 0], settings);
        let best =
            if CAPS == 0 { plain } else { best(scores, reachable.bits(), &self.used, settings) };
        let any = constant_time::less(i32::from(LOCAL), best.expert);
        let threshold = self.threshold();
        let advantage = constant_time::clamp(best.advantage, settings.low, settings.high);
        let wanted = any & constant_time::less(threshold, advantage);
        let defer = wanted & constant_time::less(DEFERRAL - 1, notes.tokens);

        notes.declined = any & !defer;
        if !notes.proposed {
            let (known, unbound) = if CAPS == 0 {
                (any, advantage)
            } else {
                (
                    constant_time::less(i32::from(LOCAL), plain.expert),
                    constant_time::clamp(plain.advantage, settings.low, settings.high),
                )
            };
            let alone = known & constant_time::less(0, plain.advantage);
            let experts = scores.values().len().min(scores.offsets().len());
            *notes = Notes {
                proposed: true,
                declined: notes.declined,
                withheld: alone & !defer,
                alone,
                complete: known & complete(experts, reachable),
                advantage: unbound,
                tokens: notes.tokens,
            };
        }
        // Both are within the range and two steps of it: neither overflows.
        let distance = advantage.wrapping_sub(threshold).wrapping_abs();
        Decision {
            expert: (defer & best.expert) as u8,
            margin: constant_time::select(any, distance, i32::MAX),
        }
    }

    /// Charges one input.
    #[inline(never)]
    fn charge(&mut self, notes: &Notes, resolution: Resolution) {
        let settings = self.settings;
        let charged = resolution.answered() | resolution.asked() & settings.charged_failures;
        let deferred = constant_time::any_bit(charged);
        let one = deferred & DEFERRAL;
        // Below 0 only after a deferral that was not proposed.
        let tokens = notes.tokens.wrapping_sub(one);
        self.tokens = tokens & !(tokens >> 31);

        // Where nobody could be asked, or nobody who was asked is charged, there is nothing to learn: the
        // threshold waits.
        let change = (notes.declined | deferred) & one.wrapping_sub(self.budget.bits() as i32);
        let excess = self.excess.wrapping_add(change);
        self.excess = constant_time::clamp(excess, settings.lowest_excess, settings.highest_excess);
        let mut bits = charged;
        for (used, cap) in self.used.iter_mut().zip(&settings.caps) {
            bits >>= 1;
            let chosen = constant_time::mask(bits) & DEFERRAL;
            // More than one use beyond `full` only if it was not proposed; never below 0.
            let new = (*used as i32).wrapping_add(chosen).wrapping_sub(cap.bits() as i32);
            *used = constant_time::clamp(new, 0, settings.most_used()) as u32;
        }

        settings.margin.look(&mut self.margin, notes.advantage, notes.complete);
        settings.rate.look(&mut self.rate, notes.alone & DEFERRAL, notes.complete);
        self.counters.count(deferred, notes.withheld);
    }
}

impl<const CAPS: usize> GovernedInput<'_, '_, '_, CAPS> {
    /// Proposes, and commits the proposal as carried out: for replays, and for experts that always
    /// answer.
    #[inline]
    pub fn decide(mut self, reachable: Reachable) -> Decision {
        let decision = self.propose(reachable);
        self.commit(Resolution::by(decision.expert));
        decision
    }
}

impl<const CAPS: usize> Decide for GovernedInput<'_, '_, '_, CAPS> {
    /// The reachable expert that the budget allows. The margin is the distance of the advantage from
    /// the threshold, `i32::MAX` if nobody can be asked.
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
    /// Of that expert over `local`.
    advantage: i32,
}

/// The best reachable expert to defer to, ties to the lower index. An expert that was used beyond its
/// share counts for less by the settings' step for each such use, and for nothing when that is beyond
/// the range.
#[inline(always)] // few variables, all of them in registers
fn best<const CAPS: usize, const USED: usize>(
    scores: &Scores<'_>,
    mut bits: u32,
    used: &[u32; USED],
    settings: &GovernorSettings<CAPS>,
) -> Best {
    let pairs = scores.values().iter().zip(scores.offsets());
    let mut sums = pairs.map(|(&score, &offset)| constant_time::add(score, offset));
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

/// Whether all of these experts are reachable, as a mask.
#[inline(always)]
fn complete(experts: usize, reachable: Reachable) -> i32 {
    let beyond = u32::MAX.checked_shl(experts as u32).unwrap_or(0);
    !constant_time::any_bit(!(reachable.bits() | beyond))
}
