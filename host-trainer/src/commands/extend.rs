//! `mild extend`

use std::path::PathBuf;

use clap::Args;

use super::Output;
use super::train::{Bar, bar, parse_effort, write};
use crate::config::{Config, Effort};
use crate::error::Result;
use crate::log;
use crate::new_expert::{ClassAccuracies, ExtendReport, Extension, check, classes};
use crate::pipeline::train;
use crate::progress::{Progress, Silent};
use crate::store::Forgetful;

/// Arguments of `mild extend`.
#[derive(Debug, Args)]
pub(crate) struct ExtendArgs {
    /// The configuration of the log that the expert is not in (TOML)
    config: PathBuf,
    /// The name of the new expert
    #[arg(long, value_name = "NAME")]
    expert: String,
    /// The price of one use, in units of one error
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true, value_parser = parse_price)]
    cost: f32,
    /// Its answers (CSV): the columns `label` and `right` (1 or 0)
    #[arg(long, value_name = "FILE")]
    answers: PathBuf,
    /// The directory to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seed, in place of the configuration's
    #[arg(long)]
    seed: Option<u64>,
    /// How long to search, in place of the configuration's
    #[arg(long, value_parser = parse_effort, value_name = "quick|normal|thorough")]
    effort: Option<Effort>,
    #[command(flatten)]
    output: Output,
}

fn parse_price(text: &str) -> std::result::Result<f32, String> {
    match text.parse::<f32>() {
        // Adding 0 turns -0 into 0.
        Ok(price) if price.is_finite() && price >= 0.0 => Ok(price + 0.0),
        _ => Err("expected a finite price >= 0".to_owned()),
    }
}

pub(super) fn run(args: &ExtendArgs) -> Result<()> {
    let mut config = Config::load(&args.config)?;
    config.train.seed = args.seed.unwrap_or(config.train.seed);
    config.train.effort = args.effort.unwrap_or(config.train.effort);
    let data = log::read(&config)?;
    check(&config, &data, &args.expert)?;
    let classes = classes(&data);
    let known = ClassAccuracies::of(&log::answers(&args.answers, &classes)?, &classes);
    let quiet = args.output.quiet || args.output.json;
    let progress = |message| -> Box<dyn Progress> {
        if quiet { Box::new(Silent) } else { Box::new(Bar(bar(message, 0))) }
    };
    let old = train(&config, &data, &Forgetful, &*progress("selecting"))?;
    let new = (args.expert.as_str(), args.cost);
    let anew = progress("selecting with the new expert");
    let extension = Extension::new(&old, &config, &data, new, &known, &*anew)?;
    let seed = config.train.seed;
    let report = ExtendReport::new(&extension, known, &config);
    let (trained, data) = extension.into_taken()?;
    write(&args.out, &report, &trained, &data, seed)?;
    let image = args.out.join("rejector.mild");
    args.output.print(&report, &format!("{}written: {}\n", report.render(), image.display()))
}
