//! What the tasks of a gateway share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Limits;
use crate::health::Health;
use crate::metrics::Metrics;

/// What the tasks of a gateway share; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Arc<Health>,
    /// Listeners, connections and requests, so that a gateway that stops can wait for them.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the gateway is to take no more requests.
    pub(crate) shutdown: CancellationToken,
    /// What requests need until the last of them is answered: the broker, and the metrics.
    pub(crate) background: TaskTracker,
    /// Cancelled when no request is left, or no time.
    pub(crate) halt: CancellationToken,
}

impl Context {
    pub(crate) fn new(limits: Limits) -> Self {
        let metrics = Arc::new(Metrics::new());
        Self {
            limits: Arc::new(limits),
            health: Arc::new(Health::new(metrics.clone())),
            metrics,
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            background: TaskTracker::new(),
            halt: CancellationToken::new(),
        }
    }
}
