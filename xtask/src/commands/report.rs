//! `cargo xtask report …`: the pages that `mild` writes.

use crate::browser;
use anyhow::Result;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do with reports.
#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// Write reports and look at them in a browser without a window; screenshots stay under
    /// target/report
    Test(ReportTestArgs),
    /// Draw the picture of a report that README shows, docs/report.svg
    Picture(PictureArgs),
}

/// Of which logs.
#[derive(Debug, Args)]
pub(crate) struct ReportTestArgs {
    /// Also of real logs, from $MILD_DATA or ../shared/data
    #[arg(long)]
    real: bool,
    /// The program `mild`, if it is built already
    #[arg(long, value_name = "FILE")]
    mild: Option<PathBuf>,
}

/// With which program.
#[derive(Debug, Args)]
pub(crate) struct PictureArgs {
    /// The program `mild`, if it is built already
    #[arg(long, value_name = "FILE")]
    mild: Option<PathBuf>,
}

/// The command `cargo xtask report …`.
pub(crate) fn report(command: &ReportCommand) -> Result<bool> {
    match command {
        ReportCommand::Test(args) => {
            let tally = browser::check(args.real, args.mild.as_deref())?;
            println!("\n{tally}");
            Ok(tally.failed == 0)
        }
        ReportCommand::Picture(args) => {
            println!("{}", browser::draw(args.mild.as_deref())?.display());
            Ok(true)
        }
    }
}
