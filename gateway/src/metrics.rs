//! Counters for Prometheus.

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;

use mild::wire::{FrameError, Status};
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram,
};
use prometheus_client::registry::Registry;

/// Which expert and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Went {
    /// The expert's name; empty if there is none.
    pub expert: String,
    /// The status.
    pub status: &'static str,
}

/// Why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Why {
    /// The reason.
    pub reason: &'static str,
}

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Replies by expert and status.
    pub replies: Family<Went, Counter>,
    /// Frames that were none, by reason.
    pub bad_frames: Family<Why, Counter>,
    /// Questions that came again.
    pub repeated: Counter,
    /// Connections that were closed by the gateway, by reason.
    pub closed: Family<Why, Counter>,
    /// Connections now.
    pub connections: Gauge,
    /// Questions under way now.
    pub under_way: Gauge,
    /// How long experts take, in seconds.
    pub seconds: Histogram,
    /// Seconds since the epoch at which it began.
    pub begun: Gauge<f64, AtomicU64>,
}

impl Metrics {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("mild_gateway");
        let replies = Family::<Went, Counter>::default();
        let bad_frames = Family::<Why, Counter>::default();
        let closed = Family::<Why, Counter>::default();
        let repeated = Counter::default();
        let (connections, under_way) = (Gauge::default(), Gauge::default());
        let seconds = Histogram::new([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]);
        let begun = Gauge::<f64, AtomicU64>::default();
        if let Ok(now) = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
            begun.set(now.as_secs_f64());
        }
        registry.register("replies", "Replies by expert and status", replies.clone());
        registry.register("bad_frames", "Frames that were none", bad_frames.clone());
        registry.register("repeated", "Questions that came again", repeated.clone());
        registry.register("closed", "Connections closed by the gateway", closed.clone());
        registry.register("connections", "Connections now", connections.clone());
        registry.register("under_way", "Questions under way now", under_way.clone());
        registry.register("expert_seconds", "How long experts take", seconds.clone());
        registry.register("begun_seconds", "When the gateway began", begun.clone());
        Self {
            registry,
            replies,
            bad_frames,
            repeated,
            closed,
            connections,
            under_way,
            seconds,
            begun,
        }
    }

    /// Counts a frame that is none.
    pub fn bad_frame(&self, error: FrameError) {
        let reason = match error {
            FrameError::TooLong { .. } => "too_long",
            FrameError::Cobs | FrameError::TooShort { .. } => "cut",
            FrameError::Checksum => "checksum",
            FrameError::Version { .. } => "version",
            FrameError::Message | FrameError::Trailing { .. } => "message",
            FrameError::Unsigned => "unsigned",
            FrameError::WrongKey => "wrong_key",
            _ => "other",
        };
        self.bad_frames.get_or_create(&Why { reason }).inc();
    }

    /// Counts a connection that the gateway closes.
    pub fn close(&self, reason: &'static str) {
        self.closed.get_or_create(&Why { reason }).inc();
    }

    /// Counts a reply.
    pub fn reply(&self, expert: &str, status: Status) {
        let went = Went { expert: expert.to_owned(), status: name(status) };
        self.replies.get_or_create(&went).inc();
    }

    /// What Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            // Cannot be: a string takes everything.
            let _ = writeln!(text, "# {error}");
        }
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// A status as metrics and logs name it.
#[must_use]
pub fn name(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Unreachable => "unreachable",
        Status::Busy => "busy",
        Status::Refused => "refused",
        Status::UnknownExpert => "unknown_expert",
        Status::Malformed => "malformed",
        Status::TimedOut => "timed_out",
        Status::WrongImage => "wrong_image",
    }
}
