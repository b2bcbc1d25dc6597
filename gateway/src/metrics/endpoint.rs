//! `/metrics`, `/health` and `/ready` over HTTP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::TcpListener;

use crate::context::Context;
use crate::health::Report;
use crate::http_server::{self, HttpLimits};

/// A request for metrics is short, and so is its connection.
const LIMITS: HttpLimits = HttpLimits {
    connections: CONNECTIONS,
    head: Duration::from_secs(5),
    single: Some(Duration::from_secs(10)),
    drain: Duration::from_millis(500),
};

/// Connections for metrics at once.
pub(crate) const CONNECTIONS: usize = 32;

/// Serves metrics until the gateway has stopped. Returns the address, with the port that was chosen
/// for 0.
pub(crate) async fn serve(address: SocketAddr, context: &Context) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .with_state(context.clone());
    // Also while the gateway drains.
    let served = http_server::serve(listener, router, LIMITS, context.halt.clone());
    context.background.spawn(served);
    Ok(bound)
}

async fn metrics(
    State(context): State<Context>,
) -> ([(axum::http::HeaderName, &'static str); 1], String) {
    let content_type = "application/openmetrics-text; version=1.0.0";
    ([(CONTENT_TYPE, content_type)], context.metrics.render())
}

/// Whether the gateway works; if not, starting it again may help.
async fn health(State(context): State<Context>) -> (StatusCode, Json<Report>) {
    let report = context.health.report();
    (status(report.is_healthy), Json(report))
}

/// Whether nodes should be sent here.
async fn ready(State(context): State<Context>) -> (StatusCode, Json<Report>) {
    let report = context.health.report();
    (status(report.is_ready), Json(report))
}

fn status(is_good: bool) -> StatusCode {
    if is_good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}
