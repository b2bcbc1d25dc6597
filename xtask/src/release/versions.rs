//! One version, and one minimum compiler, wherever they stand.

use super::checks::Checks;
use crate::{
    process::{find_program, read, root, run, target_dir},
    verdict::Verdict,
};
use anyhow::{Context, Result, ensure};
use std::{fs, process::Command};

/// Where the version stands beside the workspace, and what stands before it on its line.
const VERSIONS: [(&str, &str); 8] = [
    ("Cargo.toml", "mild = { path = \".\", version = \""),
    ("Cargo.toml", "mild-trainer = { path = \"host-trainer\", version = \""),
    ("mild-c/Cargo.toml", "version = \""),
    ("wasm/Cargo.toml", "version = \""),
    ("wasm/package.json", "\"version\": \""),
    ("python/Cargo.toml", "version = \""),
    ("python/pyproject.toml", "version = \""),
    ("CITATION.cff", "version: "),
];

/// Where the minimum compiler stands beside the workspace.
const COMPILERS: [&str; 5] = [
    "mild-c/Cargo.toml",
    "wasm/Cargo.toml",
    "python/Cargo.toml",
    "examples/firmware/Cargo.toml",
    "examples/boards/node/Cargo.toml",
];

/// Checks that all say the same.
pub(super) fn check(checks: &mut Checks) {
    for (check, verdict) in [("version", same_version()), ("rust-version", same_compiler())] {
        let verdict = match verdict {
            Ok(detail) => Verdict { check, passed: Some(true), detail },
            Err(error) => Verdict::failed(check, &error),
        };
        checks.count("versions", Ok(verdict));
    }
}

/// The version of the workspace.
pub(super) fn workspace() -> Result<String> {
    value("Cargo.toml", "version = \"")
}

fn same_version() -> Result<String> {
    let version = workspace()?;
    for (file, before) in VERSIONS {
        let found = value(file, before)?;
        ensure!(found == version, "{file}: found {found}, expected {version}");
    }
    let log = read_file("CHANGELOG.md")?;
    let heading = log.lines().find(|line| line.starts_with("## ")).unwrap_or_default();
    ensure!(heading.contains(&version), "CHANGELOG.md: found `{heading}`, expected {version}");
    Ok(format!("{version} in {} places", VERSIONS.len() + 2))
}

fn same_compiler() -> Result<String> {
    let version = value("Cargo.toml", "rust-version = \"")?;
    for file in COMPILERS {
        let found = value(file, "rust-version = \"")?;
        ensure!(found == version, "{file}: found {found}, expected {version}");
    }
    Ok(format!("{version} in {} places", COMPILERS.len() + 1))
}

/// Whether the workspace compiles with the minimum compiler: this one, or rustup's.
pub(super) fn minimum_compiler() -> Result<Verdict> {
    let check = "minimum";
    let version = value("Cargo.toml", "rust-version = \"")?;
    let found = read(Command::new("rustc").arg("--version"))?;
    if found.split(' ').nth(1).is_some_and(|found| same_minor(found, &version)) {
        let detail = format!("{version} is the compiler of all these checks");
        return Ok(Verdict { check, passed: Some(true), detail });
    }
    ensure!(
        find_program("rustup").is_some(),
        "found {found} and no rustup, expected one of them to give Rust {version}"
    );
    // Another compiler's work would be thrown away.
    let folder = target_dir().join("release");
    let mut command = Command::new("rustup");
    command.args(["run", "--install", &version, "cargo", "check", "--workspace", "--all-features"]);
    command.current_dir(root()).arg("--target-dir").arg(folder).env_remove("CARGO");
    command.env_remove("RUSTUP_TOOLCHAIN");
    run(&mut command)?;
    Ok(Verdict { check, passed: Some(true), detail: format!("compiles with {version}") })
}

/// Whether a compiler `1.95.0` is of the version `1.95`.
fn same_minor(compiler: &str, version: &str) -> bool {
    compiler.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What stands behind `before` on the first line that begins so, up to a quotation mark.
fn value(file: &str, before: &str) -> Result<String> {
    let text = read_file(file)?;
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix(before));
    let line = line.with_context(|| format!("{file}: found no line with `{before}`"))?;
    Ok(line.split('"').next().unwrap_or_default().trim().to_owned())
}

fn read_file(file: &str) -> Result<String> {
    fs::read_to_string(root().join(file)).with_context(|| format!("cannot read {file}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_and_the_minimum_compiler_are_the_same_everywhere() {
        same_version().unwrap();
        same_compiler().unwrap();
    }

    #[test]
    fn a_patch_release_of_the_compiler_is_the_minimum_and_a_later_one_is_not() {
        for (compiler, same) in [
            ("1.95", true),
            ("1.95.0", true),
            ("1.95.1", true),
            ("1.950.0", false),
            ("1.96.0", false),
        ] {
            assert_eq!(same_minor(compiler, "1.95"), same, "{compiler}");
        }
    }
}
