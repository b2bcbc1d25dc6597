//! `mild keygen`

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::output::Output;
use crate::error::Result;
use crate::judge::report::hex;
use crate::signing::{KeyFiles, NewKey};

/// Arguments of `mild keygen`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  mild keygen keys/site
      keys/site.secret.pem, keys/site.public.pem, keys/site.rs, keys/site.h")]
pub(crate) struct KeygenArgs {
    /// Where to write: `NAME.secret.pem`, which only its owner can read, `NAME.public.pem`, and the
    /// public key as source, `NAME.rs` and `NAME.h`. No file is overwritten
    name: PathBuf,
    #[command(flatten)]
    pub(super) output: Output,
}

/// What `mild keygen --json` prints.
#[derive(Serialize)]
struct KeyReport {
    key_id: String,
    public_key: String,
    secret_file: String,
    public_file: String,
    rust_file: String,
    c_file: String,
}

pub(super) fn run(args: &KeygenArgs) -> Result<()> {
    let files = KeyFiles::of(&args.name);
    let new = NewKey::draw()?;
    new.write(&files)?;
    let public = new.public();
    let report = KeyReport {
        key_id: public.id().to_string(),
        public_key: hex(public.bytes()),
        secret_file: files.secret.display().to_string(),
        public_file: files.public.display().to_string(),
        rust_file: files.rust.display().to_string(),
        c_file: files.c.display().to_string(),
    };
    let text = format!(
        "key {}\n\
         secret: {}: whoever has this file can sign images; keep it off devices and out of repositories\n\
         public: {}, for `mild verify`\n\
         source: {} and {}, for the firmware\n",
        report.key_id, report.secret_file, report.public_file, report.rust_file, report.c_file
    );
    args.output.print(&report, &text)
}
