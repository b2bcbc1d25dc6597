//! The templates to copy, built as their pages say, and held to what this host decides.

use crate::{
    apt,
    cores::{self, Core},
    process::{Finished, find_program, read, root, run, run_within, target_dir},
    programs,
    qemu::{Options, Qemu},
    toolchain::Toolchains,
    verdict::{Tally, Verdict},
};
use anyhow::{Context, Result, ensure};
use mild::{Decision, Reachable, Rejector};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// The image of the templates.
mod rejector {
    #![allow(dead_code, reason = "written for firmware")]
    include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/template/src/rejector.rs"));
}
use rejector::IMAGE;

/// The readings in `examples/template/src/main.rs`.
const ROW: [f32; IMAGE.inputs()] = [-220.0, 351.0, 940.0];

/// Those in `examples/template-c/main.c`.
const ZEROS: [f32; IMAGE.inputs()] = [0.0; IMAGE.inputs()];

const LIMIT: Duration = Duration::from_secs(60);

/// The core that the templates are for.
fn core() -> Result<&'static Core> {
    cores::find("m4").context("no core m4")
}

/// Builds and runs the templates.
pub(crate) fn check(toolchains: &mut Toolchains, tally: &mut Tally) {
    let mut count = |label, check, found: Result<Option<String>>| {
        let verdict = match found {
            Ok(Some(detail)) => Verdict { check, passed: Some(true), detail },
            Ok(None) => Verdict {
                check,
                passed: None,
                detail: "CMake's cargo has no core library for it".to_owned(),
            },
            Err(error) => Verdict::failed(check, &error),
        };
        tally.count(label, &verdict);
    };
    let emulated = "decides on an emulated M4 as this host";
    count("examples/template", emulated, rust(toolchains).map(Some));
    let project = project();
    let host = project.as_deref().map_err(|error| anyhow::anyhow!("{error:#}"));
    count("examples/template-c", "decides on this host", host.and_then(c_host).map(Some));
    if let Ok(project) = &project {
        count("examples/template-c", emulated, c_m4(project, toolchains));
    }
}

/// What this host decides about a row.
fn decision(row: &[f32; IMAGE.inputs()]) -> Result<Decision> {
    let mut scratch = [0; IMAGE.scratch_words()];
    let decision = Rejector::new(&IMAGE).decide(&row[..], Reachable::ALL, &mut scratch);
    decision.map_err(|error| anyhow::anyhow!("this host: {error}"))
}

/// Builds the template in Rust and runs it.
fn rust(toolchains: &mut Toolchains) -> Result<String> {
    let core = core()?;
    let toolchain = toolchains.prepare(core.target)?;
    let target_dir = toolchain.target_dir().join("template");
    let mut cargo = toolchain.build();
    cargo.current_dir(root().join("examples/template"));
    run(cargo.args(["--quiet", "--release", "--target-dir"]).arg(&target_dir))?;
    let elf = target_dir.join(core.target).join("release/template");
    let Decision { expert, margin, .. } = decision(&ROW)?;
    holds(&emulate(core, &elf)?, &format!("expert {expert}, margin {margin}"))
}

/// A copy of the template in C, with an image exported into it.
fn project() -> Result<PathBuf> {
    for name in ["cmake", "arm-none-eabi-gcc"] {
        if find_program(name).is_none() {
            let packages = ["cmake", "gcc-arm-none-eabi", "libnewlib-arm-none-eabi"];
            apt::install(&packages, "CMake and a C compiler for Cortex-M")?;
        }
    }
    let (source, copy) = (root().join("examples/template-c"), target_dir().join("template-c"));
    fs::create_dir_all(copy.join("image"))?;
    for entry in fs::read_dir(&source)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), copy.join(entry.file_name()))?;
        }
    }
    let image = copy.join("image/rejector.mild");
    fs::write(&image, IMAGE.bytes())?;
    // Its configuration comes with the demonstration, and has the names.
    let (mild, demo) = (programs::mild()?, copy.join("demo"));
    run(Command::new(&mild).args(["demo", "--quiet", "--out"]).arg(&demo))?;
    let mut export = Command::new(&mild);
    export.arg("export").arg(&image).args(["--format", "c", "--config"]);
    run(export.arg(demo.join("wine.toml")).arg("--out").arg(copy.join("image/rejector")))?;
    Ok(copy)
}

/// Builds the copy with CMake and returns the program.
fn cmake(project: &Path, into: &str, options: &[&str]) -> Result<PathBuf> {
    let build = project.join(into);
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(project).arg("-B").arg(&build).args(options);
    configure.arg(format!("-DMILD_SOURCE={}", root().join("mild-c").display()));
    read(&mut configure)?;
    read(Command::new("cmake").arg("--build").arg(&build))?;
    Ok(build.join("node"))
}

fn c_host(project: &Path) -> Result<String> {
    let program = cmake(project, "build", &[])?;
    holds(&run_within(&mut Command::new(program), LIMIT)?, &said_in_c()?)
}

/// `None` if the cargo that CMake finds cannot build for the core.
fn c_m4(project: &Path, toolchains: &mut Toolchains) -> Result<Option<String>> {
    let core = core()?;
    if !toolchains.prepare(core.target)?.is_active() {
        return Ok(None);
    }
    let program = cmake(project, "build-m4", &["-DCMAKE_TOOLCHAIN_FILE=m4.cmake"])?;
    holds(&emulate(core, &program)?, &said_in_c()?).map(Some)
}

/// The line that the template in C prints.
fn said_in_c() -> Result<String> {
    let Decision { expert, margin, .. } = decision(&ZEROS)?;
    let name = IMAGE.names().nth(expert.into()).with_context(|| format!("no expert {expert}"))?;
    Ok(format!("{name}, margin {margin}"))
}

fn emulate(core: &'static Core, elf: &Path) -> Result<Finished> {
    let directory = target_dir();
    let options = Options { directory, limit: LIMIT, icount: None, slot: None };
    Qemu::find([core])?.run(core, elf, &options)
}

/// A program printed this line and ended well.
fn holds(finished: &Finished, expected: &str) -> Result<String> {
    let said = finished.stdout.trim();
    ensure!(finished.success(), "ended with {:?}: {said}{}", finished.status, finished.stderr);
    ensure!(said == expected, "found `{said}`, expected `{expected}`");
    Ok(expected.to_owned())
}
