//! The C library `mild-c`: its header, its static libraries, and its tests.

mod checks;
mod client;
mod compiler;
mod governed;
mod header;
mod report;

pub(crate) use checks::{Selection, check};
pub(crate) use header::header;

use crate::{
    process::{cargo, root, run, target_dir},
    toolchain::Toolchain,
};
use anyhow::{Result, ensure};
use std::{path::PathBuf, process::Command};

/// The folder of the library.
fn directory() -> PathBuf {
    root().join("mild-c")
}

/// Builds the static library for this host.
fn build_for_host() -> Result<PathBuf> {
    let mut command = cargo();
    command.arg("build");
    build(command, target_dir().join("c/host"), "", &[])
}

/// Builds the static library for `target`, with cargo features of the library.
fn build_for(toolchain: &Toolchain, target: &str, features: &[&str]) -> Result<PathBuf> {
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
