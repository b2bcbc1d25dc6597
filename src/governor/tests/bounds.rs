//! The bounds on rates, bursts and caps.

use super::*;

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

    /// With any settings at all the budget is never exceeded by more than the bound, nobody is
    /// asked who cannot be, and nothing overflows: the tests are built with overflow checks.
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
        let mut bytes = [0; Governor::<2, Watches>::STATE_BYTES];
        governor.to_bytes(&mut bytes).unwrap();
        prop_assert_eq!(Governor::from_bytes(&settings, &bytes), Ok(governor));
    }
}
