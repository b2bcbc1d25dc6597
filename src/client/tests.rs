use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::rc::Rc;
use std::vec::Vec;

use embedded_io::ErrorKind;

use super::*;
use crate::governor::{
    Charge, GovernedInput, Governor, GovernorCounters, GovernorSettings, Rate, Track,
};
use crate::policy::{Decide, Decision, LOCAL, Reachable, Resolution, Scores};
use crate::wire::{self, Decoder, Key, Message, Reply, Status};

const EXPERTS: usize = 4;
const FRAME: usize = wire::max_frame(8);
const KEY: Key = Key::new([5; 32]);

const SETTINGS: RetryPolicy = RetryPolicy {
    deadline_ms: 1_000,
    attempt_ms: 200,
    attempts: 3,
    backoff_ms: 20,
    failures: 2,
    hold_off_ms: 5_000,
    longest_hold_off_ms: 60_000,
};

/// Chances in percent.
#[derive(Debug, Clone, Copy, Default)]
struct Faults {
    dropped: u32,
    twice: u32,
    late: u32,
    flipped: u32,
    cut: u32,
    /// The port says that it cannot.
    refusing: u32,
    /// The gateway says that it cannot.
    busy: u32,
}

/// Both directions of a line with a gateway and its experts at the other end, and the time.
struct World {
    now: u64,
    random: u64,
    faults: Faults,
    /// Experts that do not answer.
    down: u32,
    key: Option<Key>,
    gateway: Decoder<{ wire::MAX_OVERHEAD + 8 }>,
    /// Bytes on their way to the node, with the time at which they are there.
    coming: VecDeque<(u64, Vec<u8>)>,
    babbling: bool,
    requests: u32,
}

impl World {
    fn new(seed: u64, faults: Faults) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            now: seed * 1_000_000,
            random: seed,
            faults,
            down: 0,
            key: None,
            gateway: Decoder::new(),
            coming: VecDeque::new(),
            babbling: false,
            requests: 0,
        }))
    }

    fn below(&mut self, n: u32) -> u32 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.random >> 33) as u32) % n
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// What becomes of bytes on the line.
    fn damaged(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let faults = self.faults;
        if self.chance(faults.dropped) {
            return Vec::new();
        }
        let mut bytes = bytes.to_vec();
        if self.chance(faults.flipped) {
            let place = self.below(bytes.len() as u32) as usize;
            bytes[place] ^= 1 << self.below(8);
        }
        if self.chance(faults.cut) {
            let length = self.below(bytes.len() as u32) as usize;
            bytes.truncate(length);
        }
        if self.chance(faults.twice) {
            return std::vec![bytes.clone(), bytes];
        }
        std::vec![bytes]
    }

    fn takes(&mut self, sent: &[u8]) {
        for bytes in self.damaged(sent) {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (used, frame) = self.gateway.feed(rest);
                rest = &rest[used..];
                let Some(Ok(frame)) = frame else { continue };
                if self.key.as_ref().is_some_and(|key| frame.verify(key).is_err()) {
                    continue;
                }
                if let Ok(Message::Request(request)) = frame.message() {
                    let [input, ..] = *request.payload.bytes() else { panic!("an empty payload") };
                    let (node, sequence, expert) = (request.node, request.sequence, request.expert);
                    self.answers(node, sequence, expert, input);
                }
            }
        }
    }

    fn answers(&mut self, node: u32, sequence: u32, expert: u8, input: u8) {
        self.requests += 1;
        if self.down >> expert & 1 == 1 {
            return;
        }
        let busy = self.chance(self.faults.busy);
        let (status, answer) =
            if busy { (Status::Busy, Answer::None) } else { (Status::Ok, right(expert, input)) };
        let reply = Message::Reply(Reply { node, sequence, status, answer, confidence: 9 });
        let mut buffer = [0; wire::max_frame(0)];
        let frame = wire::encode(&reply, self.key.as_ref(), &mut buffer).unwrap();
        for bytes in self.damaged(frame) {
            let late = self.chance(self.faults.late);
            let delay = 5 + u64::from(self.below(if late { 600 } else { 30 }));
            self.coming.push_back((self.now + delay, bytes));
        }
        self.coming.make_contiguous().sort_by_key(|&(when, _)| when);
    }

    fn arrived(&self) -> bool {
        self.babbling || self.coming.front().is_some_and(|&(when, _)| when <= self.now)
    }

    fn receive(&mut self, into: &mut [u8]) -> usize {
        if self.babbling {
            into.fill(0xa5);
            return into.len();
        }
        let Some((when, mut bytes)) = self.coming.pop_front() else { return 0 };
        let length = bytes.len().min(into.len());
        into[..length].copy_from_slice(&bytes[..length]);
        bytes.drain(..length);
        if !bytes.is_empty() {
            self.coming.push_front((when, bytes));
        }
        length
    }
}

/// What an expert says of an input: nobody else does.
fn right(expert: u8, input: u8) -> Answer {
    Answer::Label(1000 * u32::from(expert) + u32::from(input))
}

#[derive(Clone)]
struct Port(Rc<RefCell<World>>);

impl embedded_io::ErrorType for Port {
    type Error = ErrorKind;
}

impl embedded_io::ReadReady for Port {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        Ok(self.0.borrow().arrived())
    }
}

impl embedded_io::Read for Port {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        let mut world = self.0.borrow_mut();
        assert!(world.arrived(), "the port would block for ever");
        Ok(world.receive(into))
    }
}

impl embedded_io::Write for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let mut world = self.0.borrow_mut();
        let refusing = world.faults.refusing;
        if world.chance(refusing) {
            return Err(ErrorKind::BrokenPipe);
        }
        world.takes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl embedded_io_async::Read for Port {
    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        poll_fn(|_| {
            let mut world = self.0.borrow_mut();
            if world.arrived() { Poll::Ready(Ok(world.receive(into))) } else { Poll::Pending }
        })
        .await
    }
}

impl embedded_io_async::Write for Port {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        embedded_io::Write::write(self, bytes)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

struct Time(Rc<RefCell<World>>);

impl Clock for Time {
    fn now_ms(&mut self) -> u64 {
        self.0.borrow().now
    }

    fn idle(&mut self) {
        self.0.borrow_mut().now += 1;
    }
}

impl Timer for Time {
    async fn until_ms(&mut self, ms: u64) {
        poll_fn(|_| if self.0.borrow().now >= ms { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

/// Runs a future to its end; a millisecond passes each time that it waits.
fn block_on<T>(world: &Rc<RefCell<World>>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => return result,
            Poll::Pending => world.borrow_mut().now += 1,
        }
    }
}

type Blocking = Client<'static, Port, Time, EXPERTS, FRAME>;
type Async = AsyncClient<'static, Port, Time, EXPERTS, FRAME>;

fn identity(key: Option<Key>) -> Identity {
    Identity { node: 42, key }
}

fn client(world: &Rc<RefCell<World>>) -> Blocking {
    let key = world.borrow().key.clone();
    Client::new(Port(world.clone()), Time(world.clone()), &SETTINGS, identity(key), 0)
}

fn question(payload: &[u8]) -> Question<'_> {
    Question { local: right(LOCAL, payload[0]), payload: Payload::Bytes(payload) }
}

/// Prefers the reachable expert with the highest index.
const HIGHEST: Scores<'static> = Scores::new(&[0, 1, 2, 3], &[0; EXPERTS]);

#[test]
fn an_answer_is_that_of_the_expert_that_was_asked() {
    let world = World::new(1, Faults::default());
    let mut client = client(&world);
    for input in 0..100 {
        let outcome = client.resolve(&question(&[input]), HIGHEST);
        let expected =
            Outcome { answer: right(3, input), confidence: 9, by: 3, failure: None, sent: 1 };
        assert_eq!(outcome, expected);
    }
    let counters =
        ClientCounters { questions: 100, answered: 100, sent: 100, ..ClientCounters::default() };
    assert_eq!(client.counters(), counters);
    let outcome = client.resolve(&question(&[7]), Scores::new(&[1, 0, 0, 0], &[0; EXPERTS]));
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
        let outcome = client.resolve(&question(&[input]), HIGHEST);
        assert_eq!((outcome.by, outcome.failure, outcome.sent), (2, timed_out, 4));
        assert_eq!(outcome.answer, right(2, input));
    }
    assert_eq!(client.reachable(), Reachable::from_bits(0b0111));
    let outcome = client.resolve(&question(&[2]), HIGHEST);
    assert_eq!((outcome.by, outcome.failure, outcome.sent), (2, None, 1));
    // It comes back, still fails, and is held off for longer.
    world.borrow_mut().now += 5_000;
    assert!(client.reachable().contains(3));
    assert_eq!(client.resolve(&question(&[3]), HIGHEST).failure, timed_out);
    world.borrow_mut().now += 9_000;
    assert!(!client.reachable().contains(3));
    world.borrow_mut().now += 1_000;
    world.borrow_mut().down = 0;
    assert_eq!(client.resolve(&question(&[4]), HIGHEST).by, 3);
    world.borrow_mut().down = 1 << 3;
    assert_eq!(client.resolve(&question(&[5]), HIGHEST).failure, timed_out);
    assert!(client.reachable().contains(3), "an answer forgets the failures before");
}

#[test]
fn when_nobody_answers_the_node_does_in_time() {
    let world = World::new(3, Faults { dropped: 100, ..Faults::default() });
    let mut client = client(&world);
    let begun = world.borrow().now;
    let outcome = client.resolve(&question(&[9]), HIGHEST);
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
        world.borrow_mut().down = !0;
        // The answer to question 1 is there already.
        let reply = Reply { node: 42, sequence: 1, status, answer: Answer::None, confidence: 0 };
        let mut buffer = [0; FRAME];
        let frame = wire::encode(&Message::Reply(reply), None, &mut buffer).unwrap();
        let now = world.borrow().now;
        world.borrow_mut().coming.push_back((now + 3, frame.to_vec()));
        let outcome = client.resolve(&question(&[1]), Scores::new(&[0, 1, -1, -1], &[0; EXPERTS]));
        assert_eq!((outcome.by, outcome.failure), (LOCAL, Some(Failure::Status(status))));
        assert_eq!((world.borrow().requests, world.borrow().now - now), (1, 3));
        assert!(!client.reachable().contains(1));
    }
}

#[test]
fn a_babbling_or_refusing_line_does_not_hold_up_the_node() {
    let world = World::new(5, Faults::default());
    world.borrow_mut().babbling = true;
    let begun = world.borrow().now;
    let outcome = client(&world).resolve(&question(&[1]), HIGHEST);
    assert_eq!(outcome.by, LOCAL);
    assert!(world.borrow().now - begun <= 1_001);

    let world = World::new(6, Faults { refusing: 100, ..Faults::default() });
    let outcome = client(&world).resolve(&question(&[1]), HIGHEST);
    assert_eq!(outcome.failure, Some(Failure::Line(ErrorKind::BrokenPipe)));
    assert_eq!(outcome.sent, 9);
}

#[test]
fn what_does_not_fit_a_frame_and_who_does_not_exist_end_with_the_node() {
    let world = World::new(7, Faults::default());
    let mut client = client(&world);
    let outcome = client.resolve(&question(&[1; 60]), HIGHEST);
    assert_eq!((outcome.failure, outcome.sent), (Some(Failure::TooLong), 0));
    assert_eq!(client.reachable(), Reachable::from_bits(0b1111));
    let outcome = client.resolve(&question(&[1]), Twentieth);
    assert_eq!((outcome.by, outcome.sent), (LOCAL, 0));
}

#[test]
fn with_a_key_only_signed_answers_are_believed() {
    let world = World::new(8, Faults::default());
    world.borrow_mut().key = Some(KEY);
    let mut signing = client(&world);
    assert_eq!(signing.resolve(&question(&[1]), HIGHEST).by, 3);
    // The gateway answers unsigned from now on.
    world.borrow_mut().key = None;
    let outcome = signing.resolve(&question(&[2]), HIGHEST);
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
            let outcome = client.resolve(&question(&[1]), governor.input(HIGHEST));
            assert_eq!(outcome.by, by);
        }
        let expected = GovernorCounters { decisions: 3, deferred, withheld: 0 };
        assert_eq!(governor.counters(), expected, "{charge:?}");
        // The rest of the bucket.
        world.borrow_mut().down = 0;
        world.borrow_mut().now += 60_000;
        let asked =
            (0..5).filter(|_| client.resolve(&question(&[1]), governor.input(HIGHEST)).by != LOCAL);
        assert_eq!(asked.count(), budget_left, "{charge:?}");
    }
}

#[test]
fn a_resolution_that_is_cancelled_is_charged_for_what_was_sent() {
    let world = World::new(10, Faults::default());
    world.borrow_mut().down = !0;
    let mut governor = Governor::new(&FREE);
    let mut client =
        Async::new(Port(world.clone()), Time(world.clone()), &SETTINGS, identity(None), 0);
    {
        let question = question(&[1]);
        let mut future = pin!(client.resolve(&question, governor.input(HIGHEST)));
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
    clock.idle();
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

/// Settings under which the decisions are those of the scores alone.
const FREE: GovernorSettings = match GovernorSettings::new(0, 1000, 10, Rate::ONE, Track::AtMost(0))
{
    Some(settings) => settings,
    None => panic!("the settings are in range"),
};

/// The same, but only answers are charged.
const FREE_ANSWERS: GovernorSettings = FREE.with_charge(Charge::Answers);

/// A client of either kind.
trait Resolves {
    fn resolve(&mut self, question: &Question<'_>, decider: Watched<'_>) -> Outcome;
    fn counters(&self) -> ClientCounters;
}

impl Resolves for Blocking {
    fn resolve(&mut self, question: &Question<'_>, decider: Watched<'_>) -> Outcome {
        self.resolve(question, decider)
    }

    fn counters(&self) -> ClientCounters {
        self.counters()
    }
}

struct Driven(Async, Rc<RefCell<World>>);

impl Resolves for Driven {
    fn resolve(&mut self, question: &Question<'_>, decider: Watched<'_>) -> Outcome {
        block_on(&self.1, self.0.resolve(question, decider))
    }

    fn counters(&self) -> ClientCounters {
        self.0.counters()
    }
}

/// Ten questions under faults that depend on the seed: each is answered once, in time, by whom the outcome
/// names, and charged once.
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
        };
        world.faults = faults;
        world.key = seed.is_multiple_of(3).then_some(KEY);
    }
    let mut client: std::boxed::Box<dyn Resolves> = if asynchronous {
        let key = world.borrow().key.clone();
        let port = Port(world.clone());
        let client = Async::new(port, Time(world.clone()), &SETTINGS, identity(key), seed as u32);
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
        let outcome = client.resolve(&question(&[input]), watched);
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
        assert_eq!(counters.questions, 10, "seed {seed}");
        all.questions += counters.questions;
        all.answered += counters.answered;
        all.fell_back += counters.fell_back;
        all.sent += counters.sent;
        all.stale += counters.stale;
        all.bad += counters.bad;
    }
    std::println!("{all:?}");
    // The faults were there, and did not decide everything.
    assert!(all.answered > 20_000 && all.fell_back > 20_000, "{all:?}");
    assert!(all.stale > 1_000 && all.bad > 1_000, "{all:?}");
}
