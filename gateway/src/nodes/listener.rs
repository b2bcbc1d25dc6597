//! Accepts connections from sockets.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::connection::{self, Line};
use crate::context::Context;
use crate::metrics::CloseReason;
use crate::sessions::Dispatcher;

/// The pause after a connection that could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket that nodes connect to.
pub(super) trait Listener {
    type Stream: AsyncRead + AsyncWrite + Send + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = self.accept().await?;
        // Frames are small, and each is waited for.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<UnixStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

/// Accepts connections until the gateway stops, as many at once as there are permits.
pub(super) async fn run<L: Listener>(
    listener: L,
    dispatcher: Arc<Dispatcher>,
    permits: Arc<Semaphore>,
    context: Context,
) {
    loop {
        let accepted = tokio::select! {
            () = context.shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match (accepted, permits.clone().try_acquire_owned()) {
            (Ok(stream), Ok(permit)) => {
                let (dispatcher, context) = (dispatcher.clone(), context.clone());
                let tasks = context.tasks.clone();
                let connection = connection::serve(stream, Line::Socket, dispatcher, context);
                tasks.spawn(async move {
                    connection.await;
                    drop(permit);
                });
            }
            (Ok(_), Err(_)) => context.metrics.closed(CloseReason::ConnectionLimit),
            (Err(error), _) => {
                // Most likely too many open files, which ends when others are closed.
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
