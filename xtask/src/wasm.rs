//! The module for WebAssembly: built, and run in Node over golden vectors.

use crate::{
    apt,
    commands::heading,
    images, parity,
    process::{find_program, root, run, run_within, target_dir},
    toolchain::Toolchains,
    verdict::{Tally, Verdict},
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const TARGET: &str = "wasm32-unknown-unknown";
/// A run that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(300);

/// The folder of the package.
fn directory() -> PathBuf {
    root().join("wasm")
}

/// Builds `mild.wasm`.
pub(crate) fn build(toolchains: &mut Toolchains) -> Result<PathBuf> {
    let toolchain = toolchains.prepare(TARGET)?;
    let target_dir = toolchain.target_dir().join("wasm");
    let mut cargo = toolchain.build();
    cargo.current_dir(directory()).args(["--quiet", "--release", "--target-dir"]).arg(&target_dir);
    run(&mut cargo)?;
    let module = target_dir.join(TARGET).join("release/mild.wasm");
    ensure!(module.is_file(), "cargo built no {}", module.display());
    Ok(module)
}

/// Runs all images in Node.
pub(crate) fn check(toolchains: &mut Toolchains) -> Result<Tally> {
    heading("WebAssembly");
    if find_program("node").is_none() {
        apt::install(&["nodejs"], "Node, which runs WebAssembly")?;
    }
    let module = build(toolchains)?;
    let bytes = fs::metadata(&module)?.len();
    println!("{}: {bytes} bytes", module.display());
    let mut tally = Tally::default();
    let images = images::present()?;
    for image in &images {
        let label = format!("wasm {}", name(image));
        let finished = node(&module, image)?;
        for verdict in parity::judge(&finished, parity::rows(image)?) {
            tally.count(&label, &verdict);
        }
        if !finished.success() {
            for line in parity::last_lines(&finished) {
                println!("    {line}");
            }
        }
    }
    let image = images.first().context("no images")?;
    let work = target_dir().join("wasm/control");
    for (control, prepare) in [
        ("a flipped bit in the vectors", flip_vectors as fn(&Path, &Path) -> Result<()>),
        ("a flipped weight", flip_weight),
    ] {
        fs::create_dir_all(&work)?;
        prepare(image, &work)?;
        let noticed = parity::differs(&node(&module, &work)?);
        let detail = format!("{control} is noticed: {noticed}");
        tally.count("wasm", &Verdict { check: "control", passed: Some(noticed), detail });
    }
    Ok(tally)
}

fn node(module: &Path, image: &Path) -> Result<crate::process::Finished> {
    let mut node = Command::new("node");
    node.arg(directory().join("test.mjs")).arg(module).arg(image);
    run_within(&mut node, LIMIT)
}

fn flip_vectors(image: &Path, into: &Path) -> Result<()> {
    fs::copy(image.join("rejector.mild"), into.join("rejector.mild"))?;
    parity::control(image, into)
}

/// The image with one weight of its last layer flipped in one bit, and the vectors of the image as
/// it was.
fn flip_weight(image: &Path, into: &Path) -> Result<()> {
    let bytes = fs::read(image.join("rejector.mild"))?;
    let words: Vec<u32> =
        bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
    let flipped = crate::flipped::weights(&words)?.next().context("no weight can be flipped")?;
    let flipped: Vec<u8> = flipped.iter().flat_map(|word| word.to_le_bytes()).collect();
    fs::write(into.join("rejector.mild"), flipped)?;
    fs::copy(image.join("vectors.bin"), into.join("vectors.bin"))?;
    Ok(())
}

fn name(directory: &Path) -> String {
    directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_workspace() {
        let version = env!("CARGO_PKG_VERSION");
        for (file, line) in [
            ("Cargo.toml", format!("version = \"{version}\"")),
            ("package.json", format!("\"version\": \"{version}\",")),
        ] {
            let text = fs::read_to_string(directory().join(file)).unwrap();
            assert!(text.lines().any(|found| found.trim() == line), "{file}");
        }
    }
}
