//! `cargo xtask lint`: formatting, lints and documentation, all without warnings.

use super::heading;
use crate::process::{cargo, root, run, target_dir};
use std::process::Command;

/// Runs every step, also after a failure, and says whether all succeeded.
pub(crate) fn lint() -> bool {
    let steps = [
        ("formatting", step(&["fmt", "--all", "--check"])),
        ("formatting of the firmware", within("examples/firmware", &["fmt", "--all", "--check"])),
        ("formatting of node", within("examples/boards/node", &["fmt", "--check"])),
        ("formatting of nrf52840-dk", within("examples/boards/nrf52840-dk", &["fmt", "--check"])),
        ("formatting of rp2040-pico", within("examples/boards/rp2040-pico", &["fmt", "--check"])),
        ("formatting of stm32f4", within("examples/boards/stm32f4", &["fmt", "--check"])),
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
        ("clippy, what the boards share", node_clippy()),
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

/// A step in another workspace.
fn within(directory: &str, arguments: &[&str]) -> Command {
    let mut command = step(arguments);
    command.current_dir(root().join(directory));
    command
}

/// The boards themselves need a target that this toolchain may not have.
fn node_clippy() -> Command {
    let mut command = within("examples/boards/node", &["clippy", "--all-targets"]);
    command.arg("--all-features").arg("--target-dir").arg(target_dir().join("boards/host"));
    command.args(["--", "-D", "warnings"]);
    command
}

fn documentation() -> Command {
    let mut command = step(&["doc", "--workspace", "--no-deps", "--all-features"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}
