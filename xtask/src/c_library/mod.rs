//! The C library `mild-c`: its header, its static libraries, and its tests.

mod checks;
mod client;
mod compiler;
mod exported;
mod governed;
mod header;
mod linked;
mod report;
mod windows;

pub(crate) use checks::{Selection, check};
pub(crate) use compiler::{Platform, WARNINGS, compile_for, flags};
pub(crate) use header::header;

use crate::{
    cores::Core,
    process::{cargo, root, run, target_dir},
    toolchain::Toolchain,
};
use anyhow::{Result, ensure};
use std::{path::PathBuf, process::Command};

/// The folder of the library.
pub(crate) fn directory() -> PathBuf {
    root().join("mild-c")
}

/// Builds the static library for this host.
pub(crate) fn build_for_host() -> Result<PathBuf> {
    let mut command = cargo();
    command.arg("build");
    build(command, target_dir().join("c/host"), "", &[])
}

/// Builds the static library for a core.
pub(crate) fn build_for_core(toolchain: &Toolchain, core: &Core) -> Result<PathBuf> {
    let features: Vec<&str> =
        core.features().iter().filter_map(|feature| feature.strip_prefix("mild/")).collect();
    build_for(toolchain, core.target, &features)
}

/// Builds the static library for `target`, with cargo features of the library.
pub(crate) fn build_for(toolchain: &Toolchain, target: &str, features: &[&str]) -> Result<PathBuf> {
    build(toolchain.build(), toolchain.target_dir().join("c"), target, features)
}

fn build(
    mut cargo: Command,
    target_dir: PathBuf,
    target: &str,
    features: &[&str],
) -> Result<PathBuf> {
    cargo.current_dir(directory()).args(["--quiet", "--release", "--target-dir"]).arg(&target_dir);
    cargo.args(features.iter().flat_map(|feature| ["--features", feature]));
    run(&mut cargo)?;
    let archive = target_dir.join(target).join("release/libmild.a");
    ensure!(archive.is_file(), "cargo built no {}", archive.display());
    Ok(archive)
}
