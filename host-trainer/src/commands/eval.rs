//! `mild eval`

use std::path::PathBuf;

use clap::Args;

use super::image::{has_other_classes, must_fit, read_image};
use super::output::Output;
use super::report::page_beside;
use super::train::chart;
use super::{look, values};
use crate::data::dataset::Dataset;
use crate::error::{Error, Result, list};
use crate::files;
use crate::intake::config::Config;
use crate::intake::log;
use crate::judge::report;

/// Arguments of `mild eval`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mild eval mild.toml --image out/rejector.mild
  mild eval mild.toml --image out/rejector.mild --threshold 40
      as if deferring needed a larger advantage
  mild eval mild.toml --image out/rejector.mild --price cloud=0.3
      as if the cloud cost 0.3")]
pub(crate) struct EvalArgs {
    /// The configuration of the log (TOML)
    config: PathBuf,
    /// The image to evaluate
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// The seed of the bootstrap intervals, and of the split if the log has none
    #[arg(long)]
    seed: Option<u64>,
    /// Raise the image's threshold by this many score units, as the handle of a report does; a number
    /// above 0 defers less
    #[arg(long, value_name = "SCORE", default_value_t = 0, allow_negative_numbers = true)]
    threshold: i32,
    /// Decide and evaluate with this price for one use of the expert, in units of one error; may be
    /// given once for each expert. The image must have probabilities (method `one-vs-all`). If the
    /// log has a price for each row, all of them change by the same factor
    #[arg(long = "price", value_name = "NAME=VALUE", value_parser = values::price)]
    prices: Vec<(String, f64)>,
    /// Also write the report page of the image, as `mild report` does
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
    let prices = prices(args, &data)?;
    let seed = config.train.seed;
    let judged = report::evaluate_with_prices(&image, &data, seed, args.threshold, &prices);
    let (evaluation, table) = judged.map_err(|error| Error::Argument {
        option: "--price",
        found: error.to_string(),
        expected: "an image with probabilities".to_owned(),
    })?;
    let look = look::of_output();
    let mut text = format!("{} test rows:\n{}", table.rows, table.render_for(look));
    if let Ok(points) = report::curve_with_prices(&image, &data, args.threshold, &prices) {
        text += &chart(&points, &evaluation, look);
    }
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

/// The price of each expert that has another one.
fn prices(args: &EvalArgs, data: &Dataset) -> Result<Vec<Option<f64>>> {
    let mut prices = vec![None; data.experts.len()];
    for (name, price) in &args.prices {
        let names = || data.experts.iter().map(|expert| expert.name.as_str());
        let k = names().position(|other| other == name).ok_or_else(|| Error::Argument {
            option: "--price",
            found: format!("the expert `{name}`"),
            expected: format!("one of {}", list(names())),
        })?;
        prices[k] = Some(*price);
    }
    Ok(prices)
}
