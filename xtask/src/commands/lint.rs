//! `cargo xtask lint`: formatting, lints, documentation, packages and advisories, all without warnings.

use super::{
    advisories::{Advisories, advisories},
    heading,
    structure::structure,
};
use crate::{
    images,
    process::{cargo, find_program, root, run, target_dir},
    release, signatures,
    toolchain::{Choice, Toolchains},
    updates::SignedImages,
};
use anyhow::Result;
use mild_test_support::images::UNEVEN;
use std::{path::PathBuf, process::Command};

/// Programs for devices.
struct DevicePrograms {
    name: &'static str,
    directory: &'static str,
    target: &'static str,
    /// Where they are built later, below the folder of everything that is built: what runs on the host
    /// for a build serves there, too.
    folder: &'static str,
    packages: &'static [&'static str],
    /// Writes the images that they embed, and returns their directory.
    images: fn() -> Result<PathBuf>,
}

const M4: &str = "thumbv7em-none-eabihf";
const M0: &str = "thumbv6m-none-eabi";

/// As `Toolchain::target_dir` has them, and the boards.
const FIRMWARE: &str = "device/build";
const TEMPLATE: &str = "device/build/template";
const BOARDS: &str = "boards/build";

const DEVICE_PROGRAMS: [DevicePrograms; 7] = [
    DevicePrograms {
        name: "the firmware",
        directory: "examples/firmware",
        target: M4,
        folder: FIRMWARE,
        // What `motion` embeds is made from data that are fetched: `cargo xtask motion` builds it.
        packages: &[
            "--workspace",
            "--exclude",
            "signatures",
            "--exclude",
            "slots",
            "--exclude",
            "motion",
        ],
        images: plain_image,
    },
    DevicePrograms {
        name: "the firmware that verifies signatures",
        directory: "examples/firmware",
        target: M4,
        folder: FIRMWARE,
        packages: &["--package", "signatures"],
        images: signed_image,
    },
    DevicePrograms {
        name: "the firmware that updates its image",
        directory: "examples/firmware",
        target: M4,
        folder: FIRMWARE,
        packages: &["--package", "slots"],
        images: || Ok(SignedImages::write()?.directory),
    },
    board("the nrf52840-dk", "examples/boards/nrf52840-dk", M4, BOARDS),
    board("the rp2040-pico", "examples/boards/rp2040-pico", M0, BOARDS),
    board("the stm32f4", "examples/boards/stm32f4", M4, BOARDS),
    board("the template", "examples/template", M4, TEMPLATE),
];

const fn board(
    name: &'static str,
    directory: &'static str,
    target: &'static str,
    folder: &'static str,
) -> DevicePrograms {
    let packages = &["--workspace"];
    DevicePrograms { name, directory, target, folder, packages, images: plain_image }
}

fn plain_image() -> Result<PathBuf> {
    images::synthetic(UNEVEN)
}

fn signed_image() -> Result<PathBuf> {
    let directory = target_dir().join("lint/signatures");
    signatures::write_images(&directory)?;
    Ok(directory)
}

/// Runs every step, also after a failure, and says whether all succeeded.
pub(crate) fn lint() -> bool {
    let steps = [
        ("formatting", step(&["fmt", "--all", "--check"])),
        ("formatting of the firmware", within("examples/firmware", &["fmt", "--all", "--check"])),
        (
            "formatting of the peers",
            within("examples/firmware/peers-microflow", &["fmt", "--check"]),
        ),
        ("formatting of the fuzzing", within("fuzz", &["fmt", "--check"])),
        ("formatting of the C library", within("mild-c", &["fmt", "--check"])),
        ("formatting of the Python package", within("python", &["fmt", "--check"])),
        ("formatting of the build scripts", within("examples/build-support", &["fmt", "--check"])),
        ("formatting of node", within("examples/boards/node", &["fmt", "--check"])),
        ("formatting of nrf52840-dk", within("examples/boards/nrf52840-dk", &["fmt", "--check"])),
        ("formatting of rp2040-pico", within("examples/boards/rp2040-pico", &["fmt", "--check"])),
        ("formatting of stm32f4", within("examples/boards/stm32f4", &["fmt", "--check"])),
        ("formatting of the template", within("examples/template", &["fmt", "--check"])),
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
        ("clippy, the C library", within("mild-c", &["clippy", "--", "-D", "warnings"])),
        ("clippy, the Python package", python_clippy()),
        ("clippy, the fuzzing", fuzz_clippy()),
        ("documentation", documentation()),
    ];
    let mut failed = Vec::new();
    let mut toolchains = Toolchains::new(Choice::Auto);
    for (name, mut command) in steps {
        heading(&format!("lint: {name}"));
        if let Err(error) = run(&mut command) {
            println!("{error:#}");
            failed.push(name.to_owned());
        }
    }
    let mut skipped = Vec::new();
    for programs in &DEVICE_PROGRAMS {
        let name = format!("clippy, {}", programs.name);
        heading(&format!("lint: {name}"));
        match device_clippy(&mut toolchains, programs) {
            Ok(Some(mut command)) => {
                if let Err(error) = run(&mut command) {
                    println!("{error:#}");
                    failed.push(name);
                }
            }
            Ok(None) => skipped.push(name),
            Err(error) => {
                println!("{error:#}");
                failed.push(name);
            }
        }
    }
    if release::check_quickly().tally.failed > 0 {
        failed.push("release".to_owned());
    }
    heading("lint: import loops");
    if !structure().unwrap_or_else(|error| {
        println!("{error:#}");
        false
    }) {
        failed.push("import loops".to_owned());
    }
    heading("lint: alert rules");
    let mut untested = false;
    match alert_rules() {
        Some(mut command) => {
            if let Err(error) = run(&mut command) {
                println!("{error:#}");
                failed.push("alert rules".to_owned());
            }
        }
        None => untested = true,
    }
    heading("lint: advisories");
    let unchecked = match advisories() {
        Ok(Advisories::Clear) => None,
        Ok(Advisories::Found) => {
            failed.push("advisories".to_owned());
            None
        }
        Ok(Advisories::NotChecked(reason)) => Some(reason),
        Err(error) => Some(format!("{error:#}")),
    };
    heading("summary");
    if let Some(reason) = unchecked {
        println!("advisories: NOT CHECKED: {reason}");
    }
    if untested {
        println!(
            "alert rules: NOT TESTED: promtool is missing; install it (Debian's package: prometheus)"
        );
    }
    if !skipped.is_empty() {
        println!(
            "not run, as the only compiler for the target has no clippy: {}",
            skipped.join("; ")
        );
    }
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

/// Clippy for the target itself; none if the compiler that can build for it has none.
fn device_clippy(
    toolchains: &mut Toolchains,
    programs: &DevicePrograms,
) -> Result<Option<Command>> {
    let toolchain = toolchains.prepare(programs.target)?;
    let Some(mut command) = toolchain.clippy() else { return Ok(None) };
    command.current_dir(root().join(programs.directory)).args(["--quiet", "--release"]);
    command.args(programs.packages);
    command.arg("--target-dir").arg(target_dir().join(programs.folder));
    // The firmware wants to know its core and an image; any will do.
    command.env("MILD_CORE", "m4").env("MILD_IMAGE", (programs.images)()?);
    command.args(["--", "-D", "warnings"]);
    Ok(Some(command))
}

/// With the interpreter's stable interface no interpreter is needed.
fn python_clippy() -> Command {
    let mut command = within("python", &["clippy", "--target-dir"]);
    command.arg(target_dir()).args(["--", "-D", "warnings"]);
    command
}

/// Nothing is linked, so the fuzzer's own runtime, which takes a C++ compiler, need not be there.
fn fuzz_clippy() -> Command {
    let mut command = within("fuzz", &["clippy", "--all-targets", "--target-dir"]);
    command.arg(target_dir().join("fuzz")).args(["--", "-D", "warnings"]);
    command.env("CUSTOM_LIBFUZZER_PATH", "/not/linked/libfuzzer.a");
    command
}

/// The tests of the gateway's alerts; none without Prometheus's tool. It is not installed here: its
/// package brings a server that starts by itself.
fn alert_rules() -> Option<Command> {
    let mut command = Command::new(find_program("promtool")?);
    command.args(["test", "rules"]).arg(root().join("gateway/deploy/alerts_test.yml"));
    Some(command)
}

fn documentation() -> Command {
    let mut command = step(&["doc", "--workspace", "--no-deps", "--all-features"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}
