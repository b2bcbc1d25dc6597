//! `mild demo`

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{Output, print_all};
use super::train::{Page, Results, train_and_write};
use crate::error::Result;
use crate::files;
use crate::intake::config::Config;
use crate::intake::{demo, log};

/// Arguments of `mild demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mild demo
  mild demo --out wine
      also writes the log and its configuration, to try other commands on")]
pub(crate) struct DemoArgs {
    /// Write the log, its configuration, the image, the report and golden vectors to this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The seed of the training
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) fn run(args: &DemoArgs) -> Result<()> {
    let files = demo::wine();
    let mut config = Config::parse(&files.config, Path::new("wine.toml"))?;
    config.train.seed = args.seed;
    let data = log::read_from(files.csv.as_bytes(), Path::new("wine.csv"), &config)?;
    if let Some(out) = &args.out {
        (config.path, config.data.log) = (out.join("wine.toml"), out.join("wine.csv").into());
        files::write(&out.join("wine.csv"), files.csv.as_bytes())?;
        files::write(&out.join("wine.toml"), files.config.as_bytes())?;
    }
    if !args.output.quiet && !args.output.json {
        print_all(&introduction(&data))?;
    }
    let results =
        args.out.as_deref().map(|out| Results { directory: out, page: Page::Written, onnx: None });
    train_and_write(&config, &data, Vec::new(), results, args.output)
}

fn introduction(data: &crate::data::dataset::Dataset) -> String {
    let prices: Vec<String> = data
        .experts
        .iter()
        .map(|expert| format!("{} {}", expert.name, expert.mean_price))
        .collect();
    format!(
        "A node in a wine tank judges the band of acidity from three probes, or asks an\n\
         expert. Log: {} wines for training, {} for calibration, {} for testing.\n\
         Measurements and answers are real (experts are cross-fitted). Prices are made\n\
         up, in units of one error: {}.\n\n",
        data.train.rows(),
        data.calibration.rows(),
        data.test.rows(),
        prices.join(", "),
    )
}
