//! What must not happen.

use super::schedule::Program;
use mild::{client::Outcome, wire::Answer};
use std::{fmt, time::Duration};

/// What must not happen, and did.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Violation {
    /// A node took something else for the answer to its question.
    WrongAnswer { node: u32, row: u32, expected: Answer, found: Outcome },
    /// A question had no outcome in time.
    NoOutcome { node: u32, row: u32, took: Duration },
    /// A node hangs.
    Hangs { nodes: usize },
    /// After the last fault a node still got no answer.
    NoRecovery { node: u32, last: Outcome },
    /// A gateway took too much memory.
    Memory { program: Program, found_mb: f64, most_mb: f64 },
    /// A program ended that nobody had ended.
    Ended { program: Program },
    /// After the last fault a gateway did not find its broker, or did not end in good order.
    NotInOrder { program: Program },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongAnswer { node, row, expected, found } => {
                write!(f, "node {node} asked row {row}: expected {expected:?}, found {found:?}")
            }
            Self::NoOutcome { node, row, took } => {
                write!(f, "node {node} asked row {row}: no outcome for {} ms", took.as_millis())
            }
            Self::Hangs { nodes } => write!(f, "{nodes} nodes do not end"),
            Self::NoRecovery { node, last } => {
                write!(f, "node {node}: no answer after the last fault; the last outcome: {last:?}")
            }
            Self::Memory { program, found_mb, most_mb } => {
                write!(f, "{program}: {found_mb:.0} MB of memory, expected {most_mb:.0} at most")
            }
            Self::Ended { program } => write!(f, "{program} ended by itself"),
            Self::NotInOrder { program } => {
                write!(f, "{program} did not come up or did not end in good order after SIGTERM")
            }
        }
    }
}
