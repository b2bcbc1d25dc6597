//! Whether experts answer and listeners listen, as `/health`, `/ready`, metrics and log say it.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::config::{ExpertConfig, Transport};
use crate::experts::error::ExpertError;
use crate::metrics::Metrics;

/// An expert is gone after this many requests in a row without an answer.
const FAILURES: u32 = 3;
/// After this time without a request nobody knows whether a gone expert is back.
const MEMORY: Duration = Duration::from_secs(30);

/// How one expert or listener fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// Not asked yet, or not for a while.
    Unknown,
    /// It answers, or listens.
    Up,
    /// It gives no answers, or does not listen.
    Down,
}

/// How everything fares.
#[derive(Debug)]
pub(crate) struct Health {
    metrics: Arc<Metrics>,
    stopping: AtomicBool,
    /// A [`Broker`] as a number.
    broker: AtomicU8,
    experts: Mutex<Vec<Arc<ExpertHealth>>>,
    listeners: Mutex<Vec<Arc<ListenerHealth>>>,
}

const NO_BROKER: u8 = 0;
const BROKER_UP: u8 = 1;
const BROKER_DOWN: u8 = 2;

/// How one expert fares.
#[derive(Debug)]
pub(crate) struct ExpertHealth {
    index: u8,
    name: String,
    needs_broker: bool,
    metrics: Arc<Metrics>,
    latest: Mutex<Latest>,
}

/// The latest outcomes of an expert.
#[derive(Debug, Default)]
struct Latest {
    /// Failures since the last answer.
    failures: u32,
    failed_at: Option<Instant>,
    has_answered: bool,
    is_gone: bool,
}

/// How one listener fares.
#[derive(Debug)]
pub(crate) struct ListenerHealth {
    name: String,
    /// Whether the gateway is not ready without it. A serial port may be away for days.
    is_required: bool,
    is_up: AtomicBool,
    metrics: Arc<Metrics>,
}

/// What `/health` and `/ready` say.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    status: &'static str,
    #[serde(skip)]
    pub(crate) is_healthy: bool,
    #[serde(skip)]
    pub(crate) is_ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    broker: Option<State>,
    experts: Vec<ExpertReport>,
    listeners: Vec<ListenerReport>,
}

#[derive(Debug, Serialize)]
struct ExpertReport {
    index: u8,
    name: String,
    state: State,
    /// Requests without an answer since the last one with an answer.
    failures: u32,
}

#[derive(Debug, Serialize)]
struct ListenerReport {
    name: String,
    state: State,
}

impl Health {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            metrics,
            stopping: AtomicBool::new(false),
            broker: AtomicU8::new(NO_BROKER),
            experts: Mutex::default(),
            listeners: Mutex::default(),
        }
    }

    /// The gateway takes no more requests.
    pub(crate) fn stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether answers can arrive from the broker.
    pub(crate) fn broker(&self, is_up: bool) {
        let state = if is_up { BROKER_UP } else { BROKER_DOWN };
        self.broker.store(state, Ordering::Relaxed);
    }

    pub(crate) fn expert(&self, config: &ExpertConfig) -> Arc<ExpertHealth> {
        let expert = Arc::new(ExpertHealth {
            index: config.index,
            name: config.name.clone(),
            needs_broker: matches!(config.transport, Transport::Mqtt),
            metrics: self.metrics.clone(),
            latest: Mutex::default(),
        });
        lock(&self.experts).push(expert.clone());
        expert
    }

    /// A listener that is down until it says otherwise.
    pub(crate) fn listener(&self, name: String, is_required: bool) -> Arc<ListenerHealth> {
        self.metrics.listener_up(&name, false);
        let metrics = self.metrics.clone();
        let listener =
            Arc::new(ListenerHealth { name, is_required, is_up: AtomicBool::new(false), metrics });
        lock(&self.listeners).push(listener.clone());
        listener
    }

    pub(crate) fn report(&self) -> Report {
        let now = Instant::now();
        let broker = match self.broker.load(Ordering::Relaxed) {
            BROKER_UP => Some(State::Up),
            BROKER_DOWN => Some(State::Down),
            _ => None,
        };
        let experts: Vec<_> =
            lock(&self.experts).iter().map(|expert| expert.report(broker, now)).collect();
        let listeners = lock(&self.listeners);
        let is_healthy =
            listeners.iter().all(|listener| !listener.is_required || listener.state() == State::Up);
        let is_stopping = self.stopping.load(Ordering::Relaxed);
        let can_ask = experts.iter().any(|expert| expert.state != State::Down);
        let is_degraded = experts.iter().any(|expert| expert.state == State::Down)
            || listeners.iter().any(|listener| listener.state() == State::Down);
        let is_ready = is_healthy && can_ask && !is_stopping;
        Report {
            status: match (is_stopping, is_ready, is_degraded) {
                (true, ..) => "stopping",
                (false, false, _) => "not ready",
                (false, true, true) => "degraded",
                (false, true, false) => "ok",
            },
            is_healthy: is_healthy || is_stopping,
            is_ready,
            broker,
            experts,
            listeners: listeners.iter().map(|listener| listener.report()).collect(),
        }
    }
}

impl ExpertHealth {
    /// The expert gave an answer.
    pub(crate) fn answered(&self) {
        let mut latest = lock(&self.latest);
        let is_news = latest.is_gone || !latest.has_answered;
        *latest = Latest { has_answered: true, ..Latest::default() };
        drop(latest);
        if is_news {
            self.metrics.expert_up(&self.name, true);
            tracing::info!(expert = self.name, "an expert is up: it answers");
        }
    }

    /// The expert gave no answer.
    pub(crate) fn failed(&self, error: &ExpertError) {
        // An expert with too much to do is there, and a request that is too long never left.
        if matches!(
            error,
            ExpertError::Busy | ExpertError::QueueFull { .. } | ExpertError::TooLong { .. }
        ) {
            return;
        }
        let mut latest = lock(&self.latest);
        latest.failures = latest.failures.saturating_add(1);
        latest.failed_at = Some(Instant::now());
        let is_news = latest.failures >= FAILURES && !latest.is_gone;
        latest.is_gone |= is_news;
        let failures = latest.failures;
        drop(latest);
        if is_news {
            self.metrics.expert_up(&self.name, false);
            tracing::warn!(expert = self.name, failures, %error, "an expert stopped answering");
        }
    }

    fn report(&self, broker: Option<State>, now: Instant) -> ExpertReport {
        let latest = lock(&self.latest);
        let is_recent = |at: Instant| now.saturating_duration_since(at) < MEMORY;
        let state = if self.needs_broker && broker != Some(State::Up) {
            State::Down
        } else if latest.is_gone {
            // Otherwise a gateway whose experts were away would never be asked again.
            if latest.failed_at.is_some_and(is_recent) { State::Down } else { State::Unknown }
        } else if latest.has_answered {
            State::Up
        } else {
            State::Unknown
        };
        ExpertReport {
            index: self.index,
            name: self.name.clone(),
            state,
            failures: latest.failures,
        }
    }
}

impl ListenerHealth {
    /// Whether nodes can connect.
    pub(crate) fn set(&self, is_up: bool) {
        if self.is_up.swap(is_up, Ordering::Relaxed) != is_up {
            self.metrics.listener_up(&self.name, is_up);
        }
    }

    fn state(&self) -> State {
        if self.is_up.load(Ordering::Relaxed) { State::Up } else { State::Down }
    }

    fn report(&self) -> ListenerReport {
        ListenerReport { name: self.name.clone(), state: self.state() }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic leaves these whole: no update is in several steps that could panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AnswerRange;

    fn health() -> Health {
        Health::new(Arc::new(Metrics::new()))
    }

    fn expert(health: &Health, transport: Transport) -> Arc<ExpertHealth> {
        health.expert(&ExpertConfig {
            index: 1,
            name: "cloud".to_owned(),
            transport,
            answers: AnswerRange::default(),
            timeout: Duration::from_secs(1),
            concurrency: 1,
            queue: 1,
        })
    }

    #[test]
    fn an_expert_is_gone_after_failures_in_a_row_until_it_answers() {
        let health = health();
        let expert = expert(&health, Transport::Onnx { model: "m".into() });
        let state = || health.report().experts[0].state;
        assert_eq!(state(), State::Unknown);
        expert.answered();
        for _ in 0..FAILURES - 1 {
            expert.failed(&ExpertError::Unreachable);
            expert.failed(&ExpertError::Busy);
        }
        assert_eq!(state(), State::Up);
        expert.failed(&ExpertError::Unreachable);
        assert_eq!(state(), State::Down);
        let report = health.report();
        assert!(report.is_healthy && !report.is_ready);
        let later = Instant::now() + MEMORY;
        assert_eq!(expert.report(None, later).state, State::Unknown, "nobody asked lately");
        expert.answered();
        assert_eq!((state(), health.report().status), (State::Up, "ok"));
    }

    #[test]
    fn an_expert_behind_a_broker_is_as_reachable_as_the_broker() {
        let health = health();
        let _expert = expert(&health, Transport::Mqtt);
        health.broker(false);
        assert!(!health.report().is_ready);
        health.broker(true);
        assert!(health.report().is_ready);
        let listener = health.listener("tcp 0.0.0.0:1".to_owned(), true);
        assert!(!health.report().is_healthy);
        listener.set(true);
        assert!(health.report().is_ready);
        health.stopping();
        let report = health.report();
        assert_eq!((report.status, report.is_ready, report.is_healthy), ("stopping", false, true));
    }
}
