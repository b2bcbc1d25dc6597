mod chaos;
mod sessions;
mod uart;
mod world;

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Waker};

use embedded_io::ErrorKind;

use super::*;
use crate::governor::{Charge, Governor, GovernorCounters, GovernorSettings, Rate, Track};
use crate::policy::{Decide, Decision, LOCAL, Reachable, Resolution, Scores};
use crate::wire::Status;
use world::*;

/// Prefers the reachable expert with the highest index.
const HIGHEST: Scores<'static> = Scores::new(&[0, 1, 2, 3], &[0; EXPERTS]);

#[test]
fn an_answer_is_that_of_the_expert_that_was_asked() {
    let world = World::new(1, Faults::default());
    let mut client = client(&world);
    for input in 0..100 {
        let outcome = client.resolve(&input_of(&[input]), HIGHEST);
        let expected =
            Outcome { answer: right(3, input), confidence: 9, by: 3, failure: None, sent: 1 };
        assert_eq!(outcome, expected);
    }
    let counters = ClientCounters {
        inputs: 100,
        answered: 100,
        sent: 100,
        sessions: 1,
        ..ClientCounters::default()
    };
    assert_eq!(client.counters(), counters);
    let outcome = client.resolve(&input_of(&[7]), Scores::new(&[1, 0, 0, 0], &[0; EXPERTS]));
    assert_eq!((outcome.answer, outcome.failure, outcome.sent), (right(0, 7), None, 0));
}

#[test]
fn an_expert_that_fails_is_replaced_held_off_and_tried_again() {
    let world = World::new(2, Faults::default());
    let mut client = client(&world);
    world.borrow_mut().down = 1 << 3;
    let timed_out = Some(Failure::TimedOut);
    for input in 0..2 {
        assert_eq!(client.reachable(), Reachable::from_bits(0b1111));
        let outcome = client.resolve(&input_of(&[input]), HIGHEST);
        assert_eq!((outcome.by, outcome.failure, outcome.sent), (2, timed_out, 4));
        assert_eq!(outcome.answer, right(2, input));
    }
    assert_eq!(client.reachable(), Reachable::from_bits(0b0111));
    let outcome = client.resolve(&input_of(&[2]), HIGHEST);
    assert_eq!((outcome.by, outcome.failure, outcome.sent), (2, None, 1));
    // It comes back, still fails, and is held off for longer.
    world.borrow_mut().now += 5_000;
    assert!(client.reachable().contains(3));
    assert_eq!(client.resolve(&input_of(&[3]), HIGHEST).failure, timed_out);
    world.borrow_mut().now += 9_000;
    assert!(!client.reachable().contains(3));
    world.borrow_mut().now += 1_000;
    world.borrow_mut().down = 0;
    assert_eq!(client.resolve(&input_of(&[4]), HIGHEST).by, 3);
    world.borrow_mut().down = 1 << 3;
    assert_eq!(client.resolve(&input_of(&[5]), HIGHEST).failure, timed_out);
    assert!(client.reachable().contains(3), "an answer forgets the failures before");
}

#[test]
fn when_nobody_answers_the_node_does_in_time() {
    let world = World::new(3, Faults { dropped: 100, ..Faults::default() });
    let mut client = client(&world);
    let begun = world.borrow().now;
    let outcome = client.resolve(&input_of(&[9]), HIGHEST);
    assert_eq!((outcome.by, outcome.failure), (LOCAL, Some(Failure::TimedOut)));
    assert_eq!(outcome.answer, right(LOCAL, 9));
    let took = world.borrow().now - begun;
    assert!((990..=1_001).contains(&took), "{took} ms");
    assert_eq!(client.counters().fell_back, 1);
}

#[test]
fn what_will_last_is_not_tried_again() {
    for status in [Status::Refused, Status::UnknownExpert, Status::WrongImage] {
        let world = World::new(4, Faults::default());
        let mut client = client(&world);
        // So that the session has begun.
        client.resolve(&input_of(&[1]), HIGHEST);
        world.borrow_mut().refused = Some(status);
        let now = world.borrow().now;
        let outcome = client.resolve(&input_of(&[1]), Scores::new(&[0, 1, -1, -1], &[0; EXPERTS]));
        assert_eq!((outcome.by, outcome.failure), (LOCAL, Some(Failure::Status(status))));
        assert_eq!(outcome.sent, 1);
        assert!(world.borrow().now - now < 40);
        assert!(!client.reachable().contains(1));
    }
}

#[test]
fn a_babbling_or_refusing_line_does_not_hold_up_the_node() {
    let world = World::new(5, Faults::default());
    world.borrow_mut().babbling = true;
    let begun = world.borrow().now;
    let outcome = client(&world).resolve(&input_of(&[1]), HIGHEST);
    assert_eq!(outcome.by, LOCAL);
    assert!(world.borrow().now - begun <= 1_001);

    let world = World::new(6, Faults { refusing: 100, ..Faults::default() });
    let outcome = client(&world).resolve(&input_of(&[1]), HIGHEST);
    assert_eq!(outcome.failure, Some(Failure::Line(ErrorKind::BrokenPipe)));
    assert_eq!(outcome.sent, 0, "not even the hello could be sent");
}

#[test]
fn what_does_not_fit_a_frame_and_who_does_not_exist_end_with_the_node() {
    let world = World::new(7, Faults::default());
    let mut client = client(&world);
    let outcome = client.resolve(&input_of(&[1; 60]), HIGHEST);
    assert_eq!((outcome.failure, outcome.sent), (Some(Failure::TooLong), 0));
    assert_eq!(client.reachable(), Reachable::from_bits(0b1111));
    let outcome = client.resolve(&input_of(&[1]), Twentieth);
    assert_eq!((outcome.by, outcome.sent), (LOCAL, 0));
}

#[test]
fn with_a_key_only_signed_answers_are_believed() {
    let world = World::new(8, Faults::default());
    world.borrow_mut().key = Some(KEY);
    let mut signing = client(&world);
    assert_eq!(signing.resolve(&input_of(&[1]), HIGHEST).by, 3);
    // The gateway answers unsigned from now on.
    world.borrow_mut().key = None;
    let outcome = signing.resolve(&input_of(&[2]), HIGHEST);
    assert_eq!(outcome.by, LOCAL);
    assert!(signing.counters().bad >= 1);
}

/// Two of three experts fail: by hand, what each input costs under both ways to charge.
#[test]
fn a_governor_charges_each_input_once_whoever_fails() {
    for (charge, deferred, budget_left) in [(Charge::Attempts, 3, 0), (Charge::Answers, 1, 2)] {
        // A bucket of three that is never refilled counts the charges.
        let settings = GovernorSettings::new(0, 1000, 10, Rate::ONE, Track::AtMost(0))
            .unwrap()
            .with_charge(charge)
            .with_burst(3, Rate::ZERO);
        let mut governor = Governor::new(&settings);
        let world = World::new(9, Faults::default());
        let mut client = client(&world);
        // Expert 3 fails, 2 answers; then all of them fail; then again, with 1 alone reachable.
        for (down, by) in [(0b1000, 2), (0b1110, LOCAL), (0b1110, LOCAL)] {
            world.borrow_mut().down = down;
            let outcome = client.resolve(&input_of(&[1]), governor.input(HIGHEST));
            assert_eq!(outcome.by, by);
        }
        let expected = GovernorCounters { decisions: 3, deferred, withheld: 0 };
        assert_eq!(governor.counters(), expected, "{charge:?}");
        // The rest of the bucket.
        world.borrow_mut().down = 0;
        world.borrow_mut().now += 60_000;
        let asked =
            (0..5).filter(|_| client.resolve(&input_of(&[1]), governor.input(HIGHEST)).by != LOCAL);
        assert_eq!(asked.count(), budget_left, "{charge:?}");
    }
}

#[test]
fn a_resolution_that_is_cancelled_is_charged_for_what_was_sent() {
    let world = World::new(10, Faults::default());
    let mut governor = Governor::new(&FREE);
    let mut client =
        Async::new(Port(world.clone()), Time(world.clone()), &SETTINGS, identity(None), NONCE);
    // So that the session has begun: a hello alone is not charged.
    block_on(&world, client.resolve(&input_of(&[1]), HIGHEST));
    world.borrow_mut().down = !0;
    {
        let input = input_of(&[1]);
        let mut future = pin!(client.resolve(&input, governor.input(HIGHEST)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
    }
    let expected = GovernorCounters { decisions: 1, deferred: 1, withheld: 0 };
    assert_eq!(governor.counters(), expected);
}

#[test]
fn a_delay_is_a_clock() {
    let mut clock = DelayClock::new(embedded_hal_mock::eh1::delay::NoopDelay::new());
    clock.pass(300);
    assert_eq!(clock.now_ms(), 300);
    for _ in 0..25 {
        clock.idle();
    }
    assert_eq!(clock.now_ms(), 301);
}

/// Always names an expert that there is not.
struct Twentieth;

impl Decide for Twentieth {
    fn propose(&mut self, _: Reachable) -> Decision {
        Decision { expert: 20, margin: 1 }
    }

    fn commit(self, resolution: Resolution) {
        assert_eq!(resolution, Resolution::LOCAL);
    }

    fn image(&self) -> u32 {
        0
    }
}

/// Settings under which the decisions are those of the scores alone.
const FREE: GovernorSettings = match GovernorSettings::new(0, 1000, 10, Rate::ONE, Track::AtMost(0))
{
    Some(settings) => settings,
    None => panic!("the settings are in range"),
};

/// The same, but only answers are charged.
const FREE_ANSWERS: GovernorSettings = FREE.with_charge(Charge::Answers);
