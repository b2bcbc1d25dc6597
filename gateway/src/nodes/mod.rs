//! Where nodes connect: TCP, Unix sockets and serial ports.

mod admission;
mod budget;
mod connection;
mod listener;
mod serial;
mod socket;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::config::Listen;
use crate::context::Context;
use crate::sessions::Dispatcher;
use crate::tls::{self, TlsError};
use admission::Admission;
pub(crate) use listener::SharedTls;
use listener::{Listener, TlsListener};

/// Why nodes cannot connect.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The gateway cannot listen on a TCP address.
    #[error("listen.tcp: {address}: {source}")]
    Tcp {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The gateway cannot listen on a Unix socket.
    #[error("listen.unix: {}: {source}", path.display())]
    Unix {
        /// The path of the socket.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The certificates of an address cannot be used.
    #[error("listen.tls: {address}: {source}")]
    Tls {
        /// The address.
        address: SocketAddr,
        /// What is wrong with them.
        source: TlsError,
    },
}

/// Where the gateway listens.
#[derive(Debug, Default)]
pub(crate) struct Listening {
    /// The TCP addresses in the order of the configuration.
    pub(crate) tcp: Vec<SocketAddr>,
    /// The addresses with TLS, in the order of the configuration, and their certificates.
    pub(crate) tls: Vec<(SocketAddr, SharedTls)>,
}

/// Starts to listen everywhere. `others` is the number of connections that the gateway itself
/// needs.
pub(crate) async fn listen(
    listen: Listen,
    others: usize,
    dispatcher: &Arc<Dispatcher>,
    context: &Context,
) -> Result<Listening, ListenError> {
    let limits = &context.limits;
    let total = budget::connections(limits.connections, others);
    let admission = Admission::new(total, limits.connections_per_address.min(total));
    let start = Start { dispatcher, admission, context };
    let mut listening = Listening::default();
    for address in listen.tcp {
        let (socket, bound) = bind(address).await?;
        start.listener(format!("tcp {bound}"), socket);
        listening.tcp.push(bound);
    }
    for config in listen.tls {
        let certificates = tls::server(&config);
        let certificates =
            certificates.map_err(|source| ListenError::Tls { address: config.address, source })?;
        let (socket, bound) = bind(config.address).await?;
        let certificates = SharedTls::new(certificates);
        let listener = TlsListener { socket, config: certificates.clone() };
        start.listener(format!("tls {bound}"), listener);
        listening.tls.push((bound, certificates));
    }
    for path in listen.unix {
        let name = format!("unix {}", path.display());
        let socket = socket::bind(&path).map_err(|source| ListenError::Unix { path, source })?;
        start.listener(name, socket);
    }
    for port in listen.serial {
        let health = context.health.listener(format!("serial {}", port.path), false);
        context.tasks.spawn(serial::run(port, health, dispatcher.clone(), context.clone()));
    }
    Ok(listening)
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ListenError> {
    let error = |source| ListenError::Tcp { address, source };
    let socket = TcpListener::bind(address).await.map_err(error)?;
    let bound = socket.local_addr().map_err(error)?;
    Ok((socket, bound))
}

/// What every listener shares.
struct Start<'a> {
    dispatcher: &'a Arc<Dispatcher>,
    admission: Arc<Admission>,
    context: &'a Context,
}

impl Start<'_> {
    fn listener(&self, name: String, listener: impl Listener) {
        let Self { dispatcher, admission, context } = self;
        let health = context.health.listener(name, true);
        let (dispatcher, admission) = ((*dispatcher).clone(), admission.clone());
        let run = listener::run(listener, health, dispatcher, admission, (*context).clone());
        context.tasks.spawn(run);
    }
}
