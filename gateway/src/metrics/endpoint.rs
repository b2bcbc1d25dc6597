//! `/metrics` and `/health` over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Metrics;

/// Serves metrics until the gateway stops.
pub(crate) async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
) {
    let render = async |State(metrics): State<Arc<Metrics>>| {
        let content_type = "application/openmetrics-text; version=1.0.0";
        ([(CONTENT_TYPE, content_type)], metrics.render())
    };
    let router = Router::new()
        .route("/metrics", get(render))
        .route("/health", get(async || "ok"))
        .with_state(metrics);
    let served = axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "metrics are no longer served");
    }
}
