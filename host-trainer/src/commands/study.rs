//! `mild study`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::output::Output;
use super::{progress, values};
use crate::error::{Error, Result};
use crate::experiments::study::{guarantees, new_expert};
use crate::intake::config::{Config, Effort, Method};
use crate::intake::log;
use crate::learn::store::Forgetful;

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
    /// What an expert is worth that is left out of a log and comes back by some of its labelled answers
    NewExpert(NewExpertArgs),
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
    #[arg(long, value_delimiter = ',', default_value = "0.1,0.3", value_parser = values::rate)]
    rates: Vec<f64>,
    /// The confidence of the promises
    #[arg(long, default_value_t = 0.95, value_parser = parse_confidence)]
    confidence: f64,
    /// Seed of the splits
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How long each training searches
    #[arg(long, value_parser = values::effort, default_value = "quick", value_name = "quick|normal|thorough")]
    effort: Effort,
    #[command(flatten)]
    output: Output,
}

/// Arguments of `mild study new-expert`.
#[derive(Debug, Args)]
struct NewExpertArgs {
    /// The configurations of the logs (TOML)
    #[arg(required = true)]
    configs: Vec<PathBuf>,
    /// The expert to leave out; without it each but `local` in turn
    #[arg(long, value_name = "NAME")]
    expert: Option<String>,
    /// Numbers of answers that it comes back by
    #[arg(long, value_delimiter = ',', default_value = "10,30,100,300", value_parser = parse_answers)]
    answers: Vec<usize>,
    /// Trainings, and draws of answers, with seeds from the configuration's on
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// The method, in place of the configurations'
    #[arg(long, value_parser = parse_method)]
    method: Option<Method>,
    /// How long each training searches
    #[arg(long, value_parser = values::effort, default_value = "quick", value_name = "quick|normal|thorough")]
    effort: Effort,
    #[command(flatten)]
    output: Output,
}

fn parse_answers(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(answers) if answers > 0 => Ok(answers),
        _ => Err("expected a number of answers from 1 on".to_owned()),
    }
}

fn parse_method(text: &str) -> std::result::Result<Method, String> {
    text.parse().map_err(|error: Error| error.to_string())
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
        Study::NewExpert(args) => new_expert(args),
    }
}

/// A log is known by the directory of its configuration.
fn name(path: &Path) -> String {
    let directory = path.parent().and_then(Path::file_name);
    directory.unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn guarantees(args: &GuaranteesArgs) -> Result<()> {
    let mut logs = Vec::new();
    for path in &args.configs {
        let mut config = Config::load(path)?;
        config.train.effort = args.effort;
        let data = log::read(&config)?;
        let progress = progress::shown("training", args.output.quiet);
        logs.push(guarantees::Log::new(name(path), &config, &data, &Forgetful, &*progress)?);
    }
    let progress = progress::shown("dealing", args.output.quiet);
    let GuaranteesArgs { rates, confidence, seed, .. } = args;
    let splits = args.splits as usize;
    let study = guarantees::study(&logs, rates, splits, *confidence, *seed, &*progress);
    args.output.print(&study, &study.render())
}

fn new_expert(args: &NewExpertArgs) -> Result<()> {
    let mut read = Vec::new();
    for path in &args.configs {
        let mut config = Config::load(path)?;
        config.train.effort = args.effort;
        config.rejector.method = args.method.unwrap_or(config.rejector.method);
        // Promises rest on real answers.
        config.policy = None;
        let data = log::read(&config)?;
        read.push((name(path), config, data));
    }
    let mut logs = Vec::new();
    for (name, config, data) in &read {
        for expert in new_expert::experts(config, data, args.expert.as_deref())? {
            let (name, config) = (name.clone(), config.clone());
            logs.push(new_expert::Log { name, config, data, expert });
        }
    }
    let progress = progress::shown("training", args.output.quiet);
    let study = new_expert::study(&logs, &args.answers, args.seeds, &*progress)?;
    args.output.print(&study, &study.render())
}
