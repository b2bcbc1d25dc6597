//! A line with a gateway and its experts at the other end, and the time.

use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::vec::Vec;

use embedded_io::ErrorKind;

use super::super::{AsyncClient, Client, Clock, Identity, Input, Nonce, RetryPolicy, Timer};
use crate::policy::LOCAL;
use crate::wire::{self, Answer, Binding, Decoder, Key, Message, Payload, Reply, Status, Welcome};

pub(super) const EXPERTS: usize = 4;
pub(super) const NODE: u32 = 42;
pub(super) const FRAME: usize = wire::max_frame(8);
pub(super) const KEY: Key = Key::new([5; 32]);
pub(super) const NONCE: Nonce = Nonce::counted(1);

pub(super) const SETTINGS: RetryPolicy = RetryPolicy {
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
pub(super) struct Faults {
    pub(super) dropped: u32,
    pub(super) twice: u32,
    pub(super) late: u32,
    pub(super) flipped: u32,
    pub(super) cut: u32,
    /// The port says that it cannot.
    pub(super) refusing: u32,
    /// The gateway says that it cannot.
    pub(super) busy: u32,
    /// The gateway is started again.
    pub(super) forgetting: u32,
}

/// Both directions of a line with a gateway and its experts at the other end, and the time.
pub(super) struct World {
    pub(super) now: u64,
    pub(super) random: u64,
    pub(super) faults: Faults,
    /// Experts that do not answer.
    pub(super) down: u32,
    /// What the gateway says instead of asking an expert.
    pub(super) refused: Option<Status>,
    pub(super) key: Option<Key>,
    pub(super) gateway: Decoder<{ wire::MAX_OVERHEAD + 8 }>,
    /// Bytes on their way to the node, with the time at which they are there.
    pub(super) coming: VecDeque<(u64, Vec<u8>)>,
    pub(super) babbling: bool,
    pub(super) requests: u32,
    pub(super) hellos: u32,
    /// The gateway's session with the node.
    pub(super) session: Option<u64>,
    /// The requests by session and sequence: no name may recur with another content.
    pub(super) named: HashMap<(u64, u32), Binding>,
    /// All frames that the gateway sent, if they are to be kept.
    pub(super) recorded: Option<Vec<Vec<u8>>>,
    /// Frames that somebody else sends after each of the node's.
    pub(super) injected: Vec<Vec<u8>>,
    /// What somebody without the key replies to each request.
    pub(super) forged: Option<Status>,
    /// The port takes nothing.
    pub(super) stuck: bool,
}

impl World {
    pub(super) fn new(seed: u64, faults: Faults) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            now: seed * 1_000_000,
            random: seed,
            faults,
            down: 0,
            refused: None,
            key: None,
            gateway: Decoder::new(),
            coming: VecDeque::new(),
            babbling: false,
            requests: 0,
            hellos: 0,
            session: None,
            named: HashMap::new(),
            recorded: None,
            injected: Vec::new(),
            forged: None,
            stuck: false,
        }))
    }

    pub(super) fn below(&mut self, n: u32) -> u32 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.random >> 33) as u32) % n
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
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
        let now = self.now;
        self.coming.extend(self.injected.iter().map(|frame| (now + 1, frame.clone())));
        for bytes in self.damaged(sent) {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (used, frame) = self.gateway.feed(rest);
                rest = &rest[used..];
                let Some(Ok(frame)) = frame else { continue };
                let mut room = std::vec![0; frame.room()];
                let Ok(message) = frame.read(self.key.as_ref(), &mut room) else { continue };
                let to = frame.binding();
                match message {
                    Message::Hello(hello) => {
                        self.hellos += 1;
                        let session = self.random ^ u64::from(self.hellos);
                        self.session = Some(session);
                        self.sends(&Message::Welcome(Welcome { node: hello.node, session }), &to);
                    }
                    Message::Request(request) => {
                        let (sequence, expert) = (request.sequence, request.expert);
                        let name = (request.session, sequence);
                        let before = self.named.insert(name, to);
                        assert!(before.is_none_or(|before| before == to), "a name recurs");
                        let [input, ..] = *request.payload.bytes() else {
                            panic!("an empty payload")
                        };
                        let forgetting = self.faults.forgetting;
                        if self.session == Some(name.0) && !self.chance(forgetting) {
                            self.answers(sequence, expert, input, &to);
                        } else {
                            self.session = None;
                            self.replies(sequence, Status::UnknownSession, Answer::None, &to);
                        }
                    }
                    _ => panic!("a node only asks"),
                }
            }
        }
    }

    fn answers(&mut self, sequence: u32, expert: u8, input: u8, to: &Binding) {
        self.requests += 1;
        if let Some(status) = self.forged {
            let key = self.key.take();
            self.replies(sequence, status, Answer::None, to);
            self.key = key;
        }
        if self.down >> expert & 1 == 1 {
            return;
        }
        if let Some(status) = self.refused {
            return self.replies(sequence, status, Answer::None, to);
        }
        let busy = self.chance(self.faults.busy);
        let (status, answer) =
            if busy { (Status::Busy, Answer::None) } else { (Status::Ok, right(expert, input)) };
        self.replies(sequence, status, answer, to);
    }

    fn replies(&mut self, sequence: u32, status: Status, answer: Answer, to: &Binding) {
        let reply = Reply { node: NODE, sequence, status, answer, confidence: 9 };
        self.sends(&Message::Reply(reply), to);
    }

    fn sends(&mut self, message: &Message<'_>, to: &Binding) {
        let mut buffer = [0; wire::max_frame(0)];
        let frame = wire::encode_answer(message, self.key.as_ref(), to, &mut buffer).unwrap();
        if let Some(recorded) = &mut self.recorded {
            recorded.push(frame.bytes.to_vec());
        }
        for bytes in self.damaged(frame.bytes) {
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
pub(super) fn right(expert: u8, input: u8) -> Answer {
    Answer::Label(1000 * u32::from(expert) + u32::from(input))
}

#[derive(Clone)]
pub(super) struct Port(pub(super) Rc<RefCell<World>>);

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
        poll_fn(|_| if self.0.borrow().stuck { Poll::Pending } else { Poll::Ready(()) }).await;
        embedded_io::Write::write(self, bytes)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

pub(super) struct Time(pub(super) Rc<RefCell<World>>);

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
pub(super) fn block_on<T>(world: &Rc<RefCell<World>>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => return result,
            Poll::Pending => world.borrow_mut().now += 1,
        }
    }
}

pub(super) type Blocking = Client<'static, Port, Time, EXPERTS, FRAME>;
pub(super) type Async = AsyncClient<'static, Port, Time, EXPERTS, FRAME>;

pub(super) fn identity(key: Option<Key>) -> Identity {
    Identity { node: NODE, key }
}

pub(super) fn client(world: &Rc<RefCell<World>>) -> Blocking {
    client_after(world, 1)
}

/// The client after a reboot.
pub(super) fn restarted(world: &Rc<RefCell<World>>) -> Blocking {
    client_after(world, 2)
}

fn client_after(world: &Rc<RefCell<World>>, starts: u32) -> Blocking {
    let key = world.borrow().key.clone();
    let (port, time) = (Port(world.clone()), Time(world.clone()));
    Client::new(port, time, &SETTINGS, identity(key), Nonce::counted(starts))
}

pub(super) fn input_of(payload: &[u8]) -> Input<'_> {
    Input { local: right(LOCAL, payload[0]), payload: Payload::Bytes(payload) }
}
