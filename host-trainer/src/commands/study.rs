//! `mild study`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::output::{Output, print_all};
use super::{progress, values};
use crate::error::{Error, Result};
use crate::experiments::study::{few_rows, guarantees, margins, new_expert};
use crate::intake::config::Config;
use crate::intake::log;
use crate::judge::terminal::from_markdown;
use crate::learn::store::Forgetful;
use crate::loss::{Effort, Method, Tau};

/// Arguments of `mild study`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mild study guarantees mild.toml --splits 500
  mild study new-expert mild.toml
  mild study few-rows mild.toml --train-rows 100,300")]
pub(crate) struct StudyArgs {
    #[command(subcommand)]
    study: Study,
}

#[derive(Debug, Subcommand)]
enum Study {
    /// Count how often promised limits are broken over random splits, with and without the promise
    Guarantees(GuaranteesArgs),
    /// Leave an expert out of a log, add it back from some of its answers, and measure what is lost
    NewExpert(NewExpertArgs),
    /// Train on few rows, leaving out each part of the recipe for few rows in turn
    FewRows(FewRowsArgs),
    /// Compare the margin rules with equal margins over rows, widths and penalties
    Margins(MarginsArgs),
}

/// Arguments of `mild study margins`.
#[derive(Debug, Args)]
struct MarginsArgs {
    /// The configurations of the logs (TOML)
    #[arg(required = true)]
    configs: Vec<PathBuf>,
    /// The numbers of train rows to use; calibration rows are taken in proportion
    #[arg(long, value_delimiter = ',', default_value = "300,1000", value_parser = parse_train_rows, value_name = "ROWS")]
    train_rows: Vec<usize>,
    /// The widths of the only hidden layer, 0 for a linear rejector
    #[arg(long, value_delimiter = ',', default_value = "16,64", value_parser = parse_width, value_name = "WIDTHS")]
    widths: Vec<usize>,
    /// The factors of half the squared norm of the weights
    #[arg(long, value_delimiter = ',', default_value = "0.0000001,0.01", value_parser = parse_penalty, value_name = "FACTORS")]
    l2: Vec<f64>,
    /// How deferral losses become weights: max, one, sum
    #[arg(long, value_delimiter = ',', default_value = "max", value_parser = parse_tau, value_name = "TAUS")]
    tau: Vec<Tau>,
    /// The iterations of every fit
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    iterations: u32,
    /// How many samples of each log to draw, with the seeds 0, 1, 2, …
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Print the lines by log as comma-separated values
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    output: Output,
}

fn parse_width(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(width) if width <= 1024 => Ok(width),
        _ => Err("expected a width from 0 to 1024".to_owned()),
    }
}

fn parse_penalty(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && factor >= 0.0 => Ok(factor),
        _ => Err("expected a finite number >= 0".to_owned()),
    }
}

fn parse_tau(text: &str) -> std::result::Result<Tau, String> {
    text.parse().map_err(|error: Error| error.to_string())
}

/// Arguments of `mild study few-rows`.
#[derive(Debug, Args)]
struct FewRowsArgs {
    /// The configurations of the logs (TOML)
    #[arg(required = true)]
    configs: Vec<PathBuf>,
    /// The numbers of train rows to use; calibration rows are taken in proportion
    #[arg(long, value_delimiter = ',', default_value = "100,300,1000", value_parser = parse_train_rows, value_name = "ROWS")]
    train_rows: Vec<usize>,
    /// How many samples of each log to draw, with the seeds 0, 1, 2, …
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// How long each training searches
    #[arg(long, value_parser = values::effort, default_value = "quick", value_name = "quick|normal|thorough")]
    effort: Effort,
    #[command(flatten)]
    output: Output,
}

fn parse_train_rows(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(rows) if rows >= 20 => Ok(rows),
        _ => Err("expected a number of rows, at least 20".to_owned()),
    }
}

/// Arguments of `mild study guarantees`.
#[derive(Debug, Args)]
struct GuaranteesArgs {
    /// The configurations of the logs (TOML)
    #[arg(required = true)]
    configs: Vec<PathBuf>,
    /// The number of random splits of each log
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    splits: u32,
    /// The deferral rates to promise
    #[arg(long, value_delimiter = ',', default_value = "0.1,0.3", value_parser = values::rate)]
    rates: Vec<f64>,
    /// The confidence of the promises
    #[arg(long, default_value_t = 0.95, value_parser = parse_confidence)]
    confidence: f64,
    /// The seed of the splits
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
    /// The expert to leave out [default: each but `local` in turn]
    #[arg(long, value_name = "NAME")]
    expert: Option<String>,
    /// The numbers of answers to add it back from
    #[arg(long, value_delimiter = ',', default_value = "10,30,100,300", value_parser = parse_answers)]
    answers: Vec<usize>,
    /// How often to train and to draw answers, with consecutive seeds from the configuration's on
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// The method, instead of the one in the configurations
    #[arg(long, value_parser = parse_method)]
    method: Option<Method>,
    /// How long each training searches
    #[arg(long, value_parser = values::effort, default_value = "quick", value_name = "quick|normal|thorough")]
    effort: Effort,
    #[command(flatten)]
    output: Output,
}

impl StudyArgs {
    /// What is printed, and in which form.
    pub(super) fn output(&self) -> Output {
        match &self.study {
            Study::Guarantees(args) => args.output,
            Study::NewExpert(args) => args.output,
            Study::FewRows(args) => args.output,
            Study::Margins(args) => args.output,
        }
    }
}

fn parse_answers(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(answers) if answers > 0 => Ok(answers),
        _ => Err("expected a number of answers, at least 1".to_owned()),
    }
}

fn parse_method(text: &str) -> std::result::Result<Method, String> {
    text.parse().map_err(|error: Error| error.to_string())
}

fn parse_confidence(text: &str) -> std::result::Result<f64, String> {
    match text.parse() {
        Ok(confidence) if (0.5..1.0).contains(&confidence) => Ok(confidence),
        _ => Err("expected a number from 0.5 to below 1".to_owned()),
    }
}

pub(super) fn run(args: &StudyArgs) -> Result<()> {
    match &args.study {
        Study::Guarantees(args) => guarantees(args),
        Study::NewExpert(args) => new_expert(args),
        Study::FewRows(args) => few_rows(args),
        Study::Margins(args) => margins(args),
    }
}

/// The name of a log: the directory of its configuration.
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
        logs.push(guarantees::TestedLog::new(name(path), &config, &data, &Forgetful, &*progress)?);
    }
    let progress = progress::shown("dealing", args.output.quiet);
    let GuaranteesArgs { rates, confidence, seed, .. } = args;
    let splits = args.splits as usize;
    let study = guarantees::study(&logs, rates, splits, *confidence, *seed, &*progress);
    args.output.print(&study, &from_markdown(&study.render()))
}

fn new_expert(args: &NewExpertArgs) -> Result<()> {
    let mut read = Vec::new();
    for path in &args.configs {
        let mut config = Config::load(path)?;
        config.train.effort = args.effort;
        config.rejector.method = args.method.unwrap_or(config.rejector.method);
        // Promises need real answers.
        config.policy = None;
        let data = log::read(&config)?;
        read.push((name(path), config, data));
    }
    let mut logs = Vec::new();
    for (name, config, data) in &read {
        for expert in new_expert::experts(config, data, args.expert.as_deref())? {
            let (name, config) = (name.clone(), config.clone());
            logs.push(new_expert::StudiedLog { name, config, data, expert });
        }
    }
    let progress = progress::shown("training", args.output.quiet);
    let study = new_expert::study(&logs, &args.answers, args.seeds, &*progress)?;
    args.output.print(&study, &from_markdown(&study.render()))
}

fn few_rows(args: &FewRowsArgs) -> Result<()> {
    let mut logs = Vec::new();
    for path in &args.configs {
        let mut config = Config::load(path)?;
        config.train.effort = args.effort;
        // What is studied is the choice; a promise would move its threshold.
        config.policy = None;
        let data = log::read(&config)?;
        logs.push(few_rows::StudiedLog { config, data });
    }
    let progress = progress::shown("training", args.output.quiet);
    let study = few_rows::study(&logs, &args.train_rows, args.seeds, &*progress)?;
    args.output.print(&study, &from_markdown(&study.render()))
}

fn margins(args: &MarginsArgs) -> Result<()> {
    let mut logs = Vec::new();
    for path in &args.configs {
        let config = Config::load(path)?;
        let data = log::read(&config)?;
        logs.push(margins::StudiedLog { name: name(path), config, data });
    }
    let plan = margins::MarginsPlan {
        train_rows: args.train_rows.clone(),
        widths: args.widths.clone(),
        penalties: args.l2.clone(),
        taus: args.tau.clone(),
        iterations: args.iterations as usize,
        seeds: args.seeds,
    };
    let progress = progress::shown("training", args.output.quiet);
    let study = margins::study(&logs, &plan, &*progress)?;
    if args.csv {
        let lines = study
            .csv()
            .map_err(|error| Error::io(Path::new("comma-separated values"))(error.into()))?;
        return print_all(&lines);
    }
    args.output.print(&study, &from_markdown(&study.render()))
}
