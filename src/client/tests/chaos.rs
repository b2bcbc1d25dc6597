//! Schedules of faults, for both clients.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use super::super::*;
use super::world::*;
use super::{FREE, FREE_ANSWERS, HIGHEST};
use crate::governor::{GovernedInput, Governor};
use crate::policy::{Decide, Decision, LOCAL, Reachable, Resolution};

/// A governed input, with notes of what was wanted of it.
struct Watched<'w> {
    input: GovernedInput<'w, 'static, 'static>,
    proposals: &'w Cell<u32>,
    commits: &'w Cell<u32>,
}

impl Decide for Watched<'_> {
    fn propose(&mut self, reachable: Reachable) -> Decision {
        self.proposals.set(self.proposals.get() + 1);
        self.input.propose(reachable)
    }

    fn commit(self, resolution: Resolution) {
        self.commits.set(self.commits.get() + 1);
        self.input.commit(resolution);
    }

    fn image(&self) -> u32 {
        self.input.image()
    }
}

/// A client of either kind.
trait Resolves {
    fn resolve(&mut self, input: &Input<'_>, decider: Watched<'_>) -> Outcome;
    fn counters(&self) -> ClientCounters;
}

impl Resolves for Blocking {
    fn resolve(&mut self, input: &Input<'_>, decider: Watched<'_>) -> Outcome {
        self.resolve(input, decider)
    }

    fn counters(&self) -> ClientCounters {
        self.counters()
    }
}

struct Driven(Async, Rc<RefCell<World>>);

impl Resolves for Driven {
    fn resolve(&mut self, input: &Input<'_>, decider: Watched<'_>) -> Outcome {
        block_on(&self.1, self.0.resolve(input, decider))
    }

    fn counters(&self) -> ClientCounters {
        self.0.counters()
    }
}

/// Ten inputs under faults that depend on the seed: each is answered once, in time, by whom the
/// outcome names, and charged once.
fn chaos(seed: u64, asynchronous: bool) -> ClientCounters {
    let world = World::new(seed, Faults::default());
    {
        let mut world = world.borrow_mut();
        let mut upto = |most| {
            let is = world.below(3) > 0;
            if is { world.below(most) } else { 0 }
        };
        let faults = Faults {
            dropped: upto(60),
            twice: upto(60),
            late: upto(60),
            flipped: upto(60),
            cut: upto(40),
            refusing: upto(30),
            busy: upto(40),
            forgetting: upto(20),
        };
        world.faults = faults;
        world.key = match seed % 6 {
            0 => Some(KEY),
            3 => Some(KEY.encrypting()),
            _ => None,
        };
    }
    let mut client: std::boxed::Box<dyn Resolves> = if asynchronous {
        let key = world.borrow().key.clone();
        let port = Port(world.clone());
        let client = Async::new(port, Time(world.clone()), &SETTINGS, identity(key), NONCE);
        std::boxed::Box::new(Driven(client, world.clone()))
    } else {
        std::boxed::Box::new(client(&world))
    };
    let settings = if seed.is_multiple_of(4) { &FREE_ANSWERS } else { &FREE };
    let mut governor = Governor::new(settings);
    let mut deferred = 0;
    for input in 0..10 {
        let begun = world.borrow().now;
        let down = world.borrow_mut().below(16);
        world.borrow_mut().down = down;
        let (proposals, commits) = (Cell::new(0), Cell::new(0));
        let watched =
            Watched { input: governor.input(HIGHEST), proposals: &proposals, commits: &commits };
        let outcome = client.resolve(&input_of(&[input]), watched);
        assert_eq!(commits.get(), 1, "seed {seed}");
        let calls = proposals.get() as usize;
        deferred += match settings == &FREE {
            true => u32::from(outcome.sent > 0),
            false => u32::from(outcome.by != LOCAL),
        };
        assert_eq!(outcome.answer, right(outcome.by, input), "seed {seed}: another's answer");
        assert!(world.borrow().now - begun <= 1_002, "seed {seed}: late");
        assert!((1..=EXPERTS).contains(&calls), "seed {seed}");
        assert!(outcome.by == LOCAL || outcome.sent > 0, "seed {seed}");
        let pause = u64::from(world.borrow_mut().below(8_000));
        world.borrow_mut().now += pause;
    }
    assert_eq!((governor.counters().decisions, governor.counters().deferred), (10, deferred));
    client.counters()
}

#[test]
fn ten_thousand_schedules_of_faults_lose_nothing() {
    let mut all = ClientCounters::default();
    for seed in 0..10_000 {
        let counters = chaos(seed, seed % 2 == 1);
        assert_eq!(counters.inputs, 10, "seed {seed}");
        all.inputs += counters.inputs;
        all.answered += counters.answered;
        all.fell_back += counters.fell_back;
        all.sent += counters.sent;
        all.stale += counters.stale;
        all.bad += counters.bad;
        all.sessions += counters.sessions;
    }
    std::println!("{all:?}");
    // The faults were there, and did not decide everything.
    assert!(all.answered > 20_000 && all.fell_back > 20_000, "{all:?}");
    assert!(all.stale > 1_000 && all.bad > 1_000 && all.sessions > 11_000, "{all:?}");
}
