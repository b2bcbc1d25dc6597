//! `mild eval`

use std::path::PathBuf;

use clap::Args;

use super::image::{has_other_classes, must_fit, read_image};
use super::output::Output;
use super::report::page_beside;
use crate::error::Result;
use crate::files;
use crate::intake::config::Config;
use crate::intake::log;
use crate::judge::report;

/// Arguments of `mild eval`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mild eval mild.toml --image out/rejector.mild
  mild eval mild.toml --image out/rejector.mild --threshold 40    as if deferring needed a larger advantage")]
pub(crate) struct EvalArgs {
    /// The configuration of the log (TOML)
    config: PathBuf,
    /// The image to evaluate
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// The seed of the bootstrap intervals, and of the split if the log has none
    #[arg(long)]
    seed: Option<u64>,
    /// Evaluate as if an advantage had to exceed this many score units beyond what the image says,
    /// as the handle of a report does; more than 0 defers less
    #[arg(long, value_name = "SCORE", default_value_t = 0, allow_negative_numbers = true)]
    threshold: i32,
    /// Write the page of the image, too (as `mild report` does)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) fn run(args: &EvalArgs) -> Result<()> {
    let artifact = read_image(&args.image)?;
    let image = artifact.image();
    let mut config = Config::load(&args.config)?;
    // A log without a split column is split by the seed. With another seed than the image's, test
    // rows would be rows that it was trained on.
    config.train.seed = args.seed.unwrap_or(image.provenance().seed);
    let data = log::read(&config)?;
    must_fit(&args.image, &artifact, &data)?;
    let (evaluation, table) =
        report::evaluate_at(&image, &data, &data.test, config.train.seed, args.threshold);
    let mut text = format!("{} test rows:\n{}", table.rows, table.render());
    if image.provenance().log_digest != data.log_digest {
        text += "note: the image was trained on a different log\n";
    }
    if has_other_classes(&artifact, &data) {
        text += "note: the image was trained on a log with other classes\n";
    }
    if let Some(file) = &args.report {
        let page = page_beside(&args.image, &artifact, &config, &data)?;
        files::write(file, page.as_bytes())?;
        text += &format!("report: {}\n", file.display());
    }
    args.output.print(&evaluation, &text)
}
