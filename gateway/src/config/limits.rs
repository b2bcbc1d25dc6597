//! `[limits]`: bounds that hold whatever nodes do.

use std::time::Duration;

use serde::Deserialize;
use tokio::sync::Semaphore;

use super::error::{Invalid, Problem};

/// Bounds on memory, rates and times. No node can exceed them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The most connections at once; further ones are closed.
    pub connections: usize,
    /// The most connections from one IPv4 address, from one IPv6 network of 64 bits, and at all
    /// Unix sockets.
    pub connections_per_address: usize,
    /// Seconds after which a silent connection is closed.
    pub idle_s: u64,
    /// Milliseconds from the first byte of a frame within which its last must arrive.
    pub frame_ms: u64,
    /// Milliseconds within which a node must take a reply.
    pub write_ms: u64,
    /// The most replies that wait for one connection.
    pub replies: usize,
    /// Requests per second that a node may send in the long run.
    pub requests_per_s: f64,
    /// Requests that a node may send at once.
    pub burst: u32,
    /// The most nodes that are remembered.
    pub nodes: usize,
    /// The most requests that are remembered for each node, so that a repeated one is not asked
    /// again.
    pub remembered: usize,
    /// Seconds for which they are; a repetition after that is refused.
    pub remember_s: u64,
    /// Milliseconds that pending requests get after a signal to stop.
    pub drain_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: 1024,
            idle_s: 3600,
            frame_ms: 2000,
            write_ms: 2000,
            replies: 64,
            requests_per_s: 50.0,
            burst: 100,
            nodes: 10_000,
            remembered: 16,
            remember_s: 60,
            drain_ms: 5000,
        }
    }
}

impl Limits {
    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_s)
    }

    pub(crate) fn frame(&self) -> Duration {
        Duration::from_millis(self.frame_ms)
    }

    pub(crate) fn write(&self) -> Duration {
        Duration::from_millis(self.write_ms)
    }

    pub(crate) fn remember(&self) -> Duration {
        Duration::from_secs(self.remember_s)
    }

    pub(crate) fn drain(&self) -> Duration {
        Duration::from_millis(self.drain_ms)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        for (name, is_zero) in [
            ("connections", self.connections == 0),
            ("connections_per_address", self.connections_per_address == 0),
            ("replies", self.replies == 0),
            ("burst", self.burst == 0),
            ("nodes", self.nodes == 0),
            ("remembered", self.remembered == 0),
        ] {
            if is_zero {
                return Err(Invalid::new(format!("limits.{name}"), Problem::Zero));
            }
        }
        let max = Semaphore::MAX_PERMITS;
        for (name, found) in [("connections", self.connections), ("replies", self.replies)] {
            if found > max {
                return Err(Invalid::new(
                    format!("limits.{name}"),
                    Problem::TooLarge { found, max },
                ));
            }
        }
        let found = self.requests_per_s;
        if found.is_nan() || found <= 0.0 {
            return Err(Invalid::new("limits.requests_per_s", Problem::Rate { found }));
        }
        Ok(())
    }
}
