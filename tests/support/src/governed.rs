//! Governed inputs whose experts fail, for the host and the device to compare: a client, a
//! governor, and a gateway in memory.

use crate::random::{Digest, Lcg};
use core::{cell::Cell, convert::Infallible, fmt, ops::Range};
use mild::Scores;
use mild::client::{Client, Clock, Identity, Input, Nonce, RetryPolicy};
use mild::governor::{Charge, Governor, GovernorSettings, Rate, Track, Watch, Watches, Watching};
use mild::wire::{self, Answer, Decoder, Message, Payload, Reply, Status, Welcome};

/// Inputs of each run.
const INPUTS: u32 = 400;
const EXPERTS: usize = 4;
const OFFSETS: [i32; EXPERTS] = [0, 300, -200, 100];
const FRAME: usize = wire::max_frame(4);

/// A token bucket, both watches, and budgets of their own for two experts: all there is.
const ATTEMPTS: GovernorSettings<2, Watches> =
    match GovernorSettings::new(-20_000, 20_000, 400, Rate::ratio(1, 4), Track::AtMost(-5_000)) {
        Some(settings) => settings
            .with_burst(20, Rate::ratio(1, 3))
            .with_watches(Watch::usual(0, 4_000), Watch::usual(9_000, 20_000))
            .with_caps([Rate::ratio(1, 8), Rate::ratio(1, 10)]),
        None => panic!("the settings are in range"),
    };

const ANSWERS: GovernorSettings<2, Watches> = ATTEMPTS.with_charge(Charge::Answers);

const UNWATCHED: GovernorSettings<2> = ATTEMPTS.without_watches();

/// One frame for each expert, and no pauses, so that a run does not take long.
const PATIENCE: RetryPolicy = RetryPolicy {
    deadline_ms: 50,
    attempt_ms: 10,
    attempts: 1,
    backoff_ms: 0,
    failures: 3,
    hold_off_ms: 40,
    longest_hold_off_ms: 200,
};

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Of the settings, and of whether experts fail.
    pub name: &'static str,
    /// What came of it.
    pub numbers: Numbers,
}

/// Counters, and a digest of everything on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// As the governor counts them.
    pub decisions: u32,
    /// As the governor counts them.
    pub deferred: u32,
    /// As the governor counts them.
    pub withheld: u32,
    /// Frames that the client sent.
    pub frames: u32,
    /// Of all outcomes, thresholds and flags, and of the state at the end.
    pub digest: u32,
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decisions, deferred, withheld, frames, digest } = self;
        write!(f, "{decisions} {deferred} {withheld} {frames} {digest:08x}")
    }
}

/// All runs.
#[must_use]
pub fn runs() -> [Run; 5] {
    [
        Run { name: "attempts", numbers: run(&ATTEMPTS, true, flags) },
        Run { name: "answers", numbers: run(&ANSWERS, true, flags) },
        Run { name: "attempts-calm", numbers: run(&ATTEMPTS, false, flags) },
        Run { name: "answers-calm", numbers: run(&ANSWERS, false, flags) },
        Run { name: "attempts-unwatched", numbers: run(&UNWATCHED, true, |_, _| 0) },
    ]
}

/// The flags after an input; now and then they are cleared.
fn flags(governor: &mut Governor<'_, 2, Watches>, index: u32) -> u32 {
    let drift = governor.drift();
    if drift.any() && index.is_multiple_of(64) {
        governor.clear_drift();
    }
    u32::from(drift.margin) << 1 | u32::from(drift.rate)
}

/// Resolves all inputs; with `failing`, experts fail at random, and at times all of them.
fn run<W: Watching>(
    settings: &GovernorSettings<2, W>,
    failing: bool,
    flags: impl Fn(&mut Governor<'_, 2, W>, u32) -> u32,
) -> Numbers {
    let mut governor = Governor::new(settings);
    let down = Cell::new(0);
    let gateway = Gateway { decoder: Decoder::new(), reply: [0; FRAME], unread: 0..0, down: &down };
    let identity = Identity { node: 1, key: None };
    let nonce = Nonce::counted(0);
    let mut client =
        Client::<_, _, EXPERTS, FRAME>::new(gateway, Time(0), &PATIENCE, identity, nonce);
    let mut random = Lcg::new(1);
    let mut digest = Digest::EMPTY;
    for index in 0..INPUTS {
        let mut values = [0; EXPERTS];
        values.fill_with(|| random.bits() as i32 >> 17);
        let noise = (random.bits() >> 28) as u8 & (random.bits() >> 28) as u8;
        down.set(match (failing, index / 50 % 4) {
            (false, _) => 0,
            // A time in which nobody answers.
            (true, 3) => u8::MAX,
            (true, _) => noise,
        });
        let input = Input { local: Answer::Label(index), payload: Payload::Bytes(&[7]) };
        let outcome = client.resolve(&input, governor.input(Scores::new(&values, &OFFSETS)));
        let flags = flags(&mut governor, index);
        let outcome = u32::from(outcome.by) << 8 | u32::from(outcome.sent);
        for word in [outcome, governor.threshold() as u32, flags] {
            digest.add(word);
        }
    }
    let mut state = [0; Governor::<2, Watches>::STATE_BYTES];
    // The array has room for that length.
    let state = state.get_mut(..Governor::<2, W>::STATE_BYTES).unwrap_or_default();
    let _ = governor.to_bytes(state);
    for &byte in &*state {
        digest.add(byte.into());
    }
    let counters = governor.counters();
    Numbers {
        decisions: counters.decisions,
        deferred: counters.deferred,
        withheld: counters.withheld,
        frames: client.counters().sent,
        digest: digest.0,
    }
}

/// Time advances when the client has nothing to do.
struct Time(u64);

impl Clock for Time {
    fn now_ms(&mut self) -> u64 {
        self.0
    }

    fn idle(&mut self) {
        self.0 += 1;
    }
}

/// A line with a gateway at its other end, which answers at once, or not at all.
struct Gateway<'d> {
    decoder: Decoder<FRAME>,
    reply: [u8; FRAME],
    /// The part of the reply that was not read yet.
    unread: Range<usize>,
    /// Bit k: expert k does not answer.
    down: &'d Cell<u8>,
}

impl Gateway<'_> {
    fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (used, frame) = self.decoder.feed(bytes);
            bytes = bytes.get(used..).unwrap_or_default();
            let Some(Ok(frame)) = frame else { continue };
            let answer = match frame.message() {
                Ok(Message::Hello(hello)) => {
                    Message::Welcome(Welcome { node: hello.node, session: hello.nonce })
                }
                Ok(Message::Request(request)) => {
                    if self.down.get() >> (request.expert & 7) & 1 == 1 {
                        continue;
                    }
                    Message::Reply(Reply {
                        node: request.node,
                        sequence: request.sequence,
                        status: Status::Ok,
                        answer: Answer::Label(request.expert.into()),
                        confidence: 0,
                    })
                }
                _ => continue,
            };
            let frame = wire::encode_answer(&answer, None, &frame.binding(), &mut self.reply);
            self.unread = 0..frame.map_or(0, |frame| frame.bytes.len());
        }
    }
}

impl embedded_io::ErrorType for Gateway<'_> {
    type Error = Infallible;
}

impl embedded_io::ReadReady for Gateway<'_> {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(!self.unread.is_empty())
    }
}

impl embedded_io::Read for Gateway<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        let unread = self.reply.get(self.unread.clone()).unwrap_or_default();
        let mut length = 0;
        for (into, byte) in into.iter_mut().zip(unread) {
            *into = *byte;
            length += 1;
        }
        self.unread.start += length;
        Ok(length)
    }
}

impl embedded_io::Write for Gateway<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.take(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
