//! Serving HTTP with bounds on connections and times.

use std::collections::VecDeque;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The pause after a connection that could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The longest head of a request in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// What a server grants its clients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HttpLimits {
    /// Connections at once. One more ends the oldest of them, so that a crowd of silent connections
    /// cannot keep out who has something to say.
    pub(crate) connections: usize,
    /// The time for the head of a request, and between two requests.
    pub(crate) head: Duration,
    /// The time of a connection, if it is for one request.
    pub(crate) single: Option<Duration>,
    /// The time that requests under way get after a stop.
    pub(crate) drain: Duration,
}

/// Serves until `stop` is cancelled, and then finishes the requests under way.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: HttpLimits,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    let mut oldest: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                oldest.retain(|connection| !connection.is_finished());
                if oldest.len() >= limits.connections
                    && let Some(connection) = oldest.pop_front()
                {
                    connection.abort();
                    // It holds a file until it is dropped.
                    while connections.len() >= limits.connections {
                        connections.join_next().await;
                    }
                }
                // Responses are small, and each is waited for.
                let _ = stream.set_nodelay(true);
                let served = connection(stream, router.clone(), limits, stop.clone());
                oldest.push_back(connections.spawn(served));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept an HTTP connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    let drained = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(limits.drain, drained).await;
}

async fn connection(
    stream: TcpStream,
    router: Router,
    limits: HttpLimits,
    stop: CancellationToken,
) {
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MAX_HEAD)
        .keep_alive(limits.single.is_none())
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let served = async {
        tokio::select! {
            served = connection.as_mut() => served,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    let served = match limits.single {
        Some(limit) => timeout(limit, served).await,
        None => Ok(served.await),
    };
    match served {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "an HTTP connection failed"),
        Err(_) => tracing::debug!("an HTTP connection took too long"),
    }
}
