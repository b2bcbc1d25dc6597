//! `cargo xtask release …`: what a release takes.

use crate::{
    release,
    toolchain::{Choice, Toolchains},
};
use anyhow::Result;
use clap::Subcommand;

/// What to do for a release.
#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    /// Check versions, packages, sets of cargo features, the minimum compiler, and what breaks
    Check,
}

/// The command `cargo xtask release …`.
pub(crate) fn release(command: &ReleaseCommand) -> Result<bool> {
    let ReleaseCommand::Check = command;
    let tally = release::check(&mut Toolchains::new(Choice::Auto));
    println!("\n{tally}");
    Ok(tally.failed == 0)
}
