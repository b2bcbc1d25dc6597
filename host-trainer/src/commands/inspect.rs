//! `mild inspect`

use std::path::PathBuf;

use clap::Args;

use super::image::read_image;
use super::output::Output;
use crate::error::Result;
use crate::intake::config::Config;
use crate::intake::log;
use crate::intake::warnings::warnings;
use crate::judge::report::ImageReport;
use crate::judge::report::imbalance::LogReport;

/// Arguments of `mild inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// An image, or the configuration (TOML) of a log
    file: PathBuf,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) fn run(args: &InspectArgs) -> Result<()> {
    if args.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
        let config = Config::load(&args.file)?;
        let data = log::survey(&config)?;
        let report = LogReport::new(&data, warnings(&config, &data)?);
        return args.output.print(&report, &report.render());
    }
    let artifact = read_image(&args.file)?;
    let report = ImageReport::new(&artifact.image());
    args.output.print(&report, &report.render())
}
