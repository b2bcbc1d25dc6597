//! `mild compare`

use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;

use super::Output;
use super::train::parse_effort;
use crate::compare::{compare, markdown};
use crate::config::{Config, Effort, Method};
use crate::error::{Error, Result};
use crate::log;

/// Arguments of `mild compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The configurations of the logs (TOML)
    #[arg(required = true)]
    configs: Vec<PathBuf>,
    /// The methods to compare, as in `rejector.method`, or `all` of them
    #[arg(long, value_delimiter = ',', default_value = "auto", value_parser = parse_methods)]
    methods: Vec<Methods>,
    /// Trainings of each method on each log, with seeds from 0 on
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// How long each training searches, in place of the configurations'
    #[arg(long, value_parser = parse_effort, value_name = "quick|normal|thorough")]
    effort: Option<Effort>,
    #[command(flatten)]
    output: Output,
}

/// One method, or all.
#[derive(Debug, Clone)]
struct Methods(Vec<Method>);

fn parse_methods(text: &str) -> std::result::Result<Methods, String> {
    if text == "all" {
        return Ok(Methods(Method::ALL.to_vec()));
    }
    text.parse().map(|method| Methods(vec![method])).map_err(|error: Error| error.to_string())
}

pub(super) fn run(args: &CompareArgs) -> Result<()> {
    let methods: Vec<Method> = args.methods.iter().flat_map(|Methods(all)| all.clone()).collect();
    let steps = (args.configs.len() * methods.len()) as u64 * args.seeds;
    let bar = if args.output.quiet || args.output.json {
        ProgressBar::hidden()
    } else {
        super::train::bar("comparing", steps)
    };
    let mut comparisons = Vec::new();
    for path in &args.configs {
        let mut config = Config::load(path)?;
        if let Some(effort) = args.effort {
            config.train.effort = effort;
        }
        let data = log::read(&config)?;
        for &method in &methods {
            let done = || bar.inc(1);
            comparisons.push(compare(&name(path), &config, &data, method, args.seeds, done)?);
        }
    }
    bar.finish_and_clear();
    args.output.print(&comparisons, &markdown(&comparisons))
}

/// A log is known by the directory of its configuration, or else by the file.
fn name(path: &Path) -> String {
    let directory = path.parent().and_then(Path::file_name);
    let name = directory.or(path.file_stem()).unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
