//! `mild inspect`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::output::Output;
use crate::error::Result;
use crate::intake::config::Config;
use crate::intake::log;
use crate::intake::warnings::warnings;
use crate::judge::report::ImageReport;
use crate::judge::report::imbalance::LogReport;
use crate::signing::{Signature, SignedFile};

/// Arguments of `mild inspect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mild inspect mild.toml
      the log: who is needed how often, what deferring could gain
  mild inspect out/rejector.mild
      the image: network, prices, offsets, operating points, origin")]
pub(crate) struct InspectArgs {
    /// An image, or the configuration (TOML) of a log
    file: PathBuf,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) fn run(args: &InspectArgs) -> Result<()> {
    if args.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
        let config = Config::load(&args.file)?;
        let data = log::survey(&config)?;
        let report = LogReport::new(&data, warnings(&config, &data)?);
        return args.output.print(&report, &report.render());
    }
    let SignedFile { artifact, signature, .. } = SignedFile::read(&args.file)?;
    let report = Inspected { image: ImageReport::new(&artifact.image()), signature };
    args.output.print(&report, &report.render())
}

/// What `mild inspect --json` prints of an image.
#[derive(Serialize)]
struct Inspected {
    #[serde(flatten)]
    image: ImageReport,
    /// Absent from an image that is not signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Signature>,
}

impl Inspected {
    fn render(&self) -> String {
        let mut text = self.image.render();
        if let Some(Signature { key_id, counter }) = &self.signature {
            text += &format!(
                "\nsigned with key {key_id}, counter {counter}; `mild verify` says whether that is true\n"
            );
        }
        text
    }
}
