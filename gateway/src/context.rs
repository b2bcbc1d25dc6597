//! What the tasks of a gateway share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Limits;
use crate::metrics::Metrics;

/// What the tasks of a gateway share; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    /// All tasks, so that a gateway that stops can wait for them.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the gateway is to stop.
    pub(crate) shutdown: CancellationToken,
}

impl Context {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits: Arc::new(limits),
            metrics: Arc::new(Metrics::new()),
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
        }
    }
}
