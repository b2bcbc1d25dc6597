//! What must hold before a release, and what of it is cheap enough for every change.

mod checks;
mod features;
mod packages;
mod semver;
mod versions;

use crate::{commands::heading, toolchain::Toolchains};
use checks::Checks;

/// The sets of cargo features: of the device's crate on this host and, each feature alone, on a core
/// without an operating system; of the programs.
const SETS: [features::Sets; 4] = [
    features::Sets { package: "mild", most: 2, without: &NOT_ON_HOSTS, target: None },
    features::Sets {
        package: "mild",
        most: 1,
        without: &NOT_ON_HOSTS,
        target: Some("thumbv6m-none-eabi"),
    },
    features::Sets { package: "mild-trainer", most: 2, without: &[], target: None },
    features::Sets { package: "mild-gateway", most: 2, without: &[], target: None },
];

/// Cargo features that mean something on certain cores alone, whose firmware the lint checks.
const NOT_ON_HOSTS: [&str; 3] = ["bench-internals", "dsp", "helium"];

/// What is checked with every change: versions, and what is in the packages.
pub(crate) fn check_quickly() -> Checks {
    let mut checks = Checks::default();
    heading("release: versions");
    versions::check(&mut checks);
    heading("release: packages");
    checks.count("packages", packages::contents());
    checks
}

/// Everything.
pub(crate) fn check(toolchains: &mut Toolchains) -> Checks {
    let mut checks = check_quickly();
    heading("release: cargo features");
    features::check(&SETS, toolchains, &mut checks);
    heading("release: the packages are built as they would be published");
    checks.count("packages", packages::published());
    heading("release: the minimum compiler");
    checks.count("compiler", versions::minimum_compiler());
    heading("release: changes that break");
    checks.count("mild", semver::check());
    checks
}
