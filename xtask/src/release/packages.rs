//! The packages as cargo makes them.

use crate::{
    process::{Finished, cargo, run_within},
    verdict::Verdict,
};
use anyhow::{Result, bail};
use std::{process::Command, time::Duration};

/// The packages that are published, each after those that it depends on.
const PACKAGES: [&str; 3] = ["mild", "mild-trainer", "mild-gateway"];

/// Everything is built anew, without what the workspace has built.
const LIMIT: Duration = Duration::from_secs(3600);

/// Warnings that are meant. The integration tests of `mild` stay behind: what they share with others is
/// not published.
const MEANT: [(&str, &str); 2] = [
    ("warning: ignoring test `", "is not included in the published package"),
    ("warning: aborting upload", "due to dry run"),
];

/// What would be in the packages. Reaches for no network, and takes uncommitted changes as they are.
pub(super) fn contents() -> Result<Verdict> {
    let mut package = cargo();
    package.args(["package", "--no-verify", "--allow-dirty", "--offline"]);
    judge("contents", &mut package)
}

/// All but the upload: the packages are made of what is committed, and built. Asks the registry.
pub(super) fn published() -> Result<Verdict> {
    let mut publish = cargo();
    publish.args(["publish", "--dry-run"]);
    judge("publish --dry-run", &mut publish)
}

fn judge(check: &'static str, command: &mut Command) -> Result<Verdict> {
    command.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    let finished = run_within(command, LIMIT)?;
    if !finished.success() {
        bail!("{}", last(&finished));
    }
    let warnings = warnings(&finished.stderr);
    let detail = match warnings.first() {
        None => format!("{} without a warning", PACKAGES.join(", ")),
        Some(first) => format!("{} warnings, the first one: {first}", warnings.len()),
    };
    Ok(Verdict { check, passed: Some(warnings.is_empty()), detail })
}

/// The end of what a command said before it failed.
fn last(finished: &Finished) -> String {
    let lines: Vec<&str> = finished.stderr.lines().collect();
    let from = lines.len().saturating_sub(12);
    lines.get(from..).unwrap_or_default().join("\n")
}

/// The warnings that nobody means.
fn warnings(output: &str) -> Vec<&str> {
    let meant = |line: &str| {
        MEANT.iter().any(|(start, end)| line.starts_with(start) && line.ends_with(end))
    };
    output.lines().filter(|line| line.starts_with("warning") && !meant(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_script_that_stays_behind_is_found_and_tests_may() {
        let test = "warning: ignoring test `slots` as `tests/slots.rs` is not included in the \
            published package";
        let script = "warning: ignoring `package.build` entry `build.rs` as it is not included in \
            the published package";
        let said = format!(
            "   Packaging mild\n{test}\n{script}\nwarning: aborting upload due to dry run\n"
        );
        assert_eq!(warnings(&said), [script]);
        assert_eq!(warnings("warning: unused variable: `x`").len(), 1);
    }
}
