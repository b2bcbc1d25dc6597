//! Who may ask, by key.

use std::collections::BTreeMap;

use mild::wire::{Frame, FrameError, Key};

/// The keys of all nodes; none at all if every node is served.
#[derive(Debug)]
pub(super) struct KeyRing(BTreeMap<u32, Key>);

impl KeyRing {
    pub(super) fn new(keys: BTreeMap<u32, Key>) -> Self {
        Self(keys)
    }

    /// The key that this frame was signed with, and that its answer is to be signed with; `None` if
    /// nodes need none.
    pub(super) fn verify(&self, node: u32, frame: &Frame<'_>) -> Result<Option<&Key>, FrameError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.0.get(&node).ok_or(FrameError::WrongKey)?;
        frame.verify(key)?;
        Ok(Some(key))
    }
}
