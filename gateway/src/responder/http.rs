//! Answering over HTTP.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use tokio::net::TcpListener;

use super::Responder;
use crate::experts::ExpertRequest;

impl Responder {
    /// Answers POST requests to `/` forever. Calls `ready` with the address first. A request
    /// without an answer gets status 422 and the reason.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn serve_http(
        self,
        address: SocketAddr,
        ready: impl FnOnce(SocketAddr),
    ) -> io::Result<()> {
        let listener = TcpListener::bind(address).await?;
        ready(listener.local_addr()?);
        let handler = async |State(expert): State<Arc<Self>>,
                             Json(request): Json<ExpertRequest>| {
            let answer = expert.answer(request).await;
            answer.map(Json).map_err(|error| (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
        };
        let router = Router::new().route("/", post(handler)).with_state(Arc::new(self));
        axum::serve(listener, router).await
    }
}
