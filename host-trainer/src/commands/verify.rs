//! `mild verify`

use std::path::{Path, PathBuf};

use clap::Args;
use mild::signed::PublicKey;
use serde::Serialize;

use super::output::Output;
use crate::error::Result;
use crate::judge::report::digest;
use crate::signing::{Signature, SignedFile, read_public_key};

/// Arguments of `mild verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  mild verify out/rejector.signed.mild --key keys/site.public.pem \\
      --minimum-counter 7")]
pub(crate) struct VerifyArgs {
    /// The signed image
    image: PathBuf,
    /// A public key whose images are accepted, as `mild keygen` writes it; may be given several
    /// times
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// The lowest security counter that is accepted
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    minimum_counter: u32,
    #[command(flatten)]
    pub(super) output: Output,
}

/// What `mild verify --json` prints, and `mild sign --json`.
#[derive(Debug, Serialize)]
pub(super) struct SignedReport {
    image: String,
    digest: String,
    image_bytes: usize,
    signed_bytes: usize,
    #[serde(flatten)]
    signature: Option<Signature>,
}

impl SignedReport {
    /// Of a file whose signature has been verified.
    pub(super) fn new(path: &Path, file: &SignedFile) -> Self {
        let image_bytes = file.artifact.words().len() * 4;
        Self {
            image: path.display().to_string(),
            digest: digest(&file.artifact.image()),
            image_bytes,
            signed_bytes: image_bytes + mild::signed::TRAILER_BYTES,
            signature: file.signature.clone(),
        }
    }

    pub(super) fn render(&self) -> String {
        let signature = match &self.signature {
            Some(Signature { key_id, counter }) => format!("key {key_id}, counter {counter}"),
            None => "none".to_owned(),
        };
        format!("SHA-256    {}\nsignature  {signature}\n", self.digest)
    }
}

pub(super) fn run(args: &VerifyArgs) -> Result<()> {
    let keys: Vec<PublicKey> =
        args.keys.iter().map(|path| read_public_key(path)).collect::<Result<_>>()?;
    let file = SignedFile::read(&args.image)?;
    file.verify(&keys, args.minimum_counter)?;
    let report = SignedReport::new(&args.image, &file);
    args.output.print(&report, &format!("{}authentic\n", report.render()))
}
