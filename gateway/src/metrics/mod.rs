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

use crate::logging;

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    replies: Family<ReplyLabels, Counter>,
    bad_frames: Family<ReasonLabel, Counter>,
    closed_connections: Family<ReasonLabel, Counter>,
    experts_up: Family<ExpertLabel, Gauge>,
    listeners_up: Family<ListenerLabel, Gauge>,
    pub(crate) repeated_requests: Counter,
    pub(crate) sessions: Counter,
    /// 1 if nodes need keys.
    pub(crate) authentication: Gauge,
    pub(crate) encrypted_nodes: Gauge,
    pub(crate) dropped_replies: Counter,
    pub(crate) stray_answers: Counter,
    brokers_up: Family<BrokerLabel, Gauge>,
    two_keys: Family<LastUsedLabel, Gauge>,
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

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ExpertLabel {
    expert: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ListenerLabel {
    listener: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BrokerLabel {
    broker: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LastUsedLabel {
    last_used: &'static str,
}

/// Nodes with two keys, by the key of their latest request since they have two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TwoKeys {
    /// They still use the former key.
    pub(crate) former: i64,
    /// They use the new key.
    pub(crate) new: i64,
    /// They have not asked since.
    pub(crate) none: i64,
}

/// Why the gateway closed a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// There were too many connections.
    ConnectionLimit,
    /// There were too many connections from one address.
    AddressLimit,
    /// It had sent no request yet, and made room for a newer one.
    Evicted,
    /// The TLS handshake failed, or took too long.
    Handshake,
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
            Self::AddressLimit => "address_limit",
            Self::Evicted => "evicted",
            Self::Handshake => "handshake",
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
            experts_up: Family::default(),
            listeners_up: Family::default(),
            repeated_requests: Counter::default(),
            sessions: Counter::default(),
            authentication: Gauge::default(),
            encrypted_nodes: Gauge::default(),
            dropped_replies: Counter::default(),
            stray_answers: Counter::default(),
            brokers_up: Family::default(),
            two_keys: Family::default(),
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
            "Sessions offered to nodes that started, or that come from another gateway",
            metrics.sessions.clone(),
        );
        registry.register(
            "authentication",
            "1 if nodes need keys, 0 if whoever can connect is served and answers are not signed",
            metrics.authentication.clone(),
        );
        registry.register(
            "encrypted_nodes",
            "Nodes that are never served in clear, because all of their keys encrypt",
            metrics.encrypted_nodes.clone(),
        );
        registry.register(
            "nodes_with_two_keys",
            "Nodes with a former and a new key, by the key that they used last",
            metrics.two_keys.clone(),
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
        registry.register(
            "stray_answers",
            "Answers from the broker that no request waited for",
            metrics.stray_answers.clone(),
        );
        registry.register(
            "log_lines_dropped",
            "Lines of the log that were lost, because nobody read them in time or the disk was full",
            logging::dropped_lines(),
        );
        registry.register(
            "expert_up",
            "Whether an expert answers (1) or gave no answer several times in a row (0)",
            metrics.experts_up.clone(),
        );
        registry.register(
            "listener_up",
            "Whether nodes can connect (1) or not (0)",
            metrics.listeners_up.clone(),
        );
        registry.register(
            "broker_up",
            "Whether answers can arrive from the broker (1) or not (0)",
            metrics.brokers_up.clone(),
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
        metrics.two_keys(TwoKeys::default());
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
            FrameError::NotEncrypted => "not_encrypted",
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

    /// How far the nodes with two keys are.
    pub(crate) fn two_keys(&self, TwoKeys { former, new, none }: TwoKeys) {
        for (last_used, nodes) in [("former", former), ("new", new), ("none", none)] {
            self.two_keys.get_or_create(&LastUsedLabel { last_used }).set(nodes);
        }
    }

    /// Whether an expert answers.
    pub(crate) fn expert_up(&self, expert: &str, is_up: bool) {
        let labels = ExpertLabel { expert: expert.to_owned() };
        self.experts_up.get_or_create(&labels).set(i64::from(is_up));
    }

    /// Whether answers can arrive from a broker.
    pub(crate) fn broker_up(&self, broker: &str, is_up: bool) {
        let labels = BrokerLabel { broker: broker.to_owned() };
        self.brokers_up.get_or_create(&labels).set(i64::from(is_up));
    }

    /// Whether nodes can connect at a listener.
    pub(crate) fn listener_up(&self, listener: &str, is_up: bool) {
        let labels = ListenerLabel { listener: listener.to_owned() };
        self.listeners_up.get_or_create(&labels).set(i64::from(is_up));
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// All names, without `mild_gateway_` and without what the format adds.
    fn names() -> BTreeSet<String> {
        let metrics = Metrics::new();
        // A family is shown once it has a member.
        metrics.replied("expert", Status::Ok);
        metrics.bad_frame(FrameError::Checksum);
        metrics.closed(CloseReason::Idle);
        metrics.expert_up("expert", true);
        metrics.broker_up("broker", true);
        metrics.listener_up("listener", true);
        let text = metrics.render();
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE mild_gateway_"));
        types.filter_map(|line| line.split(' ').next().map(str::to_owned)).collect()
    }

    fn read(path: &str) -> String {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// The names behind each `mild_gateway_` in a text.
    fn used(text: &str) -> BTreeSet<String> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let after = text.split("mild_gateway_").skip(1);
        let names = after.map(|rest| rest.split(|c| !is_name(c)).next().unwrap_or_default());
        let base = |name: &str| {
            let ends = ["_total", "_bucket", "_count", "_sum"];
            ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
        };
        names.map(base).collect()
    }

    #[test]
    fn alerts_and_dashboard_use_metrics_that_exist() {
        let names = names();
        for file in ["deploy/alerts.yml", "deploy/grafana.json"] {
            let used = used(&read(file));
            assert!(used.len() > 5, "{file}: {used:?}");
            let lost: Vec<_> = used.difference(&names).collect();
            assert!(lost.is_empty(), "{file}: no such metrics: {lost:?}");
        }
        let dashboard: serde_json::Value =
            serde_json::from_str(&read("deploy/grafana.json")).unwrap();
        assert!(dashboard["panels"].as_array().is_some_and(|panels| !panels.is_empty()));
    }

    #[test]
    fn the_document_lists_every_metric() {
        let page = read("../docs/gateway.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
        let rows = rows.filter_map(|row| row.split(['`', '{']).next()).filter(|row| {
            !row.is_empty() && row.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        });
        let listed: BTreeSet<_> =
            rows.map(|row| row.strip_suffix("_total").unwrap_or(row).to_owned()).collect();
        let names = names();
        let missing: Vec<_> = names.difference(&listed).collect();
        assert!(missing.is_empty(), "docs/gateway.md lacks {missing:?}");
    }
}
