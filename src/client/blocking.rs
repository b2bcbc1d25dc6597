//! The client over `embedded-io`.

use embedded_io::{Error, Read, ReadReady, Write};

use super::exchange::{Protocol, Step};
use super::{ClientCounters, Clock, Identity, Outcome, Question, RetryPolicy};
use crate::policy::{Decision, Reachable};
use crate::wire::Decoder;

/// No port gives more unread bytes at once than so many pieces; a line that goes on is noise, and must not hold up the clock.
const MOST_PIECES: usize = 16;

/// Asks experts over a port that blocks.
///
/// `EXPERTS` is the number of experts of the image, `local` included; `FRAME` the room for a frame that is received
/// or sent: [`wire::max_frame`](crate::wire::max_frame) of the longest payload. A port whose `write` never returns blocks
/// the client too; reading is done only when it is ready.
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
    /// A client whose first question has the number after `sequence`: give one from before a reboot, or by chance, so that
    /// answers to an earlier life are not believed.
    pub const fn new(
        port: P,
        clock: C,
        settings: &'s RetryPolicy,
        identity: Identity,
        sequence: u32,
    ) -> Self {
        let protocol = Protocol::new(settings, identity, sequence);
        Self { port, clock, decoder: Decoder::new(), protocol }
    }

    /// Whom the rejector may choose from now.
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

    /// Decides, asks, and decides again while whoever is chosen fails.
    ///
    /// `decide` chooses among those that are reachable, as [`policy::decide`](crate::policy::decide) with the scores and
    /// offsets of the input does. It is called once, and again after each failure.
    pub fn resolve(
        &mut self,
        question: &Question<'_>,
        mut decide: impl FnMut(Reachable) -> Decision,
    ) -> Outcome {
        let begun = self.clock.now_ms();
        let mut exchange = self.protocol.begin(begun);
        loop {
            let now = self.clock.now_ms();
            match self.protocol.step(&mut exchange, now, question) {
                Step::Done(outcome) => return outcome,
                Step::Decide(reachable) => {
                    let decision = decide(reachable);
                    let done = self.protocol.decided(&mut exchange, now, decision, question);
                    if let Some(outcome) = done {
                        return outcome;
                    }
                }
                Step::Send => {
                    let mut buffer = [0; FRAME];
                    let frame = self.protocol.frame(&mut exchange, now, question, &mut buffer);
                    if let Some(frame) = frame
                        && let Err(error) =
                            self.port.write_all(frame).and_then(|()| self.port.flush())
                    {
                        self.protocol.unsent(&mut exchange, now, error.kind());
                    }
                }
                Step::Receive(_) => {
                    let mut pieces = 0;
                    while pieces < MOST_PIECES {
                        // What goes wrong on the line shows in the frames, or in their absence.
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
                            let done = self.protocol.received(&mut exchange, now, frame);
                            if let Some(outcome) = done {
                                return outcome;
                            }
                        }
                    }
                    // Also where bytes never end, or a clock that goes on only now would stand still.
                    if pieces == 0 || pieces == MOST_PIECES {
                        self.clock.idle();
                    }
                }
            }
        }
    }
}
