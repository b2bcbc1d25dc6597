//! `mild sign`

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::Output;
use super::verify::SignedReport;
use crate::error::Result;
use crate::files;
use crate::signing::{SignedFile, read_secret_key};

/// How the file of a signed image ends.
const ENDING: &str = ".signed.mild";

/// Arguments of `mild sign`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  mild sign out/rejector.mild --key keys/site.secret.pem --counter 7")]
pub(crate) struct SignArgs {
    /// The image; if it is signed already, the signature is replaced
    image: PathBuf,
    /// The secret key, as `mild keygen` writes it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The security counter: a device that has run an image refuses images with a lower counter. Raise
    /// it when older images must not run again
    #[arg(long, value_name = "NUMBER")]
    counter: u32,
    /// The file to write [default: the image's, with `.signed.mild` in place of `.mild`]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) print: Output,
}

pub(super) fn run(args: &SignArgs) -> Result<()> {
    let key = read_secret_key(&args.key)?;
    let file = SignedFile::read(&args.image)?;
    let path = args.out.clone().unwrap_or_else(|| beside(&args.image));
    if !args.print.quiet {
        if others_can_read(&args.key) {
            let key = args.key.display();
            eprintln!(
                "warning: {key}: others can read this secret key; `chmod 600` keeps them out"
            );
        }
        let replaced = SignedFile::read(&path).ok();
        let before = [Some(&file), replaced.as_ref()];
        let before = before.into_iter().flatten().filter_map(|file| file.signature.as_ref());
        if let Some(before) = before.map(|signature| signature.counter).max()
            && args.counter < before
        {
            let counter = args.counter;
            eprintln!(
                "warning: the counter goes back from {before} to {counter}: a device that ran the \
                 image with {before} refuses this one"
            );
        }
    }
    let bytes = file.sign(&key, args.counter)?;
    files::write(&path, &bytes)?;
    let signed = SignedFile::read(&path)?;
    signed.verify(&[key.public()], args.counter)?;
    let report = SignedReport::new(&path, &signed);
    args.print.print(&report, &format!("{}written: {}\n", report.render(), path.display()))
}

/// The file beside an image, if no other name was given.
fn beside(image: &Path) -> PathBuf {
    let name = image.file_name().unwrap_or_default().to_string_lossy();
    if name.ends_with(ENDING) {
        return image.to_path_buf();
    }
    let stem = name.strip_suffix(".mild").unwrap_or(&name);
    image.with_file_name(format!("{stem}{ENDING}"))
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_image_lies_beside_the_image() {
        for (image, signed) in [
            ("out/rejector.mild", "out/rejector.signed.mild"),
            ("rejector.signed.mild", "rejector.signed.mild"),
            ("v1.2", "v1.2.signed.mild"),
        ] {
            assert_eq!(beside(Path::new(image)), Path::new(signed));
        }
    }
}
