//! Counters for Prometheus. `docs/gateway.md` lists them.

pub(crate) mod endpoint;

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};

use mild::wire::{FrameError, Status};
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram,
};
use prometheus_client::registry::Registry;

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    replies: Family<ReplyLabels, Counter>,
    bad_frames: Family<ReasonLabel, Counter>,
    closed_connections: Family<ReasonLabel, Counter>,
    pub(crate) repeated_requests: Counter,
    pub(crate) sessions: Counter,
    /// 1 if nodes need keys.
    pub(crate) authentication: Gauge,
    pub(crate) dropped_replies: Counter,
    pub(crate) connections: Gauge,
    pub(crate) pending_requests: Gauge,
    pub(crate) request_duration: Histogram,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReplyLabels {
    /// The expert's name; empty if the request was refused before an expert was chosen.
    expert: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

/// Why the gateway closed a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// There were too many connections.
    ConnectionLimit,
    /// A frame did not arrive in time.
    FrameTimeout,
    /// Nothing arrived for a long time.
    Idle,
    /// The gateway stops.
    Shutdown,
    /// The node did not take its replies.
    SlowReader,
}

impl CloseReason {
    /// The reason's name in metrics and logs.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::ConnectionLimit => "connection_limit",
            Self::FrameTimeout => "frame_timeout",
            Self::Idle => "idle",
            Self::Shutdown => "shutdown",
            Self::SlowReader => "slow_reader",
        }
    }
}

impl Metrics {
    /// All counters at zero.
    pub(crate) fn new() -> Self {
        let start_time = Gauge::<f64, AtomicU64>::default();
        start_time.set(
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()),
        );
        let mut metrics = Self {
            registry: Registry::with_prefix("mild_gateway"),
            replies: Family::default(),
            bad_frames: Family::default(),
            closed_connections: Family::default(),
            repeated_requests: Counter::default(),
            sessions: Counter::default(),
            authentication: Gauge::default(),
            dropped_replies: Counter::default(),
            connections: Gauge::default(),
            pending_requests: Gauge::default(),
            request_duration: Histogram::new([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]),
        };
        let registry = &mut metrics.registry;
        registry.register(
            "replies",
            "Replies to new requests, by expert and status",
            metrics.replies.clone(),
        );
        registry.register(
            "bad_frames",
            "Frames that could not be read or verified, by reason",
            metrics.bad_frames.clone(),
        );
        registry.register(
            "repeated_requests",
            "Requests whose expert was not asked again",
            metrics.repeated_requests.clone(),
        );
        registry.register(
            "sessions",
            "Sessions offered to nodes that began or came from elsewhere",
            metrics.sessions.clone(),
        );
        registry.register(
            "authentication",
            "1 if nodes need keys, 0 if whoever can connect is served and answers are not signed",
            metrics.authentication.clone(),
        );
        registry.register(
            "dropped_replies",
            "Replies dropped because too many waited for their connection",
            metrics.dropped_replies.clone(),
        );
        registry.register(
            "closed_connections",
            "Connections that the gateway closed, by reason",
            metrics.closed_connections.clone(),
        );
        registry.register("connections", "Open connections", metrics.connections.clone());
        registry.register(
            "pending_requests",
            "Requests that wait for an expert's answer",
            metrics.pending_requests.clone(),
        );
        registry.register(
            "request_duration_seconds",
            "Time from a request to its expert's answer or failure, queueing included",
            metrics.request_duration.clone(),
        );
        registry.register(
            "start_time_seconds",
            "When the gateway started, in seconds since the Unix epoch",
            start_time,
        );
        metrics
    }

    /// Counts a frame that could not be read or verified.
    pub(crate) fn bad_frame(&self, error: FrameError) {
        let reason = match error {
            FrameError::TooLong { .. } => "too_long",
            FrameError::Cobs | FrameError::TooShort { .. } => "truncated",
            FrameError::Checksum => "checksum",
            FrameError::Version { .. } => "version",
            FrameError::Encrypted => "encrypted",
            FrameError::Message | FrameError::Trailing { .. } => "message",
            FrameError::Unsigned => "unsigned",
            FrameError::WrongKey => "wrong_key",
            _ => "other",
        };
        self.bad_frames.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Counts a connection that the gateway closed.
    pub(crate) fn closed(&self, reason: CloseReason) {
        self.closed_connections.get_or_create(&ReasonLabel { reason: reason.label() }).inc();
    }

    /// Counts a reply to a new request.
    pub(crate) fn replied(&self, expert: &str, status: Status) {
        let labels = ReplyLabels { expert: expert.to_owned(), status: status_label(status) };
        self.replies.get_or_create(&labels).inc();
    }

    /// Everything in the format that Prometheus reads.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "# {error}");
        }
        text
    }
}

/// The name of a status in metrics, logs and reports.
pub(crate) fn status_label(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Unreachable => "unreachable",
        Status::Busy => "busy",
        Status::Refused => "refused",
        Status::UnknownExpert => "unknown_expert",
        Status::Malformed => "malformed",
        Status::TimedOut => "timed_out",
        Status::WrongImage => "wrong_image",
        Status::UnknownSession => "unknown_session",
        Status::NameUsed => "name_used",
    }
}
