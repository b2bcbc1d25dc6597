//! `mild-gateway serve`.

use std::error::Error;
use std::path::PathBuf;

use clap::Args;
use mild_gateway::config::Config;
use mild_gateway::server::Server;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Configuration file (TOML)
    config: PathBuf,
}

impl ServeArgs {
    pub(super) async fn run(self) -> Result<(), Box<dyn Error>> {
        let config = Config::load(&self.config)?;
        // Before anything listens, so that no signal is missed.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let server = Server::start(config).await?;
        for address in &server.tcp {
            tracing::info!(%address, "listening for nodes");
        }
        if let Some(address) = server.metrics {
            tracing::info!(%address, "serving metrics");
        }
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        Ok(server.stop().await?)
    }
}
