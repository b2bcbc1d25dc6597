//! The command line: one file for each subcommand.

mod broker;
mod expert;
mod load;
mod serve;
mod signals;

use std::error::Error;

use clap::{Parser, Subcommand};
use mild_gateway::logging;

/// Carry deferrals from nodes to experts, and the answers back
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "RUST_LOG sets the log level: error, warn, info (default), debug or trace."
)]
pub(crate) struct Program {
    /// Write the log as JSON, one event per line
    #[arg(long, global = true)]
    log_json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a gateway until SIGTERM or SIGINT
    Serve(serve::ServeArgs),
    /// Answer as an expert, from a column of a deferral log or with an ONNX model
    Expert(Box<expert::ExpertArgs>),
    /// Send requests from many nodes, and report rate and latency
    Load(load::LoadArgs),
}

impl Program {
    pub(crate) async fn run(self) -> Result<(), Box<dyn Error>> {
        logging::start(self.log_json);
        match self.command {
            Command::Serve(args) => args.run().await,
            Command::Expert(args) => args.run().await,
            Command::Load(args) => args.run().await,
        }
    }
}
