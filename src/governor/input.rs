//! One input under a governor: proposals, then one commit.

use super::settings::DEFERRAL;
use super::{Governor, GovernorSettings, MARGIN, RATE};
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
    /// What the first proposal saw, if there was one.
    first: Option<View>,
    /// Of the last proposal.
    declined: i32,
}

/// What one look at an input shows. Conditions are masks.
#[derive(Debug, Clone, Copy)]
struct View {
    decision: Decision,
    /// Somebody can be asked, and the governor answers locally.
    declined: i32,
    /// The image would defer, and the governor does not.
    withheld: i32,
    /// The image would defer.
    alone: i32,
    /// Every expert is reachable.
    complete: i32,
    /// The advantage before any caps, within the settings' range.
    advantage: i32,
}

impl<'a, const CAPS: usize> Governor<'a, CAPS> {
    /// Binds the governor to the scores of one input.
    #[inline]
    pub const fn input<'g, 's>(
        &'g mut self,
        scores: Scores<'s>,
    ) -> GovernedInput<'g, 'a, 's, CAPS> {
        GovernedInput { governor: self, scores, first: None, declined: 0 }
    }

    /// Looks at an input; nothing changes.
    #[inline(never)] // its variables would be on the stack while the layers run
    fn look(&self, scores: &Scores<'_>, reachable: Reachable) -> View {
        let settings = self.settings;
        let plain = best(scores, reachable.bits(), &[0; 0], settings);
        let best =
            if CAPS == 0 { plain } else { best(scores, reachable.bits(), &self.used, settings) };
        let any = constant_time::less(i32::from(LOCAL), best.expert);
        let threshold = self.threshold();
        let advantage = constant_time::clamp(best.advantage, settings.low, settings.high);
        let wanted = any & constant_time::less(threshold, advantage);
        let defer = wanted & constant_time::less(DEFERRAL - 1, self.refilled());
        let alone = constant_time::less(0, plain.advantage)
            & constant_time::less(i32::from(LOCAL), plain.expert);
        // Both are within the range and two steps of it: neither overflows.
        let distance = advantage.wrapping_sub(threshold).wrapping_abs();
        let experts = scores.values().len().min(scores.offsets().len());
        View {
            decision: Decision {
                expert: (defer & best.expert) as u8,
                margin: constant_time::select(any, distance, i32::MAX),
            },
            declined: any & !defer,
            withheld: alone & !defer,
            alone,
            complete: complete(experts, reachable),
            advantage: if CAPS == 0 {
                advantage
            } else {
                constant_time::clamp(plain.advantage, settings.low, settings.high)
            },
        }
    }

    /// The tokens that the next input finds.
    #[inline(always)]
    fn refilled(&self) -> i32 {
        // Neither overflows: a bucket holds less than 2^31 with a refill on top.
        let tokens = self.tokens.wrapping_add(self.settings.refill.bits() as i32);
        let full = constant_time::less(self.settings.capacity, tokens);
        constant_time::select(full, self.settings.capacity, tokens)
    }

    /// Charges one input: what the first proposal saw, whether the last one declined to defer, and what
    /// came of it.
    #[inline(never)]
    fn charge(&mut self, first: &View, declined: i32, resolution: Resolution) {
        let settings = self.settings;
        let charged = resolution.answered() | resolution.asked() & settings.charged_failures;
        let deferred = any_bit(charged);
        let one = deferred & DEFERRAL;
        // Below 0 only after a deferral that was not proposed.
        let tokens = self.refilled().wrapping_sub(one);
        self.tokens = tokens & !(tokens >> 31);

        // Where nobody could be asked, or nobody who was asked is charged, there is nothing to learn: the
        // threshold waits.
        let change = (declined | deferred) & one.wrapping_sub(self.budget.bits() as i32);
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

        let margin = settings.margin.look(&mut self.margin, first.advantage, first.complete);
        let rate = settings.rate.look(&mut self.rate, first.alone & DEFERRAL, first.complete);
        self.flags |= (margin & i32::from(MARGIN) | rate & i32::from(RATE)) as u8;
        self.counters.count(deferred, first.withheld);
    }
}

impl<const CAPS: usize> GovernedInput<'_, '_, '_, CAPS> {
    /// Proposes, and commits the proposal as carried out: for replays, and for experts that always
    /// answer.
    #[inline]
    pub fn decide(self, reachable: Reachable) -> Decision {
        let view = self.governor.look(&self.scores, reachable);
        let resolution = Resolution::by(view.decision.expert);
        self.governor.charge(&view, view.declined, resolution);
        view.decision
    }
}

impl<const CAPS: usize> Decide for GovernedInput<'_, '_, '_, CAPS> {
    /// The reachable expert that the budget allows. The margin is the distance of the advantage from
    /// the threshold, `i32::MAX` if nobody can be asked.
    ///
    /// An expert whose sum saturates at `i32::MIN`, which no checked image's does, is never chosen.
    fn propose(&mut self, reachable: Reachable) -> Decision {
        let view = self.governor.look(&self.scores, reachable);
        self.declined = view.declined;
        self.first.get_or_insert(view);
        view.decision
    }

    fn commit(self, resolution: Resolution) {
        const UNSEEN: View = View {
            decision: Decision { expert: LOCAL, margin: i32::MAX },
            declined: 0,
            withheld: 0,
            alone: 0,
            complete: 0,
            advantage: 0,
        };
        let first = self.first.unwrap_or(UNSEEN);
        self.governor.charge(&first, self.declined, resolution);
    }

    fn image(&self) -> u32 {
        self.scores.image()
    }
}

/// Whether there is any bit, as a mask.
#[inline(always)]
fn any_bit(bits: u32) -> i32 {
    (bits | bits.wrapping_neg()) as i32 >> 31
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
#[inline(never)] // few variables, all of them in registers
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
