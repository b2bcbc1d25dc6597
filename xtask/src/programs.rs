//! The project's programs for this host.

use crate::process::{cargo, run, target_dir};
use anyhow::Result;
use std::{
    env,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

/// Whether the host tests ran before, in this process.
static TESTED: AtomicBool = AtomicBool::new(false);

/// From now on the programs are those that the host tests have built, so that nothing is built
/// twice.
pub(crate) fn use_tested() {
    TESTED.store(true, Ordering::Relaxed);
}

/// Whether the programs are those of the host tests.
pub(crate) fn are_tested() -> bool {
    TESTED.load(Ordering::Relaxed)
}

/// Builds the programs of these packages, as they are now. Returns their folder, with the examples
/// of the trainer in `examples`.
pub(crate) fn folder(packages: &[&str]) -> Result<PathBuf> {
    folder_with(packages, &[])
}

/// The folder of `mild` and of a gateway that runs models.
pub(crate) fn with_models() -> Result<PathBuf> {
    folder_with(&["mild-trainer", "mild-gateway"], &["mild-gateway/onnx"])
}

/// Names a folder whose programs are taken as they are, so that a slow machine builds nothing twice.
const GIVEN: &str = "MILD_PROGRAMS";

fn folder_with(packages: &[&str], features: &[&str]) -> Result<PathBuf> {
    if let Some(folder) = env::var_os(GIVEN) {
        eprintln!("programs: those in {} ({GIVEN}), not built anew", folder.display());
        return Ok(folder.into());
    }
    let mut build = cargo();
    build.args(["build", "--quiet", "--bins", "--examples"]);
    if are_tested() {
        // With other packages or features cargo would build the dependencies anew.
        run(build.args(["--workspace", "--all-features"]))?;
        Ok(target_dir().join("debug"))
    } else {
        build.arg("--release").args(packages.iter().flat_map(|package| ["-p", package]));
        run(build.args(features.iter().flat_map(|feature| ["--features", feature])))?;
        Ok(target_dir().join("release"))
    }
}

/// The program `mild`, as it is now.
pub(crate) fn mild() -> Result<PathBuf> {
    Ok(folder(&["mild-trainer"])?.join("mild"))
}
