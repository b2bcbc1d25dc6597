//! The client over `embedded-io`.

use embedded_io::{Error, Read, ReadReady, Write};

use super::exchange::{Protocol, Step};
use super::{ClientCounters, Clock, Failure, Identity, Input, Nonce, Outcome, RetryPolicy};
use crate::policy::{Decide, Reachable};
use crate::wire::Decoder;

/// The most pieces that are read at once. A line that still has bytes then is noise, and must not
/// hold up the clock.
const MOST_PIECES: usize = 16;

/// Asks experts over a port that blocks.
///
/// `EXPERTS` is the number of experts of the image, `local` included. `FRAME` is the room for a
/// frame that is received or sent: [`wire::max_frame`](crate::wire::max_frame) of the longest
/// payload. A port whose `write` never returns blocks the client too; the client reads only when
/// the port is ready.
#[derive(Debug)]
pub struct Client<'s, P, C, const EXPERTS: usize, const FRAME: usize> {
    port: P,
    clock: C,
    decoder: Decoder<FRAME>,
    protocol: Protocol<'s, EXPERTS>,
}

impl<'s, P, C, const EXPERTS: usize, const FRAME: usize> Client<'s, P, C, EXPERTS, FRAME>
where
    P: Read + ReadReady + Write,
    C: Clock,
{
    /// A client without a session. It begins one with its first request.
    pub const fn new(
        port: P,
        clock: C,
        settings: &'s RetryPolicy,
        identity: Identity,
        nonce: Nonce,
    ) -> Self {
        let protocol = Protocol::new(settings, identity, nonce);
        Self { port, clock, decoder: Decoder::new(), protocol }
    }

    /// The experts that can be asked now.
    pub fn reachable(&mut self) -> Reachable {
        let now = self.clock.now_ms();
        self.protocol.reachable(now)
    }

    /// The counts since the start.
    pub const fn counters(&self) -> ClientCounters {
        self.protocol.counters
    }

    /// The clock.
    pub const fn clock(&mut self) -> &mut C {
        &mut self.clock
    }

    /// Resolves one input: asks the expert that `decider` proposes, and the next one when it fails,
    /// until somebody answers; in the end the node does.
    ///
    /// `decider` is the input's [`Scores`](crate::Scores), or a governor with them
    /// ([`Governor::input`](crate::Governor::input)). It proposes once, and again after each
    /// failure; what happened is committed to it exactly once, also when everybody fails or the
    /// time is up. An expert counts as asked as soon as a request for it was given to the port.
    pub fn resolve(&mut self, input: &Input<'_>, decider: impl Decide) -> Outcome {
        let begun = self.clock.now_ms();
        // Commits to the decider when it is dropped, at whichever return.
        let mut open = self.protocol.begin(begun, decider);
        loop {
            let now = self.clock.now_ms();
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
                    if let Some(frame) = frame
                        && let Err(error) =
                            self.port.write_all(frame).and_then(|()| self.port.flush())
                    {
                        let failure = Failure::Line(error.kind());
                        self.protocol.unsent(&mut open.exchange, now, failure);
                    }
                }
                Step::Receive(_) => {
                    let mut pieces = 0;
                    while pieces < MOST_PIECES {
                        // A fault of the line shows in the frames, or in their absence.
                        if !self.port.read_ready().unwrap_or(false) {
                            break;
                        }
                        let mut piece = [0; 16];
                        let Ok(length) = self.port.read(&mut piece) else { break };
                        pieces += 1;
                        let mut bytes = piece.get(..length).unwrap_or_default();
                        while !bytes.is_empty() {
                            let (used, frame) = self.decoder.feed(bytes);
                            bytes = bytes.get(used..).unwrap_or_default();
                            let Some(frame) = frame else { continue };
                            let done = self.protocol.received(&mut open.exchange, now, frame);
                            if let Some(outcome) = done {
                                return outcome;
                            }
                        }
                    }
                    // Also where bytes never end: a clock may advance only in `idle`.
                    if pieces == 0 || pieces == MOST_PIECES {
                        self.clock.idle();
                    }
                }
            }
        }
    }
}
