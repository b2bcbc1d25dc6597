//! The client over `embedded-io-async`.

use embassy_futures::select::{Either, select};
use embedded_io_async::{Error, Read, Write};

use super::exchange::{Protocol, Step};
use super::{ClientCounters, Failure, Identity, Input, Nonce, Outcome, RetryPolicy, Timer};
use crate::policy::{Decide, Reachable};
use crate::wire::Decoder;

/// As [`Client`](super::Client), over a port that is awaited.
///
/// The port's `read` is dropped when the time is up. Bytes that it has taken must not be lost then;
/// the buffered serial ports of embassy keep them.
#[derive(Debug)]
pub struct AsyncClient<'s, P, T, const EXPERTS: usize, const FRAME: usize> {
    port: P,
    timer: T,
    decoder: Decoder<FRAME>,
    protocol: Protocol<'s, EXPERTS>,
}

impl<'s, P, T, const EXPERTS: usize, const FRAME: usize> AsyncClient<'s, P, T, EXPERTS, FRAME>
where
    P: Read + Write,
    T: Timer,
{
    /// As [`Client::new`](super::Client::new).
    pub const fn new(
        port: P,
        timer: T,
        settings: &'s RetryPolicy,
        identity: Identity,
        nonce: Nonce,
    ) -> Self {
        let protocol = Protocol::new(settings, identity, nonce);
        Self { port, timer, decoder: Decoder::new(), protocol }
    }

    /// The experts that can be asked now.
    pub fn reachable(&mut self) -> Reachable {
        let now = self.timer.now_ms();
        self.protocol.reachable(now)
    }

    /// The counts since the start.
    pub const fn counters(&self) -> ClientCounters {
        self.protocol.counters
    }

    /// As [`Client::resolve`](super::Client::resolve). If the future is dropped before it ends,
    /// what was sent until then is committed.
    pub async fn resolve(&mut self, input: &Input<'_>, decider: impl Decide) -> Outcome {
        let begun = self.timer.now_ms();
        // Commits to the decider when it is dropped, at whichever return.
        let mut open = self.protocol.begin(begun, decider);
        loop {
            let now = self.timer.now_ms();
            match self.protocol.step(&mut open.exchange, now, input) {
                Step::Done(outcome) => return outcome,
                Step::Decide(reachable) => {
                    let decision = open.propose(reachable);
                    let done = self.protocol.decided(&mut open.exchange, now, decision, input);
                    if let Some(outcome) = done {
                        return outcome;
                    }
                }
                Step::Send => {
                    let mut buffer = [0; FRAME];
                    let frame = self.protocol.frame(&mut open.exchange, now, input, &mut buffer);
                    let Some(frame) = frame else { continue };
                    let port = &mut self.port;
                    let write = async {
                        port.write_all(frame).await?;
                        port.flush().await
                    };
                    // A port that takes nothing must not outlast the deadline. What it took of the
                    // frame is harmless: the next frame begins with a zero.
                    let late = self.timer.until_ms(open.exchange.deadline());
                    let failure = match select(write, late).await {
                        Either::First(Ok(())) => continue,
                        Either::First(Err(error)) => Failure::Line(error.kind()),
                        Either::Second(()) => Failure::TimedOut,
                    };
                    let now = self.timer.now_ms();
                    self.protocol.unsent(&mut open.exchange, now, failure);
                }
                Step::Receive(until) => {
                    let mut piece = [0; 16];
                    let read = select(self.port.read(&mut piece), self.timer.until_ms(until));
                    let Either::First(read) = read.await else { continue };
                    let Ok(length @ 1..) = read else {
                        // A line that fails at once again and again must not keep the task busy.
                        self.timer.until_ms(until.min(now.saturating_add(1))).await;
                        continue;
                    };
                    let mut bytes = piece.get(..length).unwrap_or_default();
                    while !bytes.is_empty() {
                        let (used, frame) = self.decoder.feed(bytes);
                        bytes = bytes.get(used..).unwrap_or_default();
                        let Some(frame) = frame else { continue };
                        let now = self.timer.now_ms();
                        if let Some(outcome) =
                            self.protocol.received(&mut open.exchange, now, frame)
                        {
                            return outcome;
                        }
                    }
                }
            }
        }
    }
}
