//! `mild train`

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::{self, Output};
use super::{progress, values};
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::files;
use crate::intake::config::Config;
use crate::intake::log;
use crate::intake::warnings::warnings;
use crate::integers::vectors::{self, Amount};
use crate::judge::report::TrainReport;
use crate::learn::store::{self, Directory, Forgetful, Store};
use crate::loss::Effort;
use crate::pipeline::{Trained, train};
use crate::warnings::Warning;

/// Arguments of `mild train`.
#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// The configuration of the log (TOML)
    config: PathBuf,
    /// Write the image, the report and golden vectors to this directory
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// The seed, instead of the one in the configuration
    #[arg(long)]
    seed: Option<u64>,
    /// How long to search, instead of the effort in the configuration
    #[arg(long, value_parser = values::effort, value_name = "quick|normal|thorough")]
    effort: Option<Effort>,
    #[command(flatten)]
    pub(super) output: Output,
}

impl TrainArgs {
    /// The configuration, as the arguments change it, and its log.
    pub(super) fn load(&self) -> Result<(Config, Dataset)> {
        let mut config = Config::load(&self.config)?;
        config.train.seed = self.seed.unwrap_or(config.train.seed);
        config.train.effort = self.effort.unwrap_or(config.train.effort);
        let data = log::read(&config)?;
        Ok((config, data))
    }
}

pub(super) fn run(args: &TrainArgs) -> Result<()> {
    let (config, data) = args.load()?;
    let warnings = warnings(&config, &data)?;
    output::warn(&warnings, args.output.quiet);
    train_and_write(&config, &data, warnings, Some(&args.out), args.output)
}

/// Trains, writes the results, and reports them with what looked wrong about the log.
pub(super) fn train_and_write(
    config: &Config,
    data: &Dataset,
    warnings: Vec<Warning>,
    out: Option<&Path>,
    output: Output,
) -> Result<()> {
    let directory = out.map(|out| Directory::new(out, &context(config, data)));
    let store: &dyn Store = match &directory {
        Some(directory) => directory,
        None => &Forgetful,
    };
    let trained = train(config, data, store, &*progress::shown("selecting", output.quiet))?;
    let seed = config.train.seed;
    let report = TrainReport::new(&trained, data, config).with_warnings(warnings);
    let mut text = report.render();
    if let Some(out) = out {
        write(out, &report, &trained, data, seed)?;
        if let Some(directory) = directory {
            directory.remove()?;
        }
        text += &format!("written: {}\n", out.join("rejector.mild").display());
    }
    output.print(&report, &text)
}

/// Writes the report, golden vectors and, last, the image.
pub(super) fn write(
    out: &Path,
    report: &impl Serialize,
    trained: &Trained,
    data: &Dataset,
    seed: u64,
) -> Result<()> {
    let image = trained.artifact.image();
    let golden =
        vectors::write(&image, &[&data.test], data.raw.as_deref(), Amount::default(), seed);
    let json = serde_json::to_vec_pretty(report)
        .map_err(|error| Error::io(&out.join("metrics.json"))(error.into()))?;
    files::write(&out.join("metrics.json"), &json)?;
    files::write(&out.join("vectors.bin"), &golden)?;
    files::write(&out.join("rejector.mild"), &trained.artifact.to_bytes())
}

/// Everything that a selection depends on: an interrupted one continues only if none of it has
/// changed.
fn context(config: &Config, data: &Dataset) -> String {
    let Config { digest, train, .. } = config;
    format!("{} {:?} {digest:?} {:?} {}", store::build(), data.log_digest, train.effort, train.seed)
}
