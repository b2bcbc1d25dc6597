//! `mild train`

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::{self, Output};
use super::report::read_beside;
use super::{look, progress, values};
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::files;
use crate::intake::config::Config;
use crate::intake::log;
use crate::intake::warnings::warnings;
use crate::integers::artifact::scores;
use crate::integers::vectors::{self, Amount};
use crate::judge::html::{self, ReportLog};
use crate::judge::onnx::onnx;
use crate::judge::operating_curve::OperatingCurve;
use crate::judge::report::{Evaluation, TrainReport};
use crate::judge::terminal::{Curve, Look, curve};
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

/// All arguments of the command.
#[derive(Debug, Args)]
#[command(after_help = "\
Writes `rejector.mild` (the image), `report.html` (for a browser),
`metrics.json` (all figures) and `vectors.bin` (what a device must decide).
After Ctrl-C, the same command continues where it stopped.

Examples:
  mild train mild.toml --out out
  mild train mild.toml --out out --effort thorough --seed 3
  mild train mild.toml --out out --json --quiet    for a script
  mild train mild.toml --out out --onnx network.onnx")]
pub(crate) struct TrainCommand {
    #[command(flatten)]
    pub(super) train: TrainArgs,
    /// Do not write report.html
    #[arg(long)]
    no_report: bool,
    /// Also write the float network to this file, as an ONNX model; the image has only integers
    #[arg(long, value_name = "FILE")]
    onnx: Option<PathBuf>,
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

pub(super) fn run(command: &TrainCommand) -> Result<()> {
    let TrainCommand { train: args, no_report, onnx } = command;
    let (config, data) = args.load()?;
    let warnings = warnings(&config, &data)?;
    output::warn(&warnings, args.output.quiet);
    let page = if *no_report { Page::None } else { Page::Written };
    let results = Results { directory: &args.out, page, onnx: onnx.as_deref() };
    train_and_write(&config, &data, warnings, Some(results), args.output)
}

/// Whether `report.html` is written with the other results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Written,
    None,
}

/// Where results go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Results<'a> {
    pub(super) directory: &'a Path,
    pub(super) page: Page,
    /// The file of the float network, if it is wanted.
    pub(super) onnx: Option<&'a Path>,
}

/// Trains, writes the results, and reports them with what looked wrong about the log.
pub(super) fn train_and_write(
    config: &Config,
    data: &Dataset,
    warnings: Vec<Warning>,
    results: Option<Results<'_>>,
    output: Output,
) -> Result<()> {
    let directory =
        results.map(|results| Directory::new(results.directory, &context(config, data)));
    let store: &dyn Store = match &directory {
        Some(directory) => directory,
        None => &Forgetful,
    };
    let trained = train(config, data, store, &*progress::shown("selecting", output.quiet))?;
    let seed = config.train.seed;
    let report = TrainReport::new(&trained, data, config)
        .with_warnings(warnings)
        .with_importance(&trained, data, config);
    let look = look::of_output();
    let image = trained.artifact.image();
    let points = OperatingCurve::new(&image, &data.test, &scores(&image, &data.test), 0);
    let mut text = report.render_for(look) + &chart(&points, &report.test, look);
    if let Some(Results { directory: out, page, onnx: network }) = results {
        let metrics = write(out, &report, &trained, data, seed)?;
        let image = out.join("rejector.mild");
        let mut written = format!("written: {}\n", image.display());
        if page == Page::Written {
            let file = out.join(html::FILE_NAME);
            let page = html::page(
                config,
                data,
                ReportLog::File,
                &trained.artifact,
                Some(&metrics),
                read_beside(&image, html::COMPARISON)?.as_deref(),
                report.importance.as_ref(),
            )?;
            files::write(&file, page.html.as_bytes())?;
            text += &format!("\n{}\n", page.headline);
            written += &format!("report: {}, for a browser\n", file.display());
        }
        if let Some(file) = network {
            files::write(file, &onnx(trained.float_network(), data))?;
            written += &format!("float network: {}\n", file.display());
        }
        if let Some(directory) = directory {
            directory.remove()?;
        }
        text += &format!("{written}next: {}\n", next(&report, config, &image));
    }
    output.print(&report, &text)
}

/// The chart of an image's curve, behind an empty line; or nothing.
pub(super) fn chart(points: &OperatingCurve, test: &Evaluation, look: Look) -> String {
    let best_single = (test.best_single.as_str(), test.best_single_loss);
    let chart = curve(&Curve { points: &points.points, own: points.own, best_single }, look);
    if chart.is_empty() { chart } else { format!("\n{chart}") }
}

/// What one does with a training.
fn next(report: &TrainReport, config: &Config, image: &Path) -> String {
    let experts = &report.test.experts;
    match experts.iter().position(|expert| expert.share >= 1.0) {
        Some(0) => "nothing to install: the device does as well alone".to_owned(),
        Some(k) => format!("nothing to install: always ask {}", experts[k].name),
        None => format!(
            "`mild export {image} --format rust` (or `c`) for the firmware; `mild decide {} \
             --image {image}` lists who is asked on each row",
            config.path.display(),
            image = image.display(),
        ),
    }
}

/// Writes the report, golden vectors and, last, the image. A page about an image that was there
/// before goes. Returns the report as it is written.
pub(super) fn write(
    out: &Path,
    report: &impl Serialize,
    trained: &Trained,
    data: &Dataset,
    seed: u64,
) -> Result<Vec<u8>> {
    let image = trained.artifact.image();
    let golden =
        vectors::write(&image, &[&data.test], data.raw.as_deref(), Amount::default(), seed);
    let json = serde_json::to_vec_pretty(report)
        .map_err(|error| Error::io(&out.join("metrics.json"))(error.into()))?;
    files::remove(&out.join(html::FILE_NAME))?;
    files::write(&out.join("metrics.json"), &json)?;
    files::write(&out.join("vectors.bin"), &golden)?;
    files::write(&out.join("rejector.mild"), &trained.artifact.to_bytes())?;
    Ok(json)
}

/// Everything that a selection depends on: an interrupted one continues only if none of it has
/// changed.
fn context(config: &Config, data: &Dataset) -> String {
    let Config { digest, train, .. } = config;
    format!("{} {:?} {digest:?} {:?} {}", store::build(), data.log_digest, train.effort, train.seed)
}
