//! The program `mild-gateway`.

mod cli;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use mild_gateway::logging;

#[tokio::main]
async fn main() -> ExitCode {
    let result = cli::Program::parse().run().await;
    logging::flush();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not `eprintln`, which panics if nobody can take the line.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
