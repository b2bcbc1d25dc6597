//! The protocol: what to send when, what to believe, and when to give up. No input, no output, no
//! clock.

use super::links::Links;
use super::outcome::{ClientCounters, Failure, Outcome};
use super::session::{Name, Session};
use super::{Identity, Input, Nonce, RetryPolicy};
use crate::policy::{Decide, Decision, LOCAL, Reachable, Resolution};
use crate::wire::{self, Binding, EncodeError, Frame, Hello, Message, Reply, Request, Status};

/// The most sessions that one input begins without a pause. A gateway that forgets each of them
/// at once is at fault.
const MOST_SESSIONS: u8 = 2;

/// What both clients share.
#[derive(Debug)]
pub(super) struct Protocol<'s, const EXPERTS: usize> {
    settings: &'s RetryPolicy,
    identity: Identity,
    links: Links<EXPERTS>,
    session: Session,
    /// The state of a small generator, for pauses.
    chance: u32,
    pub(super) counters: ClientCounters,
}

/// An input on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange {
    deadline: u64,
    /// Of the image that decides.
    image: u32,
    /// Requests sent.
    sent: u8,
    /// Sessions that the gateway did not know.
    unknown: u8,
    /// Experts that a request was sent to: bit *k* stands for expert *k*.
    sent_to: u32,
    /// Experts that failed already, or cannot be asked about this input.
    tried: u32,
    failure: Option<Failure>,
    asked: Option<Asked>,
    /// Who answered; the node until somebody else has.
    by: u8,
}

impl Exchange {
    /// When the input must be resolved.
    #[cfg(feature = "client-async")]
    pub(super) const fn deadline(&self) -> u64 {
        self.deadline
    }
}

/// An exchange and its decider. Dropping it commits to the decider what happened: once, whichever
/// way the exchange ends, and also if an asynchronous one is cancelled.
#[derive(Debug)]
pub(super) struct Resolving<D: Decide> {
    pub(super) exchange: Exchange,
    /// Taken out only in `drop`.
    decider: Option<D>,
}

impl<D: Decide> Resolving<D> {
    pub(super) fn propose(&mut self, reachable: Reachable) -> Decision {
        match &mut self.decider {
            Some(decider) => decider.propose(reachable),
            None => Decision { expert: LOCAL, margin: i32::MAX },
        }
    }
}

impl<D: Decide> Drop for Resolving<D> {
    fn drop(&mut self) {
        if let Some(decider) = self.decider.take() {
            let Exchange { by, sent_to, .. } = self.exchange;
            decider.commit(Resolution::by(by).after_all(sent_to));
        }
    }
}

/// One expert being asked.
#[derive(Debug, Clone, Copy)]
struct Asked {
    decision: Decision,
    /// Attempts in vain.
    vain: u8,
    state: State,
    /// The latest frame. It is sent again as it is, until something came of it.
    frame: Option<Sent>,
}

/// A frame on its way, and what its answer is bound to.
#[derive(Debug, Clone, Copy)]
struct Sent {
    /// Of the request; `None` of a hello.
    name: Option<Name>,
    binding: Binding,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// To be sent, not before this time.
    Send(u64),
    /// Sent; an answer counts until this time.
    Wait(u64),
}

/// What a client is to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    /// Send the frame of this decision now ([`Protocol::frame`]), then go on.
    Send,
    /// Receive until this time.
    Receive(u64),
    /// Ask whom to defer to among these ([`Protocol::decided`]).
    Decide(Reachable),
    /// Done.
    Done(Outcome),
}

impl<'s, const EXPERTS: usize> Protocol<'s, EXPERTS> {
    pub(super) const fn new(settings: &'s RetryPolicy, identity: Identity, nonce: Nonce) -> Self {
        let chance = identity.node ^ 0x9e37_79b9;
        let (links, session, counters) = (Links::new(), Session::new(nonce), ClientCounters::ZERO);
        Self { settings, identity, links, session, chance, counters }
    }

    pub(super) fn reachable(&self, now: u64) -> Reachable {
        self.links.reachable(now)
    }

    pub(super) fn begin<D: Decide>(&self, now: u64, decider: D) -> Resolving<D> {
        let exchange = Exchange {
            deadline: now.saturating_add(u64::from(self.settings.deadline_ms)),
            image: decider.image(),
            sent: 0,
            unknown: 0,
            sent_to: 0,
            tried: 0,
            failure: None,
            asked: None,
            by: LOCAL,
        };
        Resolving { exchange, decider: Some(decider) }
    }

    /// What is to be done now.
    pub(super) fn step(&mut self, exchange: &mut Exchange, now: u64, input: &Input<'_>) -> Step {
        let Some(asked) = &mut exchange.asked else {
            if now >= exchange.deadline {
                return Step::Done(self.local(exchange, input));
            }
            let reachable = self.links.reachable(now).bits() & !exchange.tried;
            return Step::Decide(Reachable::from_bits(reachable));
        };
        match asked.state {
            State::Send(at) if now < at => Step::Receive(at.min(exchange.deadline)),
            State::Send(_) if now < exchange.deadline => Step::Send,
            State::Wait(until) if now < until => Step::Receive(until),
            _ => {
                self.missed(exchange, now, Failure::TimedOut);
                self.step_once_more(exchange, now, input)
            }
        }
    }

    /// After a frame without an answer there is either a pause or nobody asked: neither misses
    /// again.
    fn step_once_more(&mut self, exchange: &Exchange, now: u64, input: &Input<'_>) -> Step {
        match exchange.asked {
            Some(Asked { state: State::Send(at) | State::Wait(at), .. }) => {
                Step::Receive(at.max(now))
            }
            None if now >= exchange.deadline => Step::Done(self.local(exchange, input)),
            None => {
                let reachable = self.links.reachable(now).bits() & !exchange.tried;
                Step::Decide(Reachable::from_bits(reachable))
            }
        }
    }

    /// Takes whom to ask, after [`Step::Decide`]; done if that is the node itself.
    pub(super) fn decided(
        &mut self,
        exchange: &mut Exchange,
        now: u64,
        decision: Decision,
        input: &Input<'_>,
    ) -> Option<Outcome> {
        let reachable = self.links.reachable(now).bits() & !exchange.tried;
        // A decider that names somebody unreachable is at fault; the node still answers.
        if decision.is_local() || !Reachable::from_bits(reachable).contains(decision.expert) {
            return Some(self.local(exchange, input));
        }
        exchange.asked = Some(Asked { decision, vain: 0, state: State::Send(now), frame: None });
        None
    }

    /// Writes the frame to send into `buffer`: the request, or a hello if there is no session.
    /// After it the exchange waits; without one it goes on.
    pub(super) fn frame<'b>(
        &mut self,
        exchange: &mut Exchange,
        now: u64,
        input: &Input<'_>,
        buffer: &'b mut [u8],
    ) -> Option<&'b [u8]> {
        let asked = exchange.asked.as_mut()?;
        let until = now.saturating_add(u64::from(self.settings.attempt_ms).max(1));
        asked.state = State::Wait(until.min(exchange.deadline));
        let node = self.identity.node;
        let named = asked.frame.and_then(|frame| frame.name).or_else(|| self.session.name());
        let message = match named {
            Some(Name { session, sequence }) => Message::Request(Request {
                node,
                session,
                sequence,
                image: exchange.image,
                expert: asked.decision.expert,
                local: input.local,
                margin: asked.decision.margin,
                payload: input.payload,
            }),
            None => Message::Hello(Hello { node, nonce: self.session.nonce() }),
        };
        match wire::encode(&message, self.identity.key.as_ref(), buffer) {
            Ok(frame) => {
                asked.frame = Some(Sent { name: named, binding: frame.binding });
                if named.is_some() {
                    exchange.sent = exchange.sent.saturating_add(1);
                    exchange.sent_to |= bit(asked.decision.expert);
                    ClientCounters::add(&mut self.counters.sent, true);
                }
                Some(frame.bytes)
            }
            Err(EncodeError::Buffer { .. }) => {
                // The expert is not to blame, and nobody else could be asked this either.
                exchange.tried = u32::MAX;
                exchange.failure = Some(Failure::TooLong);
                exchange.asked = None;
                None
            }
        }
    }

    /// The port could not send.
    pub(super) fn unsent(&mut self, exchange: &mut Exchange, now: u64, failure: Failure) {
        self.missed(exchange, now, failure);
    }

    /// A frame that came: the outcome, if it is the answer.
    pub(super) fn received(
        &mut self,
        exchange: &mut Exchange,
        now: u64,
        frame: Result<Frame<'_>, wire::FrameError>,
    ) -> Option<Outcome> {
        let Ok(frame) = frame else { return self.bad() };
        let Some(asked) = &mut exchange.asked else { return self.stale() };
        let Some(sent) = asked.frame.filter(|sent| frame.answers(&sent.binding)) else {
            return self.stale();
        };
        let answer = frame.read_answer(self.identity.key.as_ref(), &sent.binding);
        let node = self.identity.node;
        match (sent.name, answer) {
            (None, Ok(Message::Welcome(welcome))) if welcome.node == node => {
                self.session.begin(welcome.session);
                ClientCounters::add(&mut self.counters.sessions, true);
                (asked.frame, asked.state) = (None, State::Send(now));
                None
            }
            // A hello that was refused.
            (None, Ok(Message::Reply(reply)))
                if reply.node == node && reply.status != Status::Ok =>
            {
                self.replied(exchange, now, reply)
            }
            (Some(name), Ok(Message::Reply(reply)))
                if reply.node == node && reply.sequence == name.sequence =>
            {
                self.replied(exchange, now, reply)
            }
            _ => self.bad(),
        }
    }

    /// The reply to the frame that was sent last.
    fn replied(&mut self, exchange: &mut Exchange, now: u64, reply: Reply) -> Option<Outcome> {
        let asked = exchange.asked.as_mut()?;
        // What was replied to is done: the next request has a name of its own.
        asked.frame = None;
        let expert = asked.decision.expert;
        match reply.status {
            Status::Ok => {
                self.links.succeeded(expert);
                exchange.by = expert;
                ClientCounters::add(&mut self.counters.inputs, true);
                ClientCounters::add(&mut self.counters.answered, true);
                return Some(Outcome {
                    answer: reply.answer,
                    confidence: reply.confidence,
                    by: expert,
                    failure: exchange.failure,
                    sent: exchange.sent,
                });
            }
            // Another gateway, or the same after a restart: nobody is to blame.
            Status::UnknownSession if exchange.unknown < MOST_SESSIONS => {
                exchange.unknown = exchange.unknown.saturating_add(1);
                self.session.end();
                asked.state = State::Send(now);
            }
            Status::UnknownSession => {
                self.session.end();
                self.missed(exchange, now, Failure::Status(reply.status));
            }
            // May be better next time.
            Status::Busy
            | Status::Malformed
            | Status::TimedOut
            | Status::Unreachable
            | Status::NameUsed => {
                self.missed(exchange, now, Failure::Status(reply.status));
            }
            Status::Refused | Status::UnknownExpert | Status::WrongImage => {
                self.failed(exchange, now, Failure::Status(reply.status), true);
            }
        }
        None
    }

    /// Counts a frame that is damaged, or not signed as it must be.
    fn bad(&mut self) -> Option<Outcome> {
        ClientCounters::add(&mut self.counters.bad, true);
        None
    }

    /// Counts a frame that answers nothing that is open.
    fn stale(&mut self) -> Option<Outcome> {
        ClientCounters::add(&mut self.counters.stale, true);
        None
    }

    /// A frame was sent in vain: another follows after a pause, or somebody else is asked.
    fn missed(&mut self, exchange: &mut Exchange, now: u64, failure: Failure) {
        let Some(asked) = &mut exchange.asked else { return };
        asked.vain = asked.vain.saturating_add(1);
        let at = now.saturating_add(self.settings.pause(asked.vain, self.chance));
        self.chance =
            self.chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223).rotate_left(16);
        // An answer that comes in the pause still counts.
        if asked.vain < self.settings.attempts.max(1) && at < exchange.deadline {
            asked.state = State::Send(at);
        } else {
            self.failed(exchange, now, failure, false);
        }
    }

    /// The expert that was asked will not answer. `lasting` says that it will not next time either.
    fn failed(&mut self, exchange: &mut Exchange, now: u64, failure: Failure, lasting: bool) {
        if let Some(asked) = exchange.asked.take() {
            let expert = asked.decision.expert;
            self.links.failed(expert, lasting, now, self.settings);
            exchange.tried |= bit(expert);
            exchange.failure = Some(failure);
        }
    }

    /// The node answers.
    fn local(&mut self, exchange: &Exchange, input: &Input<'_>) -> Outcome {
        ClientCounters::add(&mut self.counters.inputs, true);
        ClientCounters::add(&mut self.counters.fell_back, exchange.failure.is_some());
        Outcome {
            answer: input.local,
            confidence: 0,
            by: LOCAL,
            failure: exchange.failure,
            sent: exchange.sent,
        }
    }
}

/// The bit of an expert, none beyond the 32nd.
fn bit(expert: u8) -> u32 {
    1u32.checked_shl(u32::from(expert)).unwrap_or(0)
}
