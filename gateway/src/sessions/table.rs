//! What the gateway remembers of each node: how often it may ask, and its latest requests.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mild::wire::Reply;

use crate::config::Limits;

/// What to do with a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Arrival {
    /// It is new; its expert must be asked.
    New,
    /// It was received before, and its expert has not answered yet.
    Pending,
    /// It was received before and answered.
    Answered(Reply),
    /// The node sends more requests than it may.
    RateLimited,
}

/// The sessions of all nodes, up to a bound; the node that was silent for longest makes room.
#[derive(Debug)]
pub(super) struct SessionTable {
    limits: Arc<Limits>,
    sessions: Mutex<HashMap<u32, Session>>,
}

#[derive(Debug)]
struct Session {
    /// Requests that the node may send now, a token bucket.
    tokens: f64,
    last_seen: Instant,
    /// The latest requests by sequence number; those that are pending have no reply.
    requests: VecDeque<(u32, Option<Reply>)>,
}

impl SessionTable {
    pub(super) fn new(limits: Arc<Limits>) -> Self {
        Self { limits, sessions: Mutex::new(HashMap::new()) }
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<u32, Session>> {
        // A panic leaves the table whole: no update is in several steps that could panic.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a request arrived. A new one is pending from now on.
    pub(super) fn arrive(&self, node: u32, sequence: u32, now: Instant) -> Arrival {
        let limits = &self.limits;
        let mut sessions = self.sessions();
        if sessions.len() >= limits.nodes && !sessions.contains_key(&node) {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.last_seen);
            if let Some((&oldest, _)) = oldest {
                sessions.remove(&oldest);
            }
        }
        let session = sessions.entry(node).or_insert_with(|| Session {
            tokens: f64::from(limits.burst),
            last_seen: now,
            requests: VecDeque::new(),
        });
        if !session.take_token(limits, now) {
            return Arrival::RateLimited;
        }
        match session.requests.iter().find(|(number, _)| *number == sequence) {
            Some((_, None)) => Arrival::Pending,
            Some((_, Some(reply))) => Arrival::Answered(*reply),
            None => {
                if session.requests.len() >= limits.remembered {
                    session.requests.pop_front();
                }
                session.requests.push_back((sequence, None));
                Arrival::New
            }
        }
    }

    /// Remembers the answer to a pending request.
    pub(super) fn answer(&self, reply: Reply) {
        if let Some(session) = self.sessions().get_mut(&reply.node) {
            let request = session.requests.iter_mut().find(|(number, _)| *number == reply.sequence);
            if let Some((_, answer)) = request {
                *answer = Some(reply);
            }
        }
    }

    /// Forgets a pending request that failed, so that it is new if it is repeated.
    pub(super) fn forget(&self, node: u32, sequence: u32) {
        if let Some(session) = self.sessions().get_mut(&node) {
            session.requests.retain(|(number, reply)| *number != sequence || reply.is_some());
        }
    }
}

impl Session {
    fn take_token(&mut self, limits: &Limits, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.last_seen).as_secs_f64();
        self.last_seen = now;
        self.tokens = (self.tokens + elapsed * limits.requests_per_s).min(f64::from(limits.burst));
        let may = self.tokens >= 1.0;
        if may {
            self.tokens -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mild::wire::{Answer, Status};
    use std::time::Duration;

    fn table(limits: Limits) -> SessionTable {
        SessionTable::new(Arc::new(limits))
    }

    #[test]
    fn an_expert_is_asked_once_and_its_answer_kept_for_repetitions() {
        let table = table(Limits::default());
        let now = Instant::now();
        assert_eq!(table.arrive(1, 5, now), Arrival::New);
        assert_eq!(table.arrive(1, 5, now), Arrival::Pending);
        assert_eq!(table.arrive(2, 5, now), Arrival::New, "another node's request");
        let reply = Reply {
            node: 1,
            sequence: 5,
            status: Status::Ok,
            answer: Answer::Label(2),
            confidence: 0,
        };
        table.answer(reply);
        assert_eq!(table.arrive(1, 5, now), Arrival::Answered(reply));
        table.forget(1, 5);
        assert_eq!(table.arrive(1, 5, now), Arrival::Answered(reply), "answers are kept");
        table.forget(2, 5);
        assert_eq!(table.arrive(2, 5, now), Arrival::New);
    }

    #[test]
    fn a_node_may_ask_at_its_rate_and_in_bursts() {
        let table = table(Limits { requests_per_s: 2.0, burst: 3, ..Limits::default() });
        let now = Instant::now();
        let admitted = |from: u32, now| {
            (from..from + 10).filter(|&k| table.arrive(1, k, now) == Arrival::New).count()
        };
        assert_eq!(admitted(0, now), 3);
        assert_eq!(admitted(10, now + Duration::from_secs(1)), 2);
        assert_eq!(admitted(20, now + Duration::from_secs(1000)), 3);
    }

    #[test]
    fn memory_is_bounded() {
        let table = table(Limits { nodes: 3, remembered: 2, ..Limits::default() });
        let now = Instant::now();
        for node in 0..100 {
            for sequence in 0..5 {
                table.arrive(node, sequence, now + Duration::from_millis(u64::from(node)));
            }
        }
        let sessions = table.sessions();
        assert_eq!(sessions.len(), 3);
        assert!(sessions.values().all(|session| session.requests.len() == 2));
        assert!(sessions.contains_key(&99));
    }
}
