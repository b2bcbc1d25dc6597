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
    let checks = release::check(&mut Toolchains::new(Choice::Auto));
    println!("\n{}", checks.tally);
    for unchecked in &checks.unchecked {
        println!("NOT CHECKED: {unchecked}");
    }
    Ok(checks.tally.failed == 0)
}
