//! How far the nodes with two keys are on their way from the former to the new one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::NodeKeys;
use crate::metrics::{Metrics, TwoKeys};

/// The nodes that have two keys, and which one each of them used last.
#[derive(Debug)]
pub(super) struct Rotation {
    state: Mutex<State>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct State {
    nodes: BTreeMap<u32, Turn>,
    counts: TwoKeys,
}

/// A node with two keys, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Turn {
    former: u8,
    new: u8,
    last: Option<u8>,
}

impl Rotation {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { state: Mutex::default(), metrics }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic leaves the state whole: no update is in several steps that could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The nodes have these keys from now on. What a node used last is remembered if it keeps both.
    pub(super) fn replace(&self, keys: &BTreeMap<u32, NodeKeys>) {
        let mut state = self.state();
        let two = keys.iter().filter_map(|(&node, keys)| {
            let (former, new) = (keys.former_key()?.number(), keys.new_key().number());
            let last = state.nodes.get(&node).and_then(|turn| turn.last);
            let last = last.filter(|&last| last == former || last == new);
            Some((node, Turn { former, new, last }))
        });
        let nodes: BTreeMap<_, _> = two.collect();
        let mut counts = TwoKeys::default();
        for turn in nodes.values() {
            *counts.of(turn) += 1;
        }
        self.metrics.two_keys(counts);
        if !nodes.is_empty() {
            tracing::info!(
                nodes = nodes.len(),
                former = counts.former,
                new = counts.new,
                silent = counts.none,
                "nodes have two keys, a former and a new one"
            );
        }
        *state = State { nodes, counts };
    }

    /// A node has sent a new request with this key.
    pub(super) fn used(&self, node: u32, number: u8) {
        let mut state = self.state();
        let State { nodes, counts } = &mut *state;
        let Some(turn) = nodes.get_mut(&node) else { return };
        let is_one = number == turn.former || number == turn.new;
        if !is_one || turn.last == Some(number) {
            return;
        }
        *counts.of(turn) -= 1;
        turn.last = Some(number);
        *counts.of(turn) += 1;
        self.metrics.two_keys(*counts);
        tracing::debug!(node, key = number, former = counts.former, "a node uses its other key");
        if counts.former == 0 && counts.none == 0 {
            let nodes = nodes.len();
            tracing::info!(nodes, "all nodes with two keys use the new one: remove the former");
        }
    }
}

impl TwoKeys {
    /// The count that a node belongs to.
    fn of(&mut self, turn: &Turn) -> &mut i64 {
        match turn.last {
            None => &mut self.none,
            Some(last) if last == turn.new => &mut self.new,
            Some(_) => &mut self.former,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::path::Path;

    fn keys(lines: &str) -> BTreeMap<u32, NodeKeys> {
        let lines = lines.replace('A', &"0a".repeat(32)).replace('B', &"0b".repeat(32));
        let text = format!(
            "[keys]\n{lines}\n[listen]\ntcp = ['127.0.0.1:0']\n\
             [[expert]]\nindex = 1\nname = 'cloud'\nhttp = 'http://x/'\n"
        );
        Config::parse(&text, Path::new("gateway.toml")).unwrap().keys
    }

    #[test]
    fn each_node_is_counted_by_the_key_that_it_used_last() {
        let metrics = Arc::new(Metrics::new());
        let rotation = Rotation::new(metrics.clone());
        let counts = || {
            let TwoKeys { former, new, none } = rotation.state().counts;
            let text = metrics.render();
            for (last_used, nodes) in [("former", former), ("new", new), ("none", none)] {
                let line = format!("nodes_with_two_keys{{last_used=\"{last_used}\"}} {nodes}\n");
                assert!(text.contains(&line), "{line}{text}");
            }
            (former, new, none)
        };
        rotation.replace(&keys("1 = 'A'\n2.4 = 'A'"));
        rotation.used(1, 0);
        assert_eq!(counts(), (0, 0, 0), "nobody has two");
        rotation.replace(&keys("1.0 = 'A'\n1.1 = 'B'\n2.4 = 'A'\n2.5 = 'B'\n3 = 'A'"));
        assert_eq!(counts(), (0, 0, 2));
        rotation.used(1, 0);
        rotation.used(2, 5);
        rotation.used(3, 0);
        rotation.used(1, 9);
        assert_eq!(counts(), (1, 1, 0));
        rotation.used(1, 1);
        rotation.used(1, 1);
        assert_eq!(counts(), (0, 2, 0));
        rotation.used(1, 0);
        assert_eq!(counts(), (1, 1, 0), "a node may go back");
        rotation.replace(&keys("1.0 = 'A'\n1.1 = 'B'\n2.5 = 'A'\n2.6 = 'B'\n3.0 = 'A'\n3.1 = 'B'"));
        assert_eq!(counts(), (2, 0, 1), "what is known of a key stays");
        rotation.replace(&keys("1.1 = 'B'"));
        assert_eq!(counts(), (0, 0, 0));
    }
}
