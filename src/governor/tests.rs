use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::vec::Vec;

/// Any number, the extremes and their neighbours more often.
fn number() -> impl Strategy<Value = i32> {
    let extremes = std::vec![i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX - 1, i32::MAX];
    prop_oneof![any::<i32>(), prop::sample::select(extremes), -300..=300]
}

fn rate() -> impl Strategy<Value = Rate> {
    prop_oneof![0..=1u32 << 16, Just(0), Just(1), Just((1 << 16) - 1), Just(1 << 16)]
        .prop_map(Rate::from_bits)
}

/// All settings there are, the extreme ones more often.
fn settings() -> impl Strategy<Value = GovernorSettings> {
    let end = prop_oneof![0..=1000i32, 0..=MAX_ADVANTAGE, Just(MAX_ADVANTAGE), Just(0)];
    let track =
        prop_oneof![Just(Track::Exactly), Just(Track::AtMost(0)), number().prop_map(Track::AtMost)];
    let watch = (number(), number(), number()).prop_map(|(a, b, c)| Watch::new(a, b, c));
    let watch = prop_oneof![Just(Watch::OFF), watch];
    let bucket = prop_oneof![Just(None), (any::<u16>(), rate()).prop_map(Some)];
    (end.clone(), end, any::<u32>(), rate(), track, (watch.clone(), watch), bucket).prop_filter_map(
        "an empty range",
        |(low, high, step, budget, track, watches, bucket)| {
            let range: i32 = low + high;
            // From the smallest step there may be to the largest.
            let least = range / 8192 + 1;
            let step = least + (step % (range - least).max(1) as u32) as i32;
            let settings = GovernorSettings::new(-low, high, step.min(range), budget, track)?;
            let settings = settings.with_watches(watches.0, watches.1);
            Some(match bucket {
                Some((burst, refill)) => settings.with_burst(burst, refill),
                None => settings,
            })
        },
    )
}

/// GovernorSettings that keep the rate on both sides.
fn exact() -> impl Strategy<Value = GovernorSettings> {
    (1..=100_000i32, 0..=100_000i32, 1..=1000i32, rate()).prop_filter_map(
        "settings",
        |(high, low, part, budget)| {
            let range: i32 = high + low;
            let step = (range / part).max(1);
            GovernorSettings::new(-low, high, step, budget, Track::Exactly)
        },
    )
}

/// Inputs: one number for each of four experts, and who is reachable.
fn stream(most: usize) -> impl Strategy<Value = Vec<([i32; 4], u32)>> {
    let mask = prop_oneof![Just(u32::MAX), any::<u32>(), Just(1)];
    vec(([number(), number(), number(), number()], mask), 1..most)
}

/// Whether somebody can be asked: a sum that saturates downward counts for nobody.
fn somebody(scores: &[i32], offsets: &[i32], reachable: Reachable) -> bool {
    let mut others = (0u8..).zip(scores.iter().zip(offsets)).skip(1);
    others.any(|(k, (score, &offset))| {
        reachable.contains(k) && score.saturating_add(offset) > i32::MIN
    })
}

/// By how much the deferrals differ from the budget, in units of 2^-16 of a deferral.
fn excess(deferred: u64, decisions: u64, budget: Rate) -> i64 {
    ((deferred << 16) as i64) - (decisions * u64::from(budget.bits())) as i64
}

/// The most that it may be: (range + step) / step deferrals.
fn most_excess(settings: &GovernorSettings) -> i64 {
    let range = i64::from(settings.high - settings.low) + i64::from(settings.step);
    (range << 16) / i64::from(settings.step) + 1
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes, the rate is within its bound after every single decision.
    #[test]
    fn rate_is_within_its_bound_for_any_stream(
        settings in exact(),
        stream in vec(([number(), number()], any::<bool>()), 1..600),
    ) {
        let mut governor = Governor::new(&settings);
        let (mut asked, mut deferred) = (0, 0);
        for (scores, up) in stream {
            let reachable = if up { Reachable::ALL } else { Reachable::LOCAL_ONLY };
            let decision = governor.decide(&scores, &[0; 2], reachable);
            asked += u64::from(somebody(&scores, &[0; 2], reachable));
            deferred += u64::from(!decision.is_local());
            let excess = excess(deferred, asked, settings.budget);
            prop_assert!(excess.abs() <= most_excess(&settings), "{excess}");
        }
    }

    /// An adversary that looks at the threshold and always offers the opposite of what would help.
    #[test]
    fn rate_is_within_its_bound_against_an_adversary(
        settings in exact(),
        moves in vec(0u8..4, 1..600),
    ) {
        let mut governor = Governor::new(&settings);
        let (mut asked, mut deferred) = (0u32, 0u64);
        for choice in moves {
            let advantage = match choice {
                0 => governor.threshold().saturating_add(1),
                1 => governor.threshold(),
                2 => i32::MAX,
                _ => i32::MIN + 1,
            };
            let decision = governor.decide(&[0, advantage], &[0; 2], Reachable::ALL);
            asked += 1;
            deferred += u64::from(!decision.is_local());
            let excess = excess(deferred, asked.into(), settings.budget);
            prop_assert!(excess.abs() <= most_excess(&settings), "{excess}");
            let bound = i64::from(settings.rate_bound(asked)) * i64::from(asked);
            prop_assert!(excess.abs() <= bound);
        }
    }

    /// With any settings at all the budget is never exceeded by more than the bound, nobody is asked who
    /// cannot be, and nothing overflows: the tests are built with overflow checks.
    #[test]
    fn budget_burst_and_masks_hold_for_any_settings(settings in settings(), stream in stream(300)) {
        let mut governor = Governor::new(&settings);
        let (mut asked, mut deferred) = (0, 0);
        for (scores, bits) in stream {
            let reachable = Reachable::from_bits(bits);
            let offsets = [0, i32::MAX, i32::MIN, 7];
            let decision = governor.decide(&scores, &offsets, reachable);
            prop_assert!(reachable.contains(decision.expert) && decision.margin >= 0);
            asked += u64::from(somebody(&scores, &offsets, reachable));
            deferred += u64::from(!decision.is_local());
            prop_assert!(excess(deferred, asked, settings.budget) <= most_excess(&settings));
            let decisions = u64::from(governor.counters().decisions);
            let tokens = settings.capacity as u64 + decisions * u64::from(settings.refill.bits());
            prop_assert!(deferred << 16 <= tokens, "{deferred} of {decisions}");
        }
        prop_assert_eq!(u64::from(governor.counters().deferred), deferred);
    }

    #[test]
    fn caps_hold_for_any_stream(
        settings in settings(),
        caps in [rate(), rate()],
        stream in stream(300),
    ) {
        let settings = settings.with_caps(caps);
        let mut governor = Governor::new(&settings);
        let (mut used, mut decisions) = ([0i64; 4], 0);
        for (scores, bits) in stream {
            let reachable = Reachable::from_bits(bits);
            let decision = governor.decide(&scores, &[0; 4], reachable);
            prop_assert!(reachable.contains(decision.expert));
            used[usize::from(decision.expert)] += 1;
            decisions += 1;
            for (cap, used) in caps.iter().zip(&used[1..]) {
                let excess = (used << 16) - decisions * i64::from(cap.bits());
                prop_assert!(excess <= i64::from(settings.full) + (1 << 16), "{excess}");
            }
        }
    }

    /// Where the budget never binds, the decisions are those of the image.
    #[test]
    fn a_budget_of_everything_changes_nothing(stream in stream(200)) {
        let settings = GovernorSettings::new(0, 1000, 10, Rate::ONE, Track::AtMost(0)).unwrap();
        let mut governor = Governor::new(&settings);
        for (scores, bits) in stream {
            let reachable = Reachable::from_bits(bits);
            // In a range in which no difference is clamped to nothing.
            let scores = scores.map(|score| score / 4);
            let governed = governor.decide(&scores, &[0; 4], reachable);
            prop_assert_eq!(governed.expert, crate::policy::decide(&scores, &[0; 4], reachable).expert);
        }
        prop_assert_eq!(governor.counters().withheld, 0);
    }

    /// A higher threshold never defers what a lower one does not.
    #[test]
    fn the_knob_is_monotone(scores in [number(), number(), number()], low in number(), up in number()) {
        let settings = GovernorSettings::new(-100_000, 100_000, 100, Rate::ONE, Track::Exactly).unwrap();
        let decide = |threshold| {
            let mut governor = Governor::new(&settings);
            governor.set_threshold(threshold);
            governor.decide(&scores, &[0; 3], Reachable::ALL)
        };
        let (low, up) = (low.min(up), low.max(up));
        prop_assert!(!decide(low).is_local() || decide(up).is_local());
    }

    #[test]
    fn a_state_comes_back_the_same(settings in settings(), stream in stream(50)) {
        let settings = settings.with_caps([Rate::ratio(1, 3), Rate::ZERO]);
        let mut governor = Governor::new(&settings);
        for (scores, bits) in stream {
            governor.decide(&scores, &[0; 4], Reachable::from_bits(bits));
        }
        let mut bytes = [0; Governor::<2>::STATE_BYTES];
        governor.to_bytes(&mut bytes).unwrap();
        prop_assert_eq!(Governor::from_bytes(&settings, &bytes), Ok(governor));
    }
}

fn tenth() -> GovernorSettings {
    GovernorSettings::new(-1000, 1000, 20, Rate::ratio(1, 10), Track::Exactly)
        .unwrap()
        .with_watches(Watch::usual(0, 100), Watch::OFF)
}

#[test]
fn settings_are_checked() {
    let new = |low, high, step| GovernorSettings::new(low, high, step, Rate::ONE, Track::Exactly);
    assert!(new(-4096, 4095, 1).is_some());
    for (low, high, step) in [
        (0, 0, 1),
        (1, 5, 1),
        (-5, -1, 1),
        (-MAX_ADVANTAGE - 1, 0, 1 << 20),
        (0, MAX_ADVANTAGE + 1, 1 << 20),
        (0, 10, 0),
        (0, 10, 11),
        (0, 8192, 1),
    ] {
        assert!(new(low, high, step).is_none(), "{low} {high} {step}");
    }
}

#[test]
fn the_state_is_small() {
    #[cfg(target_pointer_width = "32")]
    let reference = 0;
    #[cfg(target_pointer_width = "64")]
    let reference = 4;
    assert_eq!(size_of::<Governor<'_>>(), 48 + reference + reference);
    // Four experts, three of which have budgets of their own.
    assert!(size_of::<Governor<'_, 3>>() - reference <= 64);
}

#[test]
fn damaged_states_are_refused() {
    let settings = tenth();
    let mut governor = Governor::new(&settings);
    for advantage in -50..50 {
        governor.decide(&[0, advantage], &[0; 2], Reachable::ALL);
    }
    let mut bytes = [0; Governor::<0>::STATE_BYTES];
    governor.to_bytes(&mut bytes).unwrap();
    let read = |bytes: &[u8]| Governor::from_bytes(&settings, bytes);
    for bit in 0..8 * bytes.len() {
        let mut damaged = bytes;
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(read(&damaged).err(), Some(StateError::Checksum), "bit {bit}");
    }
    let expected = bytes.len();
    let found = expected - 1;
    assert_eq!(read(&bytes[1..]).err(), Some(StateError::Length { found, expected }));
    assert_eq!(read(&[0xff; Governor::<0>::STATE_BYTES]).err(), Some(StateError::Checksum));
    assert_eq!(read(&[0; Governor::<0>::STATE_BYTES]).err(), Some(StateError::Checksum));
    let other = GovernorSettings::new(-1000, 1001, 20, Rate::ratio(1, 10), Track::Exactly).unwrap();
    assert_eq!(Governor::from_bytes(&other, &bytes).err(), Some(StateError::GovernorSettings));
    let mut wild = governor.clone();
    wild.excess = i32::MAX;
    wild.to_bytes(&mut bytes).unwrap();
    assert_eq!(read(&bytes).err(), Some(StateError::Range));
    assert!(governor.to_bytes(&mut [0; 3]).is_err());
}

#[test]
fn a_cautious_start_has_no_burst() {
    let settings = tenth().with_burst(3, Rate::ratio(1, 10));
    let deferred = |mut governor: Governor<'_>| {
        (0..8).filter(|_| !governor.decide(&[0, 900], &[0; 2], Reachable::ALL).is_local()).count()
    };
    assert_eq!(deferred(Governor::new(&settings)), 3);
    assert_eq!(deferred(Governor::cautious(&settings)), 0);
}

#[test]
fn drift_raises_a_flag_that_stays() {
    let settings = tenth();
    let mut governor = Governor::new(&settings);
    let mut decide = |advantage, reachable| {
        governor.decide(&[0, advantage], &[0; 2], reachable);
        governor.drift()
    };
    for _ in 0..1000 {
        assert!(!decide(100, Reachable::ALL).any() && !decide(-100, Reachable::ALL).any());
    }
    // An outage is no drift.
    for _ in 0..1000 {
        assert!(!decide(500, Reachable::LOCAL_ONLY).any());
    }
    let delay = (1..).find(|_| decide(100, Reachable::ALL).margin).unwrap();
    assert!((50..60).contains(&delay), "{delay}");
    for _ in 0..1000 {
        assert!(decide(0, Reachable::ALL).margin);
    }
    governor.clear_drift();
    assert_eq!(governor.drift(), Drift::default());
}

#[test]
fn battery_steps_have_hysteresis() {
    let settings = tenth();
    let mut governor = Governor::new(&settings);
    let step = |from, part| EnergyStep { from, budget: Rate::ratio(part, 100), threshold: 0 };
    let steps = [step(0, 1), step(200, 5), step(600, 10)];
    let mut budget = |level| {
        governor.set_battery(level, 50, steps);
        governor.budget()
    };
    let levels = [700, 600, 599, 620, 649, 650, 100, 230, 250, 0, 1000];
    let parts = [10, 10, 5, 5, 5, 10, 1, 1, 5, 1, 10];
    for (level, part) in levels.into_iter().zip(parts) {
        assert_eq!(budget(level), Rate::ratio(part, 100), "at {level}");
    }
}

#[test]
fn counters_stay_together_at_the_end() {
    let mut counters = GovernorCounters { decisions: u32::MAX - 1, deferred: 7, withheld: 3 };
    counters.count(-1, 0);
    assert_eq!(counters, GovernorCounters { decisions: u32::MAX, deferred: 8, withheld: 3 });
    counters.count(0, -1);
    assert_eq!(counters, GovernorCounters { decisions: u32::MAX, deferred: 8, withheld: 3 });
}

#[test]
fn empty_scores_are_answered_locally() {
    let settings = tenth();
    let decision = Governor::new(&settings).decide(&[], &[], Reachable::ALL);
    assert_eq!(decision, Decision { expert: LOCAL, margin: i32::MAX });
}
