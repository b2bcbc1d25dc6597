//! `mild inspect`

use std::path::PathBuf;

use clap::Args;

use super::{Output, read_image};
use crate::error::Result;
use crate::report::ImageReport;

/// Arguments of `mild inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The image
    image: PathBuf,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &InspectArgs) -> Result<()> {
    let artifact = read_image(&args.image)?;
    let report = ImageReport::new(&artifact.image());
    args.output.print(&report, &report.render())
}
