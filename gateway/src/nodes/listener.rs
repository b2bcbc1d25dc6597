//! Accepts connections from sockets.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

use super::admission::{Admission, Admitted};
use super::connection::{self, Line};
use crate::context::Context;
use crate::health::ListenerHealth;
use crate::metrics::CloseReason;
use crate::sessions::Dispatcher;

/// The pause after a connection that could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// A listener works again if accepting has not failed for this long.
const RECOVERY: Duration = Duration::from_secs(1);
/// The time of a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// A socket that nodes connect to.
pub(super) trait Listener: Send + Sync + 'static {
    type Accepted: Send + 'static;
    type Stream: AsyncRead + AsyncWrite + Send + 'static;

    /// The next connection, and where it comes from.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Accepted, Option<IpAddr>)>> + Send;

    /// Makes a connection ready for frames.
    fn open(
        &self,
        accepted: Self::Accepted,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Accepted = TcpStream;
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, Option<IpAddr>)> {
        let (stream, address) = self.accept().await?;
        Ok((stream, Some(address.ip())))
    }

    async fn open(&self, stream: TcpStream) -> io::Result<TcpStream> {
        // Frames are small, and each is waited for.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Listener for UnixListener {
    type Accepted = UnixStream;
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, Option<IpAddr>)> {
        self.accept().await.map(|(stream, _)| (stream, None))
    }

    async fn open(&self, stream: UnixStream) -> io::Result<UnixStream> {
        Ok(stream)
    }
}

/// A TCP socket whose connections use TLS.
pub(super) struct TlsListener {
    pub(super) socket: TcpListener,
    pub(super) config: SharedTls,
}

/// The certificates of a listener, which may be exchanged while it listens.
#[derive(Debug, Clone)]
pub(crate) struct SharedTls(Arc<RwLock<Arc<ServerConfig>>>);

impl SharedTls {
    pub(super) fn new(config: ServerConfig) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(config))))
    }

    fn get(&self) -> Arc<ServerConfig> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Connections from now on see these certificates.
    pub(crate) fn replace(&self, config: ServerConfig) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }
}

impl Listener for TlsListener {
    type Accepted = TcpStream;
    type Stream = TlsStream<TcpStream>;

    async fn accept(&self) -> io::Result<(TcpStream, Option<IpAddr>)> {
        Listener::accept(&self.socket).await
    }

    async fn open(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        stream.set_nodelay(true)?;
        TlsAcceptor::from(self.config.get()).accept(stream).await
    }
}

/// Accepts connections until the gateway stops, as many at once as are admitted.
pub(super) async fn run<L: Listener>(
    listener: L,
    health: Arc<ListenerHealth>,
    dispatcher: Arc<Dispatcher>,
    admission: Arc<Admission>,
    context: Context,
) {
    let listener = Arc::new(listener);
    health.set(true);
    let mut is_failing = false;
    loop {
        let accepted = tokio::select! {
            () = context.shutdown.cancelled() => return health.set(false),
            () = sleep(RECOVERY), if is_failing => {
                is_failing = false;
                health.set(true);
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((accepted, address)) => match admission.admit(address) {
                Ok(admitted) => {
                    let (listener, dispatcher) = (listener.clone(), dispatcher.clone());
                    let served = serve(listener, accepted, admitted, dispatcher, context.clone());
                    context.tasks.spawn(served);
                    tokio::select! {
                        () = context.shutdown.cancelled() => return health.set(false),
                        () = admission.settled() => {}
                    }
                }
                Err(reason) => {
                    tracing::debug!(?address, reason = reason.label(), "refused a connection");
                    context.metrics.closed(reason);
                }
            },
            Err(error) => {
                // Most likely too many open files, which ends when others are closed.
                if !is_failing {
                    tracing::warn!(%error, "cannot accept connections");
                }
                is_failing = true;
                health.set(false);
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve<L: Listener>(
    listener: Arc<L>,
    accepted: L::Accepted,
    admitted: Admitted,
    dispatcher: Arc<Dispatcher>,
    context: Context,
) {
    let opened = tokio::select! {
        () = context.shutdown.cancelled() => return,
        () = admitted.evicted() => return context.metrics.closed(CloseReason::Evicted),
        opened = timeout(HANDSHAKE, listener.open(accepted)) => opened,
    };
    match opened {
        Ok(Ok(stream)) => {
            connection::serve(stream, Line::Socket, dispatcher, context, admitted).await
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "a handshake failed");
            context.metrics.closed(CloseReason::Handshake);
        }
        Err(_) => context.metrics.closed(CloseReason::Handshake),
    }
}
