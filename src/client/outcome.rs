//! How the resolution of an input ended.

use embedded_io::ErrorKind;

use crate::wire::{Answer, Status};

/// Why an expert did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Failure {
    /// No answer came in time.
    TimedOut,
    /// The gateway, or the expert, refused.
    Status(Status),
    /// The port could not send.
    Line(ErrorKind),
    /// The request is longer than a frame of this client can be.
    TooLong,
}

/// The answer to an input: there always is one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Outcome {
    /// The answer; the node's own if `by` is 0.
    pub answer: Answer,
    /// How sure the expert is: 65535 is certain, 0 means that it did not say; 0 if the node
    /// answers.
    pub confidence: u16,
    /// The index of the expert that answered; 0 is the node.
    pub by: u8,
    /// The last failure, if whoever was chosen first failed; `None` if that expert answered, or the
    /// node was chosen.
    pub failure: Option<Failure>,
    /// Requests sent for it.
    pub sent: u8,
}

/// Counts since the start, each staying at its largest value once there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ClientCounters {
    /// Inputs resolved.
    pub inputs: u32,
    /// Of these, answered by an expert.
    pub answered: u32,
    /// Of these, answered by the node although an expert was chosen.
    pub fell_back: u32,
    /// Requests sent.
    pub sent: u32,
    /// Sessions begun: one, and another each time that the gateway was restarted or is another one.
    pub sessions: u32,
    /// Replies to no open request: late ones, duplicates, and forged ones.
    pub stale: u32,
    /// Frames that are damaged, or not signed with the node's key.
    pub bad: u32,
}

impl ClientCounters {
    pub(super) const ZERO: Self =
        Self { inputs: 0, answered: 0, fell_back: 0, sent: 0, sessions: 0, stale: 0, bad: 0 };

    pub(super) fn add(count: &mut u32, one: bool) {
        *count = count.saturating_add(u32::from(one));
    }
}
