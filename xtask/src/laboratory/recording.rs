//! What somebody on the lines has recorded, and what was done to them.

use super::{fault::Fault, random::Random};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Frames that are kept of each way.
const KEPT: usize = 64;

/// Where a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    ToGateway,
    ToNode,
}

/// Frames of all nodes of one run, to be sent again on any line.
#[derive(Debug, Default)]
pub(super) struct Recording(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    to_gateway: Vec<Vec<u8>>,
    to_node: Vec<Vec<u8>>,
    happened: BTreeMap<Fault, u64>,
}

impl Kept {
    fn of(&mut self, way: Way) -> &mut Vec<Vec<u8>> {
        match way {
            Way::ToGateway => &mut self.to_gateway,
            Way::ToNode => &mut self.to_node,
        }
    }
}

impl Recording {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic leaves it whole: every update is one step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a frame, when there are many in place of another: old ones stay for long.
    pub(super) fn keep(&self, way: Way, frame: &[u8], random: &mut Random) {
        let mut kept = self.kept();
        let frames = kept.of(way);
        if frames.len() < KEPT {
            frames.push(frame.to_vec());
        } else if let Ok(at) = usize::try_from(random.below(KEPT as u64))
            && let Some(other) = frames.get_mut(at)
        {
            *other = frame.to_vec();
        }
    }

    /// A frame that went this way before.
    pub(super) fn recall(&self, way: Way, random: &mut Random) -> Option<Vec<u8>> {
        random.choose(self.kept().of(way)).cloned()
    }

    pub(super) fn happened(&self, fault: Fault) {
        *self.kept().happened.entry(fault).or_default() += 1;
    }

    /// How often each fault happened.
    pub(super) fn counts(&self) -> BTreeMap<Fault, u64> {
        self.kept().happened.clone()
    }
}
