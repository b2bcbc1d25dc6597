//! Single cases, by hand.

use super::*;

fn tenth() -> GovernorSettings<0, Watches> {
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
    assert_eq!(size_of::<Governor<'_>>(), 32 + reference + reference);
    assert_eq!(size_of::<Governor<'_, 0, Watches>>(), 48 + reference + reference);
    // Four experts, three of which have budgets of their own.
    assert!(size_of::<Governor<'_, 3, Watches>>() - reference <= 64);
}

#[test]
fn damaged_states_are_refused() {
    let settings = tenth();
    let mut governor = Governor::new(&settings);
    for advantage in -50..50 {
        governor.input(Scores::new(&[0, advantage], &[0; 2])).decide(Reachable::ALL);
    }
    let mut bytes = [0; Governor::<0, Watches>::STATE_BYTES];
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
    assert_eq!(
        read(&[0xff; Governor::<0, Watches>::STATE_BYTES]).err(),
        Some(StateError::Checksum)
    );
    assert_eq!(read(&[0; Governor::<0, Watches>::STATE_BYTES]).err(), Some(StateError::Checksum));
    let other = GovernorSettings::new(-1000, 1001, 20, Rate::ratio(1, 10), Track::Exactly)
        .unwrap()
        .with_watches(Watch::usual(0, 100), Watch::OFF);
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
    let deferred = |mut governor: Governor<'_, 0, Watches>| {
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
