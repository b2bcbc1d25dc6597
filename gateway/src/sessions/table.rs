//! What the gateway remembers of all nodes: their sessions, how often they may ask, and their
//! latest requests.

use std::num::Wrapping;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use lru::LruCache;
use mild::wire::Binding;

use super::node::{Arrival, Name, Node};
use super::replies::Replies;
use crate::config::Limits;

/// The sessions of all nodes, up to a bound; the node that was silent for longest makes room.
///
/// Sessions are numbered, from a first number that was drawn at random when the gateway started. So
/// nothing has to be kept of a session before its first request: whether this gateway has begun it,
/// and which of two is the later, its number says. Every step takes the same time, however many
/// nodes there are.
#[derive(Debug)]
pub(super) struct SessionTable {
    limits: Arc<Limits>,
    first: Wrapping<u64>,
    begun: AtomicU64,
    nodes: Mutex<Nodes>,
}

#[derive(Debug)]
struct Nodes {
    by_number: LruCache<u32, Node>,
    /// Sessions with a lower number belong to nodes that are remembered, or to none any more. What
    /// was said in them cannot be said again.
    lowest: u64,
}

impl SessionTable {
    /// An empty table, whose sessions are numbered from `first` on.
    pub(super) fn new(limits: Arc<Limits>, first: u64) -> Self {
        let nodes = Nodes { by_number: LruCache::unbounded(), lowest: 0 };
        let (first, nodes) = (Wrapping(first), Mutex::new(nodes));
        Self { limits, first, begun: AtomicU64::new(0), nodes }
    }

    fn nodes(&self) -> MutexGuard<'_, Nodes> {
        // A panic leaves the table whole: no update is in several steps that could panic.
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session that no node had before.
    pub(super) fn welcome(&self) -> u64 {
        (self.first + Wrapping(self.begun.fetch_add(1, Ordering::Relaxed))).0
    }

    /// The count of a session; `None` if this gateway did not begin it.
    fn count(&self, session: u64) -> Option<u64> {
        let count = (Wrapping(session) - self.first).0;
        (count < self.begun.load(Ordering::Relaxed)).then_some(count)
    }

    /// Records that a request arrived, with its frame's end. A new one is pending from now on.
    pub(super) fn arrive(
        &self,
        name: Name,
        binding: &Binding,
        replies: &Replies,
        now: Instant,
    ) -> Arrival {
        let limits = &*self.limits;
        let Some(session) = self.count(name.session) else { return Arrival::UnknownSession };
        let mut nodes = self.nodes();
        if let Some(node) = nodes.by_number.get_mut(&name.node) {
            if session < node.session {
                return Arrival::UnknownSession;
            }
            if session > node.session {
                node.begin(session);
            }
            return node.arrive(name.sequence, binding, replies, limits, now);
        }
        if session < nodes.lowest {
            return Arrival::UnknownSession;
        }
        if nodes.by_number.len() >= limits.nodes
            && let Some((_, silent)) = nodes.by_number.pop_lru()
        {
            nodes.lowest = nodes.lowest.max(silent.session + 1);
        }
        let mut node = Node::new(session, limits, now);
        let arrival = node.arrive(name.sequence, binding, replies, limits, now);
        nodes.by_number.put(name.node, node);
        arrival
    }

    /// Remembers the answer to a pending request. Returns the connections that wait for it besides
    /// the first.
    pub(super) fn answered(&self, name: Name, frame: &[u8]) -> Vec<Replies> {
        let session = self.count(name.session);
        match self.nodes().by_number.peek_mut(&name.node) {
            Some(node) if Some(node.session) == session => node.answered(name.sequence, frame),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
