//! Experts that fail.

use super::*;

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
fn resolve<const CAPS: usize, W: Watching>(
    governor: &mut Governor<'_, CAPS, W>,
    choice: Move,
) -> Account {
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

/// An adversary against double charging: it always offers the largest advantage, and the first
/// expert that is asked always fails. Returns how many of so many inputs were deferred, as it
/// counts them itself.
///
/// With `once` an input is committed once. Without, each attempt is committed as if it were an
/// input: the fault that the adversary is made for.
fn insist(settings: &GovernorSettings, inputs: u32, once: bool) -> u64 {
    let mut governor = Governor::new(settings);
    let scores = Scores::new(&[0, i32::MAX, i32::MAX], &[0; 3]);
    let mut deferred = 0;
    for _ in 0..inputs {
        let mut input = governor.input(scores);
        let Some(first) = input.propose(Reachable::ALL).deferred_to() else {
            input.commit(Resolution::LOCAL);
            continue;
        };
        if !once {
            input.commit(Resolution::LOCAL.after(first));
            input = governor.input(scores);
        }
        let second = input.propose(Reachable::ALL.without(first));
        input.commit(Resolution::by(second.expert).after(first));
        deferred += 1;
    }
    deferred
}

/// Whether the bound, and nothing else, holds for what was deferred.
fn bound_holds(settings: &GovernorSettings, inputs: u32, deferred: u64) -> bool {
    let difference = excess(deferred, inputs.into(), settings.budget).abs();
    difference <= i64::from(settings.rate_bound(inputs)) * i64::from(inputs)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// An adversary chooses the advantages, who is reachable, who fails, and when the time is up.
    /// The rate is within its bound after every single input.
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

    /// With any settings: each input is one decision and at most one deferral and one token, an
    /// expert is charged at most once for it, and proposals after a failure are under the same
    /// threshold.
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

    /// Proposals change nothing, however many there are, and a fallback is the decision that a
    /// fresh input under the same state would get with the failed experts masked.
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
        let mut bytes = [0; Governor::<3, Watches>::STATE_BYTES];
        governor.to_bytes(&mut bytes).unwrap();
        prop_assert_eq!(Governor::from_bytes(&settings, &bytes), Ok(governor));
    }

    /// The bound alone finds an input that is charged once for each attempt.
    #[test]
    fn the_bound_alone_finds_double_charging(
        steps in 2..=50i32,
        step in 1..=1000i32,
        budget in (1u32 << 12)..=1 << 15,
    ) {
        let rate = Rate::from_bits(budget);
        let settings = GovernorSettings::new(0, steps * step, step, rate, Track::Exactly).unwrap();
        // So many that the bound is below a quarter of the budget.
        let inputs = (steps as u32 + 2) * 4 * ((1 << 16) / budget + 1);
        prop_assert!(settings.rate_bound(inputs) < budget / 4 + 1);
        let deferred = insist(&settings, inputs, true);
        prop_assert!(bound_holds(&settings, inputs, deferred), "{deferred} of {inputs}");
        let deferred = insist(&settings, inputs, false);
        prop_assert!(!bound_holds(&settings, inputs, deferred), "{deferred} of {inputs}");
    }
}
