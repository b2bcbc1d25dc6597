//! The project's programs for this host.

use crate::process::{cargo, run, target_dir};
use anyhow::Result;
use std::{
    env,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

/// Whether the programs are those of the development profile.
static DEVELOPMENT: AtomicBool = AtomicBool::new(false);

/// Whether these have been built, in this process.
static BUILT: AtomicBool = AtomicBool::new(false);

/// From now on the programs are those of the development profile, which the host tests build too, so
/// that nothing is built twice. Their source is taken not to change while this process runs.
pub(crate) fn use_development() {
    DEVELOPMENT.store(true, Ordering::Relaxed);
}

/// Whether the programs are those of the development profile.
pub(crate) fn are_development() -> bool {
    DEVELOPMENT.load(Ordering::Relaxed)
}

/// Has a process of this program take the programs of the development profile as they are.
pub(crate) fn give(process: &mut Command) {
    if env::var_os(GIVEN).is_none() {
        process.env(GIVEN, development());
    }
}

/// Where cargo puts the programs of the development profile.
fn development() -> PathBuf {
    target_dir().join("debug")
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
    if are_development() && BUILT.load(Ordering::Relaxed) {
        return Ok(development());
    }
    let mut build = cargo();
    build.args(["build", "--quiet", "--bins", "--examples"]);
    if are_development() {
        // With other packages or features cargo would build the dependencies anew.
        run(build.args(["--workspace", "--all-features"]))?;
        BUILT.store(true, Ordering::Relaxed);
        Ok(development())
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
