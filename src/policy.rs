//! From scores to a [`Decision`]: offsets, and which experts are reachable.

use crate::constant_time;

/// Index of the device's own predictor among the experts.
pub const LOCAL: u8 = 0;

/// The most experts that a rejector can have, `local` included: one bit each in [`Reachable`].
pub const MAX_EXPERTS: usize = 32;

/// The set of experts that can be asked now: bit *k* stands for expert *k*.
///
/// `local` (bit 0) is always in the set: the device can always answer by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Reachable(u32);

impl Reachable {
    /// Every expert.
    pub const ALL: Self = Self(u32::MAX);
    /// The device alone, as when the link is down.
    pub const LOCAL_ONLY: Self = Self(1);

    /// The set with these bits; bit 0 is added.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits | 1)
    }

    /// The bits of the set; bit 0 is always set.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The set with an expert added; indices of 32 and more change nothing.
    #[must_use]
    pub const fn with(self, expert: u8) -> Self {
        match 1u32.checked_shl(expert as u32) {
            Some(bit) => Self(self.0 | bit),
            None => self,
        }
    }

    /// The set with an expert removed; `local` cannot be removed.
    #[must_use]
    pub const fn without(self, expert: u8) -> Self {
        match 1u32.checked_shl(expert as u32) {
            Some(bit) => Self::from_bits(self.0 & !bit),
            None => self,
        }
    }

    /// Whether an expert is in the set.
    #[must_use]
    pub const fn contains(self, expert: u8) -> bool {
        match self.0.checked_shr(expert as u32) {
            Some(bits) => bits & 1 == 1,
            None => false,
        }
    }
}

impl Default for Reachable {
    fn default() -> Self {
        Self::ALL
    }
}

/// What the rejector decided for one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Decision {
    /// The chosen expert; [`LOCAL`] (0) means: answer on the device.
    pub expert: u8,
    /// By how much the chosen expert's score plus offset exceeds the best other reachable one, in
    /// integer score units; `i32::MAX` if no other expert is reachable. Never negative.
    pub margin: i32,
}

impl Decision {
    /// Whether the device answers by itself.
    #[must_use]
    pub const fn is_local(self) -> bool {
        self.expert == LOCAL
    }

    /// The expert to defer to, or `None` to answer locally.
    #[must_use]
    pub const fn deferred_to(self) -> Option<u8> {
        if self.is_local() { None } else { Some(self.expert) }
    }
}

/// Chooses the reachable expert with the largest score plus offset; ties go to the lower index, so
/// to `local` first.
///
/// A checked image keeps scores and offsets each within ±2^30, so their sum cannot overflow; sums
/// of other origin saturate. Experts beyond the shorter of the two slices are not considered, and
/// with empty slices the answer is `local`.
#[must_use]
#[inline(never)] // its variables would be on the stack while the layers run
pub fn decide(scores: &[i32], offsets: &[i32], reachable: Reachable) -> Decision {
    let mut sums =
        scores.iter().zip(offsets).map(|(&score, &offset)| constant_time::add(score, offset));
    let Some(mut best) = sums.next() else {
        return Decision { expert: LOCAL, margin: i32::MAX };
    };
    let mut expert = i32::from(LOCAL);
    let mut second = i32::MIN;
    let mut others = 0;
    let mut index = expert;
    let mut bits = reachable.bits();
    // Every expert takes the same steps, so that the run time does not depend on the scores.
    for sum in sums {
        index = index.wrapping_add(1);
        bits >>= 1;
        let reachable = constant_time::mask(bits);
        others |= reachable;
        // The least of all sums is never above the best one, and as second it changes nothing.
        let sum = constant_time::select(reachable, sum, i32::MIN);
        let first = constant_time::less(best, sum);
        let loser = constant_time::select(first, best, sum);
        best = constant_time::select(first, sum, best);
        expert = constant_time::select(first, index, expert);
        second = constant_time::select(constant_time::less(second, loser), loser, second);
    }
    let margin = constant_time::select(others, constant_time::subtract(best, second), i32::MAX);
    Decision { expert: expert as u8, margin }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{vec, vec::Vec};

    #[test]
    fn ties_go_to_the_lower_index() {
        let decision = decide(&[5, 5, 5], &[0; 3], Reachable::ALL);
        assert_eq!(decision, Decision { expert: 0, margin: 0 });
        let decision = decide(&[1, 5, 5], &[0; 3], Reachable::ALL);
        assert_eq!(decision, Decision { expert: 1, margin: 0 });
    }

    #[test]
    fn offsets_move_the_decision() {
        assert_eq!(decide(&[1, 2], &[2, 0], Reachable::ALL).expert, 0);
        assert_eq!(decide(&[1, 2], &[0, 0], Reachable::ALL).expert, 1);
    }

    #[test]
    fn an_unreachable_expert_is_never_chosen() {
        let scores = [0, 30, 20, 10];
        for bits in 0..16 {
            let reachable = Reachable::from_bits(bits);
            let decision = decide(&scores, &[0; 4], reachable);
            assert!(reachable.contains(decision.expert), "{bits:#b}");
        }
        let alone = decide(&scores, &[0; 4], Reachable::LOCAL_ONLY);
        assert_eq!(alone, Decision { expert: LOCAL, margin: i32::MAX });
    }

    #[test]
    fn local_cannot_be_removed() {
        assert!(Reachable::ALL.without(0).contains(0));
        assert!(Reachable::from_bits(0).contains(0));
        assert!(!Reachable::ALL.contains(32));
        assert_eq!(Reachable::LOCAL_ONLY.with(3).without(3), Reachable::LOCAL_ONLY);
    }

    #[test]
    fn extremes_do_not_overflow() {
        let decision = decide(&[i32::MIN, i32::MAX], &[i32::MIN, i32::MAX], Reachable::ALL);
        assert_eq!(decision, Decision { expert: 1, margin: i32::MAX });
    }

    /// Of the reachable experts the first with the largest sum, and the largest of the others' sums.
    fn plain(scores: &[i32], offsets: &[i32], reachable: Reachable) -> Decision {
        let sums: Vec<(u8, i32)> = (0u8..)
            .zip(scores.iter().zip(offsets))
            .filter(|&(expert, _)| reachable.contains(expert))
            .map(|(expert, (score, &offset))| (expert, score.saturating_add(offset)))
            .collect();
        let Some(&(expert, best)) = sums.iter().rev().max_by_key(|(_, sum)| sum) else {
            return Decision { expert: LOCAL, margin: i32::MAX };
        };
        let others = sums.iter().filter(|&&(other, _)| other != expert).map(|&(_, sum)| sum);
        let margin = others.max().map_or(i32::MAX, |second| best.saturating_sub(second));
        Decision { expert, margin }
    }

    /// Any number, the extremes and their neighbours more often.
    fn number() -> impl Strategy<Value = i32> {
        let extremes = vec![i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX - 1, i32::MAX];
        prop_oneof![any::<i32>(), prop::sample::select(extremes), -2..=2]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn decisions_are_those_of_a_plain_search(
            experts in prop::collection::vec((number(), number()), 0..=MAX_EXPERTS),
            bits in any::<u32>(),
        ) {
            let (scores, offsets): (Vec<i32>, Vec<i32>) = experts.into_iter().unzip();
            let reachable = Reachable::from_bits(bits);
            prop_assert_eq!(
                decide(&scores, &offsets, reachable),
                plain(&scores, &offsets, reachable)
            );
        }
    }
}
