//! Starting and stopping a gateway.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::config::Config;
use crate::context::Context;
use crate::experts::{self, ExpertSetupError};
use crate::metrics::endpoint;
use crate::nodes;
use crate::sessions::Dispatcher;

pub use crate::nodes::ListenError;

/// A running gateway.
#[derive(Debug)]
pub struct Server {
    context: Context,
    /// The TCP addresses in the order of the configuration, with the ports that were chosen for 0.
    pub tcp: Vec<SocketAddr>,
    /// The address of the metrics, if they are served.
    pub metrics: Option<SocketAddr>,
}

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nodes cannot connect.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// An expert cannot be set up.
    #[error(transparent)]
    Expert(#[from] ExpertSetupError),
    /// The operating system has no random numbers for sessions.
    #[error("sessions: {0}")]
    Random(getrandom::Error),
    /// Metrics cannot be served.
    #[error("metrics: {address}: {source}")]
    Metrics {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

/// A gateway that had to stop before its last reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the gateway did not finish within {} ms; pending requests: {pending}", drain.as_millis())]
pub struct DrainError {
    /// Requests whose experts had not answered.
    pub pending: i64,
    /// The time that they had.
    pub drain: Duration,
}

impl Server {
    /// Starts to serve nodes.
    ///
    /// # Errors
    /// [`StartError`]: what cannot be set up, and why.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let context = Context::new(config.limits);
        let experts = experts::set_up(&config.experts, config.broker.as_ref(), &context)?;
        if config.keys.is_empty() {
            tracing::warn!(
                "no [keys]: whoever can connect is served in any node's name, and answers are not \
                 signed"
            );
        }
        context.metrics.authentication.set(i64::from(!config.keys.is_empty()));
        let first = getrandom::u64().map_err(StartError::Random)?;
        let (keys, images) = (config.keys, config.images);
        let dispatcher = Arc::new(Dispatcher::new(keys, images, experts, first, context.clone()));
        let metrics = match config.metrics {
            Some(address) => Some(serve_metrics(address, &context).await?),
            None => None,
        };
        let tcp = nodes::listen(config.listen, &dispatcher, &context).await?;
        Ok(Self { context, tcp, metrics })
    }

    /// All metrics, in the format that Prometheus reads.
    #[must_use]
    pub fn render_metrics(&self) -> String {
        self.context.metrics.render()
    }

    /// Takes no more requests, and waits for the pending ones.
    ///
    /// # Errors
    /// [`DrainError`] if they did not end in time.
    pub async fn stop(self) -> Result<(), DrainError> {
        let Context { limits, metrics, tasks, shutdown } = self.context;
        shutdown.cancel();
        tasks.close();
        let drain = limits.drain();
        timeout(drain, tasks.wait())
            .await
            .map_err(|_| DrainError { pending: metrics.pending_requests.get(), drain })
    }
}

async fn serve_metrics(address: SocketAddr, context: &Context) -> Result<SocketAddr, StartError> {
    let error = |source| StartError::Metrics { address, source };
    let listener = TcpListener::bind(address).await.map_err(error)?;
    let bound = listener.local_addr().map_err(error)?;
    let (metrics, shutdown) = (context.metrics.clone(), context.shutdown.clone());
    context.tasks.spawn(endpoint::serve(listener, metrics, shutdown));
    Ok(bound)
}
