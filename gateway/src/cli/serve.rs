//! `mild-gateway serve`.

use std::error::Error;
use std::path::PathBuf;

use clap::Args;
use mild_gateway::config::Config;
use mild_gateway::server::Server;
use tokio::signal::unix::{SignalKind, signal};

use super::signals::StopSignals;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Configuration file (TOML)
    config: PathBuf,
}

impl ServeArgs {
    pub(super) async fn run(self) -> Result<(), Box<dyn Error>> {
        // Before anything else, so that no signal is missed, and none ends a start by surprise.
        let mut stop = StopSignals::listen()?;
        let mut reload = signal(SignalKind::hangup())?;
        let config = Config::load(&self.config)?;
        let server = Server::start(config).await?;
        for address in &server.tcp {
            tracing::info!(%address, "listening for nodes");
        }
        for address in &server.tls {
            tracing::info!(%address, "listening for nodes with TLS");
        }
        if let Some(address) = server.metrics {
            tracing::info!(%address, "serving metrics");
        }
        loop {
            tokio::select! {
                () = stop.received() => break,
                _ = reload.recv() => self.reload(&server),
            }
        }
        tracing::info!("stopping");
        Ok(server.stop().await?)
    }

    /// Reads keys and certificates again. A configuration with an error changes nothing.
    fn reload(&self, server: &Server) {
        let reloaded = Config::load(&self.config).map_err(|error| error.to_string());
        let reloaded =
            reloaded.and_then(|config| server.reload(config).map_err(|error| error.to_string()));
        match reloaded {
            Ok(()) => tracing::info!("reloaded keys and certificates"),
            Err(error) => tracing::error!(error, "cannot reload; going on as before"),
        }
    }
}
