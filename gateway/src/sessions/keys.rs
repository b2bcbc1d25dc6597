//! Who may ask, by key.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use mild::wire::{Frame, FrameError, Key};

/// The keys of all nodes; none at all if every node is served. They may be exchanged at any time.
#[derive(Debug)]
pub(super) struct KeyRing(RwLock<Arc<BTreeMap<u32, Key>>>);

impl KeyRing {
    pub(super) fn new(keys: BTreeMap<u32, Key>) -> Self {
        Self(RwLock::new(Arc::new(keys)))
    }

    /// Frames from now on are held to these keys.
    pub(super) fn replace(&self, keys: BTreeMap<u32, Key>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// The key that this frame was signed with, and that its answer is to be signed with; `None` if
    /// nodes need none.
    pub(super) fn verify(&self, node: u32, frame: &Frame<'_>) -> Result<Option<Key>, FrameError> {
        // A panic leaves the keys whole: they are exchanged in one step.
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if keys.is_empty() {
            return Ok(None);
        }
        let key = keys.get(&node).ok_or(FrameError::WrongKey)?;
        frame.verify(key)?;
        Ok(Some(key.clone()))
    }
}
