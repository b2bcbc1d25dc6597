//! Who may ask, by key.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use mild::wire::{Frame, FrameError, Key, Message};

use super::rotation::Rotation;
use crate::config::NodeKeys;
use crate::metrics::Metrics;

/// The keys of all nodes; none at all if every node is served. They may be exchanged at any time.
#[derive(Debug)]
pub(super) struct KeyRing {
    keys: RwLock<Arc<BTreeMap<u32, NodeKeys>>>,
    rotation: Rotation,
    metrics: Arc<Metrics>,
}

impl KeyRing {
    pub(super) fn new(keys: BTreeMap<u32, NodeKeys>, metrics: Arc<Metrics>) -> Self {
        let rotation = Rotation::new(metrics.clone());
        let ring = Self { keys: RwLock::default(), rotation, metrics };
        ring.replace(keys);
        ring
    }

    /// Frames from now on are held to these keys.
    pub(super) fn replace(&self, keys: BTreeMap<u32, NodeKeys>) {
        self.metrics.authentication.set(i64::from(!keys.is_empty()));
        let encrypted = keys.values().filter(|keys| keys.encrypt()).count();
        self.metrics.encrypted_nodes.set(i64::try_from(encrypted).unwrap_or(i64::MAX));
        if !keys.is_empty() {
            let nodes = keys.len();
            tracing::info!(nodes, encrypted, "nodes have keys");
        }
        self.rotation.replace(&keys);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn keys(&self) -> Arc<BTreeMap<u32, NodeKeys>> {
        // A panic leaves the keys whole: they are exchanged in one step.
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The message of a hello or a request, and the key that it was signed or encrypted with and
    /// that its answer is to have; `None` if nodes need none. `room` is for [`Frame::read`].
    pub(super) fn read<'m>(
        &self,
        node: u32,
        frame: &Frame<'m>,
        room: &'m mut [u8],
    ) -> Result<(Message<'m>, Option<Key>), FrameError> {
        let keys = self.keys();
        if keys.is_empty() {
            return Ok((frame.read(None, room)?, None));
        }
        let number = frame.key_number().ok_or(FrameError::Unsigned)?;
        let key = keys.get(&node).and_then(|keys| keys.numbered(number));
        let key = key.ok_or(FrameError::WrongKey)?;
        // A key says whether its frames are encrypted, and others are refused.
        Ok((frame.read(Some(key), room)?, Some(key.clone())))
    }

    /// A node has sent a new request with this key.
    pub(super) fn used(&self, node: u32, number: u8) {
        let has_two = self.keys().get(&node).is_some_and(|keys| keys.former_key().is_some());
        // Most nodes have one, and need no lock.
        if has_two {
            self.rotation.used(node, number);
        }
    }
}
