//! What is remembered of each node: how often it asks, and what it was answered.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mild::wire::Reply;

use crate::config::Limits;

/// What a question that came is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Arrival {
    /// It was not there before.
    New,
    /// It was, and an expert is at it.
    UnderWay,
    /// It was, and this is the answer.
    Answered(Reply),
    /// The node asks more often than it may.
    TooOften,
}

/// All nodes.
#[derive(Debug)]
pub(crate) struct Nodes {
    limits: Limits,
    nodes: Mutex<HashMap<u32, Node>>,
}

#[derive(Debug)]
struct Node {
    /// Questions that it may ask now.
    tokens: f64,
    seen: Instant,
    /// The latest questions; those that are under way have no answer.
    questions: VecDeque<(u32, Option<Reply>)>,
}

impl Nodes {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, nodes: Mutex::new(HashMap::new()) }
    }

    fn nodes(&self) -> MutexGuard<'_, HashMap<u32, Node>> {
        // Nothing in here is left half done by a panic.
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A question came. If it is new, it is under way from now on.
    pub(crate) fn arrive(&self, node: u32, sequence: u32, now: Instant) -> Arrival {
        let limits = &self.limits;
        let mut nodes = self.nodes();
        if nodes.len() >= limits.nodes && !nodes.contains_key(&node) {
            let oldest = nodes.iter().min_by_key(|(_, node)| node.seen).map(|(&number, _)| number);
            oldest.map(|number| nodes.remove(&number));
        }
        let burst = f64::from(limits.burst);
        let node = nodes.entry(node).or_insert_with(|| Node {
            tokens: burst,
            seen: now,
            questions: VecDeque::new(),
        });
        let passed = now.saturating_duration_since(node.seen).as_secs_f64();
        node.tokens = (node.tokens + passed * limits.requests_per_s).min(burst);
        node.seen = now;
        if node.tokens < 1.0 {
            return Arrival::TooOften;
        }
        node.tokens -= 1.0;
        match node.questions.iter().find(|(number, _)| *number == sequence) {
            Some((_, None)) => Arrival::UnderWay,
            Some((_, Some(reply))) => Arrival::Answered(*reply),
            None => {
                if node.questions.len() >= limits.remembered {
                    node.questions.pop_front();
                }
                node.questions.push_back((sequence, None));
                Arrival::New
            }
        }
    }

    /// A question was answered for good.
    pub(crate) fn answered(&self, reply: Reply) {
        if let Some(node) = self.nodes().get_mut(&reply.node) {
            let open = node.questions.iter_mut().find(|(number, _)| *number == reply.sequence);
            if let Some((_, answer)) = open {
                *answer = Some(reply);
            }
        }
    }

    /// A question failed: if it comes again, it is new.
    pub(crate) fn forget(&self, node: u32, sequence: u32) {
        if let Some(node) = self.nodes().get_mut(&node) {
            node.questions.retain(|(number, answer)| *number != sequence || answer.is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mild::wire::{Answer, Status};
    use std::time::Duration;

    fn nodes(limits: Limits) -> Nodes {
        Nodes::new(limits)
    }

    #[test]
    fn a_question_is_asked_once_and_answered_as_often_as_it_comes() {
        let nodes = nodes(Limits::default());
        let now = Instant::now();
        assert_eq!(nodes.arrive(1, 5, now), Arrival::New);
        assert_eq!(nodes.arrive(1, 5, now), Arrival::UnderWay);
        assert_eq!(nodes.arrive(2, 5, now), Arrival::New, "another node's");
        let reply = Reply {
            node: 1,
            sequence: 5,
            status: Status::Ok,
            answer: Answer::Label(2),
            confidence: 0,
        };
        nodes.answered(reply);
        assert_eq!(nodes.arrive(1, 5, now), Arrival::Answered(reply));
        nodes.forget(1, 5);
        assert_eq!(nodes.arrive(1, 5, now), Arrival::Answered(reply), "an answer is kept");
        nodes.forget(2, 5);
        assert_eq!(nodes.arrive(2, 5, now), Arrival::New);
    }

    #[test]
    fn a_node_may_ask_so_often_and_no_more() {
        let limits = Limits { requests_per_s: 2.0, burst: 3, ..Limits::default() };
        let nodes = nodes(limits);
        let now = Instant::now();
        let taken = |from: u32, now| {
            (from..from + 10).filter(|&k| nodes.arrive(1, k, now) == Arrival::New).count()
        };
        assert_eq!(taken(0, now), 3);
        assert_eq!(taken(10, now + Duration::from_secs(1)), 2);
        assert_eq!(taken(20, now + Duration::from_secs(1000)), 3);
    }

    #[test]
    fn memory_is_bounded() {
        let nodes = nodes(Limits { nodes: 3, remembered: 2, ..Limits::default() });
        let now = Instant::now();
        for node in 0..100 {
            for sequence in 0..5 {
                nodes.arrive(node, sequence, now + Duration::from_millis(u64::from(node)));
            }
        }
        let nodes = nodes.nodes();
        assert_eq!(nodes.len(), 3);
        assert!(nodes.values().all(|node| node.questions.len() == 2));
        assert!(nodes.contains_key(&99));
    }
}
