use super::*;
use proptest::prelude::*;
use std::{vec, vec::Vec};

#[test]
fn ties_go_to_the_lower_index() {
    let decision = Scores::new(&[5, 5, 5], &[0; 3]).decide(Reachable::ALL);
    assert_eq!(decision, Decision { expert: 0, margin: 0 });
    let decision = Scores::new(&[1, 5, 5], &[0; 3]).decide(Reachable::ALL);
    assert_eq!(decision, Decision { expert: 1, margin: 0 });
}

#[test]
fn offsets_move_the_decision() {
    assert_eq!(Scores::new(&[1, 2], &[2, 0]).decide(Reachable::ALL).expert, 0);
    assert_eq!(Scores::new(&[1, 2], &[0, 0]).decide(Reachable::ALL).expert, 1);
}

#[test]
fn an_unreachable_expert_is_never_chosen() {
    let scores = [0, 30, 20, 10];
    for bits in 0..16 {
        let reachable = Reachable::from_bits(bits);
        let decision = Scores::new(&scores, &[0; 4]).decide(reachable);
        assert!(reachable.contains(decision.expert), "{bits:#b}");
    }
    let alone = Scores::new(&scores, &[0; 4]).decide(Reachable::LOCAL_ONLY);
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
    let decision = Scores::new(&[i32::MIN, i32::MAX], &[i32::MIN, i32::MAX]).decide(Reachable::ALL);
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
            Scores::new(&scores, &offsets).decide(reachable),
            plain(&scores, &offsets, reachable)
        );
    }
}
