//! A package with sets of its cargo features: each compiles, without a warning.
//!
//! `cargo hack` makes the sets. They are made here for the package at the root of the workspace, and for
//! all where it cannot be installed.

use super::checks::Checks;
use crate::{
    process::{cargo, find_program, read, run, target_dir},
    toolchain::Toolchains,
    verdict::Verdict,
};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{env, process::Command};

/// Sets of the cargo features of a package.
#[derive(Debug)]
pub(super) struct Sets {
    pub(super) package: &'static str,
    /// The most features of a set, besides the set of all.
    pub(super) most: usize,
    /// Features that are in none.
    pub(super) without: &'static [&'static str],
    /// Compiled for a core and not for this host.
    pub(super) target: Option<&'static str>,
}

/// A feature that stands for others, which are in the sets themselves.
const DEFAULT: &str = "default";

/// The package at the root of the workspace. `cargo hack` starts cargo in the folder of a package, and there
/// cargo checks all default members of the workspace.
const AT_ROOT: &str = "mild";

/// Checks all these sets.
pub(super) fn check(all: &[Sets], toolchains: &mut Toolchains, checks: &mut Checks) {
    let hack = hack();
    if let Err(error) = &hack {
        println!("{error:#}\nno cargo-hack: the sets of features are made here instead");
    }
    for sets in all {
        let verdict = match &hack {
            Ok(path) if sets.package != AT_ROOT => {
                sets.check(toolchains, |sets| sets.by_hack(path))
            }
            _ => sets.check(toolchains, Sets::by_loop),
        };
        checks.count(sets.package, Ok(verdict));
    }
}

/// The search path for programs with `cargo-hack` on it, which is installed first if it is missing.
fn hack() -> Result<String> {
    let path = env::var("PATH").context("no PATH")?;
    if find_program("cargo-hack").is_some() {
        return Ok(path);
    }
    let tools = target_dir().join("tools");
    if !tools.join("bin/cargo-hack").is_file() {
        println!("no cargo-hack; it is installed into {}", tools.display());
        run(cargo().args(["install", "--locked", "--root"]).arg(&tools).arg("cargo-hack"))
            .context("cargo-hack cannot be installed")?;
    }
    Ok(format!("{}:{path}", tools.join("bin").display()))
}

impl Sets {
    fn check(
        &self,
        toolchains: &mut Toolchains,
        with: impl Fn(&Self) -> Result<String>,
    ) -> Verdict {
        let check = if self.target.is_some() { "features, for a core" } else { "features" };
        let found = match self.has_clippy(toolchains) {
            Ok(true) => with(self),
            Ok(false) => {
                let detail = "the only compiler for the target has no clippy";
                return Verdict { check, passed: None, detail: detail.to_owned() };
            }
            Err(error) => Err(error),
        };
        match found {
            Ok(detail) => Verdict { check, passed: Some(true), detail },
            Err(error) => Verdict::failed(check, &error),
        }
    }

    /// Whether there is a compiler with clippy for the target.
    fn has_clippy(&self, toolchains: &mut Toolchains) -> Result<bool> {
        let Some(target) = self.target else { return Ok(true) };
        Ok(toolchains.prepare(target)?.clippy().is_some())
    }

    fn by_hack(&self, path: &str) -> Result<String> {
        let mut command = cargo();
        command.env("PATH", path).args(["hack", "clippy", "--package", self.package]);
        command.args(["--feature-powerset", "--depth", &self.most.to_string()]);
        command.args(["--exclude-features", DEFAULT]);
        if !self.without.is_empty() {
            command.args(["--exclude-features", &self.without.join(",")]);
        }
        run(&mut self.end(command))?;
        Ok(format!("all sets of up to {} and all together, by cargo-hack", self.most))
    }

    /// What cargo takes after the features.
    fn end(&self, mut command: Command) -> Command {
        if let Some(target) = self.target {
            command.args(["--target", target]).arg("--target-dir").arg(target_dir().join("lint"));
        }
        command.args(["--", "-D", "warnings"]);
        command
    }

    /// All sets one after the other; an error that names those that failed.
    fn by_loop(&self) -> Result<String> {
        let features = self.features()?;
        let mut sets = subsets(&features, self.most);
        sets.push(features);
        let mut failed = Vec::new();
        for set in &sets {
            let set = set.join(",");
            let mut command = cargo();
            command.args(["clippy", "--quiet", "--package", self.package, "--no-default-features"]);
            command.args(["--features", &set]);
            if run(&mut self.end(command)).is_err() {
                failed.push(format!("[{set}]"));
            }
        }
        if !failed.is_empty() {
            bail!("{} of {} sets failed: {}", failed.len(), sets.len(), failed.join(", "));
        }
        Ok(format!("{} sets of up to {} and all together", sets.len(), self.most))
    }

    /// The features of which sets are made, as cargo knows them.
    fn features(&self) -> Result<Vec<String>> {
        let metadata = read(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Value = serde_json::from_str(&metadata)?;
        let mut packages = metadata["packages"].as_array().into_iter().flatten();
        let package = packages.find(|package| package["name"] == self.package);
        let features = package.and_then(|package| package["features"].as_object());
        let features = features.with_context(|| format!("no package {}", self.package))?;
        let counts = |name: &&String| *name != DEFAULT && !self.without.contains(&name.as_str());
        Ok(features.keys().filter(counts).cloned().collect())
    }
}

/// All sets of up to `most` of these.
fn subsets(of: &[String], most: usize) -> Vec<Vec<String>> {
    let Some((first, rest)) = of.split_first() else { return vec![Vec::new()] };
    let mut sets = subsets(rest, most);
    if most > 0 {
        sets.extend(subsets(rest, most - 1).into_iter().map(|mut set| {
            set.insert(0, first.clone());
            set
        }));
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_all_of_up_to_so_many() {
        let letters = ["a", "b", "c"].map(str::to_owned);
        let joined = |most| {
            let mut sets: Vec<String> =
                subsets(&letters, most).iter().map(|set| set.concat()).collect();
            sets.sort();
            sets
        };
        assert_eq!(joined(0), [""]);
        assert_eq!(joined(1), ["", "a", "b", "c"]);
        assert_eq!(joined(2), ["", "a", "ab", "ac", "b", "bc", "c"]);
        assert_eq!(joined(3).len(), 8);
    }

    #[test]
    fn the_features_of_the_crate_are_found_but_for_those_left_out() {
        let sets = Sets { package: "mild", most: 1, without: &["dsp"], target: None };
        let found = sets.features().unwrap();
        assert!(found.contains(&"writer".to_owned()), "{found:?}");
        assert!(!found.iter().any(|feature| feature == "dsp" || feature == DEFAULT), "{found:?}");
    }
}
