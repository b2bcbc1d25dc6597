//! `mild study`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Output;
use super::train::{Bar, bar, parse_effort};
use crate::config::{Config, Effort};
use crate::error::Result;
use crate::log;
use crate::progress::{Progress, Silent};
use crate::store::Forgetful;
use crate::study::guarantees;

/// Arguments of `mild study`.
#[derive(Debug, Args)]
pub(crate) struct StudyArgs {
    #[command(subcommand)]
    study: Study,
}

#[derive(Debug, Subcommand)]
enum Study {
    /// How often promised limits are broken over random splits, beside the bare threshold
    Guarantees(GuaranteesArgs),
}

/// Arguments of `mild study guarantees`.
#[derive(Debug, Args)]
struct GuaranteesArgs {
    /// The configurations of the logs (TOML)
    #[arg(required = true)]
    configs: Vec<PathBuf>,
    /// Random splits of each log
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    splits: u32,
    /// The deferral rates to promise
    #[arg(long, value_delimiter = ',', default_value = "0.1,0.3")]
    rates: Vec<f64>,
    /// The confidence of the promises
    #[arg(long, default_value_t = 0.95, value_parser = parse_confidence)]
    confidence: f64,
    /// Seed of the splits
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How long each training searches
    #[arg(long, value_parser = parse_effort, default_value = "quick", value_name = "quick|normal|thorough")]
    effort: Effort,
    #[command(flatten)]
    output: Output,
}

fn parse_confidence(text: &str) -> std::result::Result<f64, String> {
    match text.parse() {
        Ok(confidence) if (0.5..1.0).contains(&confidence) => Ok(confidence),
        _ => Err("expected a number of 0.5 to below 1".to_owned()),
    }
}

pub(super) fn run(args: &StudyArgs) -> Result<()> {
    match &args.study {
        Study::Guarantees(args) => guarantees(args),
    }
}

fn guarantees(args: &GuaranteesArgs) -> Result<()> {
    let mut logs = Vec::new();
    for path in &args.configs {
        let mut config = Config::load(path)?;
        config.train.effort = args.effort;
        let data = log::read(&config)?;
        let quiet = args.output.quiet || args.output.json;
        let progress: &dyn Progress = if quiet { &Silent } else { &Bar(bar("training", 0)) };
        let name = path.parent().and_then(|directory| directory.file_name());
        let name = name.unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        logs.push(guarantees::Log::new(name, &config, &data, &Forgetful, progress)?);
    }
    let study =
        guarantees::study(&logs, &args.rates, args.splits as usize, args.confidence, args.seed);
    args.output.print(&study, &study.render())
}
