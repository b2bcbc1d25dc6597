//! `mild check`

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::output::Output;
use crate::error::{Error, Result};
use crate::intake::config::Config;
use crate::intake::log;
use crate::intake::warnings::warnings;
use crate::judge::report::check::CheckReport;
use crate::pipeline;

/// Arguments of `mild check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads the whole log and trains nothing. The exit status is 0 if the log can be
trained on, with or without warnings. It is 1 if not, or if there are warnings
and --deny-warnings is given.

Examples:
  mild check mild.toml
  mild check mild.toml --deny-warnings --quiet    for a script")]
pub(crate) struct CheckArgs {
    /// The configuration of the log (TOML)
    config: PathBuf,
    /// Fail if anything looks wrong
    #[arg(long)]
    deny_warnings: bool,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) fn run(args: &CheckArgs) -> Result<()> {
    let config = Config::load(&args.config)?;
    let begin = Instant::now();
    let data = log::survey(&config)?;
    let seconds = begin.elapsed().as_secs_f64();
    pipeline::check(&config, &data)?;
    // Standard input has gone by.
    let header = match config.data.log.is_standard_input() {
        true => None,
        false => Some(log::header(&config)?),
    };
    let report = CheckReport::new(&config, header.as_ref(), &data, warnings(&config, &data)?);
    args.output.print(&report, &report.render(seconds))?;
    match report.warnings.len() {
        found if found > 0 && args.deny_warnings => {
            Err(Error::Warnings { log: config.data.log.name(), found })
        }
        _ => Ok(()),
    }
}
