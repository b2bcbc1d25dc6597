//! Answering over HTTP.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Responder;
use crate::experts::{ExpertRequest, MAX_DOCUMENT};
use crate::http_server::{self, HttpLimits};

const LIMITS: HttpLimits = HttpLimits {
    connections: 512,
    head: Duration::from_secs(60),
    single: None,
    drain: Duration::from_secs(5),
};

impl Responder {
    /// Answers POST requests to `/` until `stop` is cancelled. Calls `ready` with the address
    /// first. A request without an answer gets status 422 and the reason.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn serve_http(
        self,
        address: SocketAddr,
        ready: impl FnOnce(SocketAddr),
        stop: CancellationToken,
    ) -> io::Result<()> {
        let listener = TcpListener::bind(address).await?;
        ready(listener.local_addr()?);
        let handler = async |State(expert): State<Arc<Self>>,
                             Json(request): Json<ExpertRequest>| {
            let answer = expert.answer(request).await;
            answer.map(Json).map_err(|error| (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
        };
        let router = Router::new()
            .route("/", post(handler))
            .layer(DefaultBodyLimit::max(MAX_DOCUMENT))
            .with_state(Arc::new(self));
        http_server::serve(listener, router, LIMITS, stop).await;
        Ok(())
    }
}
