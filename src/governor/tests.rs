use super::settings::DEFERRAL;
use super::*;
use crate::policy::{Decide, Decision, LOCAL, Reachable, Resolution, Scores};
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

/// Settings that keep the rate on both sides.
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
fn most_excess<const CAPS: usize>(settings: &GovernorSettings<CAPS>) -> i64 {
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
            let decision = governor.input(Scores::new(&scores, &[0; 2])).decide(reachable);
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
            let decision = governor.input(Scores::new(&[0, advantage], &[0; 2])).decide(Reachable::ALL);
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
            let decision = governor.input(Scores::new(&scores, &offsets)).decide(reachable);
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
            let decision = governor.input(Scores::new(&scores, &[0; 4])).decide(reachable);
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
            let governed = governor.input(Scores::new(&scores, &[0; 4])).decide(reachable);
            prop_assert_eq!(governed.expert, Scores::new(&scores, &[0; 4]).decide(reachable).expert);
        }
        prop_assert_eq!(governor.counters().withheld, 0);
    }

    /// A higher threshold never defers what a lower one does not.
    #[test]
    fn a_higher_threshold_defers_less(scores in [number(), number(), number()], low in number(), up in number()) {
        let settings = GovernorSettings::new(-100_000, 100_000, 100, Rate::ONE, Track::Exactly).unwrap();
        let decide = |threshold| {
            let mut governor = Governor::new(&settings);
            governor.set_threshold(threshold);
            governor.input(Scores::new(&scores, &[0; 3])).decide(Reachable::ALL)
        };
        let (low, up) = (low.min(up), low.max(up));
        prop_assert!(!decide(low).is_local() || decide(up).is_local());
    }

    #[test]
    fn a_state_comes_back_the_same(settings in settings(), stream in stream(50)) {
        let settings = settings.with_caps([Rate::ratio(1, 3), Rate::ZERO]);
        let mut governor = Governor::new(&settings);
        for (scores, bits) in stream {
            governor.input(Scores::new(&scores, &[0; 4])).decide(Reachable::from_bits(bits));
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
        governor.input(Scores::new(&[0, advantage], &[0; 2])).decide(Reachable::ALL);
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
    assert_eq!(Governor::from_bytes(&other, &bytes).err(), Some(StateError::Settings));
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
        (0..8)
            .filter(|_| {
                !governor.input(Scores::new(&[0, 900], &[0; 2])).decide(Reachable::ALL).is_local()
            })
            .count()
    };
    assert_eq!(deferred(Governor::new(&settings)), 3);
    assert_eq!(deferred(Governor::cautious(&settings)), 0);
}

#[test]
fn drift_raises_a_flag_that_stays() {
    let settings = tenth();
    let mut governor = Governor::new(&settings);
    let mut decide = |advantage, reachable| {
        governor.input(Scores::new(&[0, advantage], &[0; 2])).decide(reachable);
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
    let decision = Governor::new(&settings).input(Scores::new(&[], &[])).decide(Reachable::ALL);
    assert_eq!(decision, Decision { expert: LOCAL, margin: i32::MAX });
}

/// What an adversary does with one input of three experts, `local` among them.
#[derive(Debug, Clone, Copy)]
struct Move {
    /// The advantage of each other expert, relative to the threshold or absolute.
    advantages: [Advantage; 2],
    reachable: u32,
    /// Experts that fail when they are asked.
    failing: u32,
    /// The node gives up after so many experts have failed: its time is up.
    patience: u8,
    /// A deferral cannot even be sent.
    unsendable: bool,
}

#[derive(Debug, Clone, Copy)]
enum Advantage {
    JustAbove,
    At,
    Of(i32),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let advantage = || {
        prop_oneof![
            Just(Advantage::JustAbove),
            Just(Advantage::At),
            Just(Advantage::Of(i32::MAX)),
            Just(Advantage::Of(i32::MIN + 1)),
            number().prop_map(Advantage::Of),
        ]
    };
    let mask = || prop_oneof![Just(u32::MAX), Just(0), 0..8u32];
    let unsendable = prop::bool::weighted(0.1);
    let one = ([advantage(), advantage()], mask(), mask(), 0..=3u8, unsendable).prop_map(
        |(advantages, reachable, failing, patience, unsendable)| Move {
            advantages,
            reachable,
            failing,
            patience,
            unsendable,
        },
    );
    vec(one, 1..400)
}

/// What became of a move, kept by hand.
struct Account {
    /// Bit k: expert k was asked.
    asked: u32,
    by: u8,
    /// Every proposal, and whether somebody could be asked then.
    proposals: Vec<(Decision, bool)>,
}

/// Takes one input to its end as a client does.
fn resolve<const CAPS: usize>(governor: &mut Governor<'_, CAPS>, choice: Move) -> Account {
    let threshold = governor.threshold();
    let [a, b] = choice.advantages.map(|advantage| match advantage {
        Advantage::JustAbove => threshold.saturating_add(1),
        Advantage::At => threshold,
        Advantage::Of(advantage) => advantage,
    });
    let scores = [0, a, b];
    let mut input = governor.input(Scores::new(&scores, &[0; 3]));
    let mut account = Account { asked: 0, by: LOCAL, proposals: Vec::new() };
    let mut reachable = Reachable::from_bits(choice.reachable);
    let mut resolution = Resolution::LOCAL;
    for _ in 0..=choice.patience {
        let decision = input.propose(reachable);
        account.proposals.push((decision, somebody(&scores, &[0; 3], reachable)));
        assert!(reachable.contains(decision.expert));
        let Some(expert) = decision.deferred_to() else { break };
        if choice.unsendable {
            break;
        }
        account.asked |= 1 << expert;
        if choice.failing >> expert & 1 == 0 {
            account.by = expert;
            break;
        }
        reachable = reachable.without(expert);
        resolution = resolution.after(expert);
    }
    if account.by != LOCAL {
        resolution = Resolution::by(account.by).after_all(account.asked);
    }
    input.commit(resolution);
    account
}

fn charge() -> impl Strategy<Value = Charge> {
    prop_oneof![Just(Charge::Attempts), Just(Charge::Answers)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// An adversary chooses the advantages, who is reachable, who fails, and when the time is up. The rate is
    /// within its bound after every single input.
    #[test]
    fn rate_is_within_its_bound_whoever_fails(
        settings in exact(),
        charge in charge(),
        moves in moves(),
    ) {
        let settings = settings.with_charge(charge);
        let mut governor = Governor::new(&settings);
        let (mut counting, mut deferred) = (0u32, 0u64);
        for choice in moves {
            let account = resolve(&mut governor, choice);
            let charged = match charge {
                Charge::Attempts => account.asked != 0,
                Charge::Answers => account.by != LOCAL,
            };
            let declined =
                matches!(account.proposals.last(), Some((last, true)) if last.is_local());
            deferred += u64::from(charged);
            counting += u32::from(charged || declined);
            let excess = excess(deferred, counting.into(), settings.budget);
            prop_assert!(excess.abs() <= most_excess(&settings), "{excess}");
            let bound = i64::from(settings.rate_bound(counting)) * i64::from(counting);
            prop_assert!(counting == 0 || excess.abs() <= bound);
            prop_assert_eq!(u64::from(governor.counters().deferred), deferred);
        }
    }

    /// With any settings: each input is one decision and at most one deferral and one token, an expert is
    /// charged at most once for it, and proposals after a failure are under the same threshold.
    #[test]
    fn each_input_is_charged_once_whoever_fails(
        settings in settings(),
        charge in charge(),
        caps in [rate(), rate()],
        moves in moves(),
    ) {
        let settings = settings.with_charge(charge).with_caps(caps);
        let mut governor = Governor::new(&settings);
        let (mut inputs, mut deferred, mut used) = (0u64, 0u64, [0i64; 2]);
        for choice in moves {
            let before = governor.clone();
            let account = resolve(&mut governor, choice);
            inputs += 1;
            let charged = match charge {
                Charge::Attempts => account.asked,
                Charge::Answers => 1 << account.by & !1,
            };
            deferred += u64::from(charged != 0);
            prop_assert_eq!(u64::from(governor.counters().decisions), inputs);
            prop_assert_eq!(u64::from(governor.counters().deferred), deferred);
            let change = i64::from(governor.excess) - i64::from(before.excess);
            prop_assert!(change.abs() <= i64::from(DEFERRAL), "{change}");
            prop_assert!(excess(deferred, inputs, settings.budget) <= most_excess(&settings));
            let tokens = settings.capacity as u64 + inputs * u64::from(settings.refill.bits());
            prop_assert!(deferred << 16 <= tokens, "{deferred} of {inputs}");
            for (k, (cap, used)) in caps.iter().zip(&mut used).enumerate() {
                *used += i64::from(charged >> (k + 1) & 1);
                let excess = (*used << 16) - inputs as i64 * i64::from(cap.bits());
                prop_assert!(excess <= i64::from(settings.most_used()), "{excess}");
            }
        }
    }

    /// Proposals change nothing, however many there are, and a fallback is the decision that a fresh input
    /// under the same state would get with the failed experts masked.
    #[test]
    fn proposals_change_nothing(settings in settings(), stream in stream(60)) {
        let settings = settings.with_caps([Rate::ratio(1, 3), Rate::ratio(1, 2)]);
        let mut governor = Governor::new(&settings);
        for (scores, bits) in stream {
            let scores = Scores::new(&scores, &[0; 4]);
            let reachable = Reachable::from_bits(bits);
            let before = governor.clone();
            let mut input = governor.input(scores);
            let first = input.propose(reachable);
            let second = input.propose(reachable.without(first.expert));
            let again = input.propose(reachable);
            prop_assert_eq!(first, again);
            drop(input);
            prop_assert_eq!(&governor, &before);
            let mut fresh = before;
            let mut input = fresh.input(scores);
            prop_assert_eq!(input.propose(reachable.without(first.expert)), second);
            // As decided at once.
            let mut other = governor.clone();
            let mut input = governor.input(scores);
            let decision = input.propose(reachable);
            input.commit(Resolution::by(decision.expert));
            prop_assert_eq!(other.input(scores).decide(reachable), decision);
            prop_assert_eq!(&other, &governor);
        }
    }

    /// A caller may report what it likes: the state stays one that can be stored and read.
    #[test]
    fn reports_that_were_not_proposed_do_no_harm(
        settings in settings(),
        charge in charge(),
        reports in vec((any::<u8>(), any::<u32>(), any::<bool>()), 1..300),
    ) {
        let settings =
            settings.with_charge(charge).with_caps([Rate::ratio(1, 3), Rate::ZERO, Rate::ONE]);
        let mut governor = Governor::new(&settings);
        for (by, asked, proposes) in reports {
            let mut input = governor.input(Scores::new(&[0, 5, 3], &[0; 3]));
            if proposes {
                input.propose(Reachable::ALL);
            }
            input.commit(Resolution::by(by).after_all(asked));
        }
        let mut bytes = [0; Governor::<3>::STATE_BYTES];
        governor.to_bytes(&mut bytes).unwrap();
        prop_assert_eq!(Governor::from_bytes(&settings, &bytes), Ok(governor));
    }
}

/// What is charged when, by hand.
#[test]
fn charges_are_those_of_the_table() {
    let cases = [
        (Resolution::by(1), [1, 1], [[1, 0], [1, 0]]),
        (Resolution::by(2).after(1), [1, 1], [[1, 1], [0, 1]]),
        (Resolution::LOCAL.after(1).after(2), [1, 0], [[1, 1], [0, 0]]),
        (Resolution::LOCAL, [0, 0], [[0, 0], [0, 0]]),
    ];
    for (resolution, deferred, used) in cases {
        for (charge, (deferred, used)) in
            [Charge::Attempts, Charge::Answers].into_iter().zip(deferred.into_iter().zip(used))
        {
            let settings =
                GovernorSettings::new(-1000, 1000, 20, Rate::ratio(1, 4), Track::Exactly)
                    .unwrap()
                    .with_charge(charge)
                    .with_burst(5, Rate::ZERO)
                    .with_caps([Rate::ZERO; 2]);
            let mut governor = Governor::new(&settings);
            let mut input = governor.input(Scores::new(&[0, 900, 800], &[0; 3]));
            assert_eq!(input.propose(Reachable::ALL).expert, 1);
            assert_eq!(input.propose(Reachable::ALL.without(1)).expert, 2);
            input.commit(resolution);
            let case = std::format!("{charge:?}, {resolution:?}");
            let counters = GovernorCounters { decisions: 1, deferred, withheld: 0 };
            assert_eq!(governor.counters(), counters, "{case}");
            assert_eq!(governor.used, used.map(|count| count << 16), "{case}");
            let deferred = deferred as i32;
            assert_eq!(governor.tokens, (5 - deferred) << 16, "{case}");
            // Where somebody was asked for and nobody is charged, the threshold waits.
            let excess = if deferred == 1 { DEFERRAL - DEFERRAL / 4 } else { 0 };
            assert_eq!(governor.excess, excess, "{case}");
        }
    }
}
