//! Where nodes connect: TCP, Unix sockets and serial ports.

mod connection;
mod listener;
mod serial;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;

use crate::config::Listen;
use crate::context::Context;
use crate::sessions::Dispatcher;

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
}

/// Starts to listen everywhere, and returns the TCP addresses in the order of the configuration.
pub(crate) async fn listen(
    listen: Listen,
    dispatcher: &Arc<Dispatcher>,
    context: &Context,
) -> Result<Vec<SocketAddr>, ListenError> {
    let permits = Arc::new(Semaphore::new(context.limits.connections));
    let mut addresses = Vec::with_capacity(listen.tcp.len());
    for address in listen.tcp {
        let error = |source| ListenError::Tcp { address, source };
        let socket = TcpListener::bind(address).await.map_err(error)?;
        addresses.push(socket.local_addr().map_err(error)?);
        let (dispatcher, permits) = (dispatcher.clone(), permits.clone());
        context.tasks.spawn(listener::run(socket, dispatcher, permits, context.clone()));
    }
    for path in listen.unix {
        // A socket that an earlier gateway left behind.
        if std::os::unix::net::UnixStream::connect(&path).is_err() {
            let _ = std::fs::remove_file(&path);
        }
        let socket =
            UnixListener::bind(&path).map_err(|source| ListenError::Unix { path, source })?;
        let (dispatcher, permits) = (dispatcher.clone(), permits.clone());
        context.tasks.spawn(listener::run(socket, dispatcher, permits, context.clone()));
    }
    for port in listen.serial {
        context.tasks.spawn(serial::run(port, dispatcher.clone(), context.clone()));
    }
    Ok(addresses)
}
