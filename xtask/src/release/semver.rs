//! Whether the interface of the crate keeps what its last version promised.

use super::versions;
use crate::{
    process::{cargo, find_program, read, root, run_within},
    verdict::Verdict,
};
use anyhow::{Result, bail};
use std::{process::Command, time::Duration};

/// The time to document two versions of the crate.
const LIMIT: Duration = Duration::from_secs(1800);

/// Compares the crate with the last release by `cargo semver-checks`. Without a release there is nothing
/// to compare with.
pub(super) fn check() -> Result<Verdict> {
    let check = "semver-checks";
    let Some(tag) = last_release()? else {
        let version = versions::workspace()?;
        let detail = format!(
            "no release yet; after v{version}: cargo semver-checks -p mild --all-features \
             --baseline-rev v{version}"
        );
        return Ok(Verdict { check, passed: None, detail });
    };
    if find_program("cargo-semver-checks").is_none() {
        bail!("found no cargo-semver-checks; run: cargo install --locked cargo-semver-checks");
    }
    let mut command = cargo();
    command.args(["semver-checks", "-p", "mild", "--all-features", "--baseline-rev", &tag]);
    let finished = run_within(&mut command, LIMIT)?;
    print!("{}{}", finished.stdout, finished.stderr);
    Ok(Verdict { check, passed: Some(finished.success()), detail: format!("beside {tag}") })
}

/// The tag of the last release that this state comes from.
fn last_release() -> Result<Option<String>> {
    let mut git = Command::new("git");
    git.current_dir(root()).args(["tag", "--list", "v[0-9]*", "--merged", "HEAD"]);
    let tags = read(git.arg("--sort=-version:refname"))?;
    Ok(tags.lines().next().map(str::to_owned))
}
