//! What the gateway remembers of one node.

use std::collections::VecDeque;
use std::time::Instant;

use mild::wire::Binding;

use super::replies::Replies;
use super::window::Window;
use crate::config::Limits;

/// The most connections that wait for the answer to one request.
const MOST_WAITING: usize = 4;

/// What to do with a request.
#[derive(Debug)]
pub(super) enum Arrival {
    /// It is new; its expert must be asked.
    New,
    /// It was received before, and its expert has not answered yet. The answer goes to this
    /// connection, too.
    Pending,
    /// It was received before, and answered with this frame.
    Answered(Vec<u8>),
    /// Another request had its name, or it was received too long ago.
    NameUsed,
    /// The gateway did not begin its session, or has forgotten it.
    UnknownSession,
    /// The node sends more requests than it may.
    RateLimited,
}

/// A request as it came from its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) node: u32,
    pub(super) session: u64,
    pub(super) sequence: u32,
}

/// A node in its present session.
#[derive(Debug)]
pub(super) struct Node {
    /// Counts all sessions of this gateway.
    pub(super) session: u64,
    window: Window,
    /// The latest requests.
    requests: VecDeque<Request>,
    /// Requests that the node may send now, a token bucket.
    tokens: f64,
    last_seen: Instant,
}

#[derive(Debug)]
struct Request {
    sequence: u32,
    /// Of its frame: a repetition has the same.
    binding: Binding,
    since: Instant,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Connections that wait for the answer besides the first.
    Pending(Vec<Replies>),
    Answered(Vec<u8>),
}

impl Node {
    pub(super) fn new(session: u64, limits: &Limits, now: Instant) -> Self {
        Self {
            session,
            window: Window::default(),
            requests: VecDeque::new(),
            tokens: f64::from(limits.burst),
            last_seen: now,
        }
    }

    /// Takes a request of a later session, which begins with it.
    pub(super) fn begin(&mut self, session: u64) {
        self.session = session;
        self.window = Window::default();
        self.requests.clear();
    }

    /// Whether the node may send one more request. A repetition is not charged.
    pub(super) fn take_token(&mut self, limits: &Limits, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.last_seen).as_secs_f64();
        self.last_seen = now;
        self.tokens = (self.tokens + elapsed * limits.requests_per_s).min(f64::from(limits.burst));
        let may = self.tokens >= 1.0;
        if may {
            self.tokens -= 1.0;
        }
        may
    }

    /// Takes a request of the present session.
    pub(super) fn arrive(
        &mut self,
        sequence: u32,
        binding: &Binding,
        replies: &Replies,
        limits: &Limits,
        now: Instant,
    ) -> Arrival {
        let kept = limits.remember();
        while self.requests.front().is_some_and(|request| now - request.since > kept) {
            self.requests.pop_front();
        }
        if self.window.is_used(sequence) {
            return self.repeated(sequence, binding, replies);
        }
        if !self.take_token(limits, now) {
            return Arrival::RateLimited;
        }
        self.window.mark(sequence);
        if self.requests.len() >= limits.remembered {
            self.requests.pop_front();
        }
        let state = State::Pending(Vec::new());
        self.requests.push_back(Request { sequence, binding: *binding, since: now, state });
        Arrival::New
    }

    fn repeated(&mut self, sequence: u32, binding: &Binding, replies: &Replies) -> Arrival {
        let found = self.requests.iter_mut().find(|request| request.sequence == sequence);
        match found {
            Some(request) if request.binding == *binding => match &mut request.state {
                State::Answered(frame) => Arrival::Answered(frame.clone()),
                State::Pending(waiting) => {
                    // Whoever repeats a recorded frame must not take the place of the node.
                    waiting.retain(|other| !other.is_closed());
                    if waiting.len() < MOST_WAITING
                        && !waiting.iter().any(|other| other.same_channel(replies))
                    {
                        waiting.push(replies.clone());
                    }
                    Arrival::Pending
                }
            },
            _ => Arrival::NameUsed,
        }
    }

    /// Remembers the answer to a pending request. Returns the connections that wait for it besides
    /// the first.
    pub(super) fn answered(&mut self, sequence: u32, frame: &[u8]) -> Vec<Replies> {
        let mut requests = self.requests.iter_mut();
        match requests.find(|request| request.sequence == sequence).map(|found| &mut found.state) {
            Some(state @ State::Pending(_)) => {
                match std::mem::replace(state, State::Answered(frame.to_vec())) {
                    State::Pending(waiting) => waiting,
                    State::Answered(_) => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.requests.len()
    }
}
