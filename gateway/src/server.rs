//! Starting and stopping a gateway.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::config::{Config, ExpertConfig, NodeKeys, TlsListen, Transport};
use crate::context::Context;
use crate::experts::{self, ExpertSetupError};
use crate::metrics::endpoint;
use crate::nodes::{self, SharedTls};
use crate::sessions::Dispatcher;
use crate::tls::{self, TlsError};

pub use crate::nodes::ListenError;

/// The time in which broker and metrics must end after the last request.
const BACKGROUND: Duration = Duration::from_secs(1);

/// A running gateway.
#[derive(Debug)]
pub struct Server {
    context: Context,
    /// The TCP addresses in the order of the configuration, with the ports that were chosen for 0.
    pub tcp: Vec<SocketAddr>,
    /// The addresses with TLS in the order of the configuration.
    pub tls: Vec<SocketAddr>,
    /// The address of the metrics, if they are served.
    pub metrics: Option<SocketAddr>,
    dispatcher: Arc<Dispatcher>,
    certificates: Vec<(TlsListen, SharedTls)>,
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
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let context = Context::new(config.limits);
        let experts = experts::set_up(&config.experts, config.broker.as_ref(), &context)?;
        warn_without_keys(&config.keys);
        let first = getrandom::u64().map_err(StartError::Random)?;
        let (keys, images) = (config.keys, config.images);
        let dispatcher = Arc::new(Dispatcher::new(keys, images, experts, first, context.clone()));
        let metrics = match config.metrics {
            Some(address) => {
                let bound = endpoint::serve(address, &context).await;
                Some(bound.map_err(|source| StartError::Metrics { address, source })?)
            }
            None => None,
        };
        let tls_config = config.listen.tls.clone();
        let others = connections_of(&config.experts);
        let listening = nodes::listen(config.listen, others, &dispatcher, &context).await?;
        let tls = listening.tls.iter().map(|(address, _)| *address).collect();
        let certificates = tls_config.into_iter().zip(listening.tls);
        let certificates = certificates.map(|(config, (_, shared))| (config, shared)).collect();
        Ok(Self { context, tcp: listening.tcp, tls, metrics, dispatcher, certificates })
    }

    /// Takes over the keys of a configuration that was read anew, and reads the certificates of the
    /// listeners again. Everything else stays as it was.
    ///
    /// # Errors
    /// [`TlsError`] if a certificate cannot be used; then nothing changes.
    pub fn reload(&self, config: Config) -> Result<(), TlsError> {
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let read = self.certificates.iter().map(|(listen, _)| tls::server(listen));
        let read: Vec<_> = read.collect::<Result<_, _>>()?;
        // From here on nothing can fail.
        for ((_, shared), certificate) in self.certificates.iter().zip(read) {
            shared.replace(certificate);
        }
        warn_without_keys(&config.keys);
        self.dispatcher.replace_keys(config.keys);
        Ok(())
    }

    /// All metrics, in the format that Prometheus reads.
    #[must_use]
    pub fn render_metrics(&self) -> String {
        self.context.metrics.render()
    }

    /// Takes no more requests, and waits for the pending ones. Broker and metrics are there until
    /// the last of them is answered.
    ///
    /// # Errors
    /// [`DrainError`] if they did not end in time.
    pub async fn stop(self) -> Result<(), DrainError> {
        let Context { limits, metrics, health, tasks, shutdown, background, halt } = self.context;
        health.stopping();
        shutdown.cancel();
        tasks.close();
        let drain = limits.drain();
        let drained = timeout(drain, tasks.wait()).await;
        let pending = metrics.pending_requests.get();
        halt.cancel();
        background.close();
        // Whatever is left there owes nobody anything.
        let _ = timeout(BACKGROUND, background.wait()).await;
        drained.map_err(|_| DrainError { pending, drain })
    }
}

fn warn_without_keys(keys: &BTreeMap<u32, NodeKeys>) {
    if keys.is_empty() {
        tracing::warn!(
            "no [keys]: whoever can connect is served in any node's name, and answers are not signed"
        );
    }
}

/// The connections that the gateway itself may open or keep open at once.
fn connections_of(experts: &[ExpertConfig]) -> usize {
    let of_experts = experts.iter().map(|expert| match expert.transport {
        Transport::Http(_) => expert.concurrency,
        Transport::Mqtt | Transport::Onnx { .. } => 1,
    });
    of_experts.fold(endpoint::CONNECTIONS, usize::saturating_add)
}
