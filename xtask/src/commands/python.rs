//! `cargo xtask python …`: the Python package.

use crate::python;
use anyhow::Result;
use clap::{Args, Subcommand};

/// What to do with the Python package.
#[derive(Debug, Subcommand)]
pub(crate) enum PythonCommand {
    /// Build it, and run its tests and the checks of its types
    Test(Passed),
    /// Build it as for users, and measure decisions beside scikit-learn's
    Bench(Passed),
}

/// What is passed on.
#[derive(Debug, Args)]
pub(crate) struct Passed {
    /// Arguments for pytest, or for the script of the bench
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// The command `cargo xtask python …`.
pub(crate) fn python(command: &PythonCommand) -> Result<bool> {
    match command {
        PythonCommand::Test(passed) => python::test(&passed.arguments)?,
        PythonCommand::Bench(passed) => python::bench(&passed.arguments)?,
    }
    Ok(true)
}
