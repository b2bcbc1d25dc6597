//! `mild report`

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use super::image::{must_fit, read_image};
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::files;
use crate::intake::config::Config;
use crate::intake::log;
use crate::integers::artifact::Artifact;
use crate::judge::html::{self, ReportLog};

/// Arguments of `mild report`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  mild report mild.toml --image out/rejector.mild

The page is the one that `mild train` writes. What only the training knows, such
as its promises and its float network, is read from `metrics.json` beside the
image; without that file the page says so. A comparison beside the image (`mild
compare --out`) becomes a table of other seeds and other numbers of rows.")]
pub(crate) struct ReportArgs {
    /// The configuration of the log (TOML)
    config: PathBuf,
    /// The image that the page is about
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// Write the page to this file [default: report.html beside the image]
    #[arg(long, alias = "output", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print nothing
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(args: &ReportArgs) -> Result<()> {
    let artifact = read_image(&args.image)?;
    let mut config = Config::load(&args.config)?;
    // A log without a split column is split by the seed, and the image's is that of its training.
    config.train.seed = artifact.image().provenance().seed;
    let data = log::read(&config)?;
    must_fit(&args.image, &artifact, &data)?;
    let page = page_beside(&args.image, &artifact, &config, &data)?;
    let out = args.out.clone().unwrap_or_else(|| args.image.with_file_name(html::FILE_NAME));
    files::write(&out, page.as_bytes())?;
    if !args.quiet {
        super::output::print_all(&format!("written: {}\n", out.display()))?;
    }
    Ok(())
}

/// The page of an image, with what `metrics.json` and `compare.json` beside it say of its training.
pub(super) fn page_beside(
    image: &Path,
    artifact: &Artifact,
    config: &Config,
    data: &Dataset,
) -> Result<String> {
    let metrics = read_beside(image, "metrics.json")?;
    let comparison = read_beside(image, html::COMPARISON)?;
    let (metrics, comparison) = (metrics.as_deref(), comparison.as_deref());
    html::report_page(config, data, ReportLog::File, artifact, metrics, comparison)
}

/// A file beside an image, if there is one of this name.
pub(super) fn read_beside(image: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let path = image.with_file_name(name);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(&path)(error)),
    }
}
