//! `cargo xtask lint`: formatting, lints and documentation, all without warnings.

use super::heading;
use crate::process::{cargo, root, run};
use std::process::Command;

/// Runs every step, also after a failure, and says whether all succeeded.
pub(crate) fn lint() -> bool {
    let steps = [
        ("formatting", step(&["fmt", "--all", "--check"])),
        ("formatting of the firmware", firmware_format()),
        (
            "clippy",
            step(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ]),
        ),
        (
            "clippy, the crate without features",
            step(&["clippy", "-p", "mild", "--no-default-features", "--", "-D", "warnings"]),
        ),
        ("documentation", documentation()),
    ];
    let mut failed = Vec::new();
    for (name, mut command) in steps {
        heading(&format!("lint: {name}"));
        if let Err(error) = run(&mut command) {
            println!("{error:#}");
            failed.push(name);
        }
    }
    heading("summary");
    match failed.as_slice() {
        [] => println!("lint: no findings"),
        failed => println!("lint failed: {}", failed.join("; ")),
    }
    failed.is_empty()
}

fn step(arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.args(arguments);
    command
}

fn firmware_format() -> Command {
    let mut command = step(&["fmt", "--all", "--check"]);
    command.current_dir(root().join("examples/firmware"));
    command
}

fn documentation() -> Command {
    let mut command = step(&["doc", "--workspace", "--no-deps", "--all-features"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}
