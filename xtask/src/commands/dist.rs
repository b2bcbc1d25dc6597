//! `cargo xtask dist …`: the packages of the C library.

use crate::{
    dist, programs,
    toolchain::{Choice, Toolchains},
    verdict::Tally,
};
use anyhow::Result;
use clap::{Args, Subcommand};
use std::{fs, path::PathBuf};

/// How to make the packages, and whether to test them.
#[derive(Debug, Args)]
pub(crate) struct DistArgs {
    #[command(subcommand)]
    command: Option<DistCommand>,
    /// The program `mild`, if it is built already
    #[arg(long, value_name = "FILE", global = true)]
    mild: Option<PathBuf>,
    /// The compiler to build the libraries with
    #[arg(long, value_enum, default_value_t, global = true)]
    toolchain: Choice,
}

/// What to do besides making the packages.
#[derive(Debug, Subcommand)]
pub(crate) enum DistCommand {
    /// Unpack them, look at them, build against them, and run what was built
    Test,
}

/// The command `cargo xtask dist …`.
pub(crate) fn dist(args: &DistArgs) -> Result<bool> {
    if let Some(DistCommand::Test) = args.command {
        let tally = run_checks(args.mild.clone(), args.toolchain)?;
        println!("\n{tally}");
        return Ok(tally.failed == 0);
    }
    let mild = args.mild.clone().map_or_else(programs::mild, Ok)?;
    for package in dist::make(&mild, &mut Toolchains::new(args.toolchain))? {
        let bytes = fs::metadata(&package.archive)?.len();
        println!("{}: {} KiB", package.archive.display(), bytes / 1024);
    }
    Ok(true)
}

/// Makes all packages and tests them. `mild`: the program, if it is built already.
pub(crate) fn run_checks(mild: Option<PathBuf>, toolchain: Choice) -> Result<Tally> {
    let mild = mild.map_or_else(programs::mild, Ok)?;
    dist::check(&mild, &mut Toolchains::new(toolchain))
}
