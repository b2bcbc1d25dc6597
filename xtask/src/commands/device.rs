//! `cargo xtask device …`: programs on emulated boards.

use super::{
    bench::{self, BenchArgs},
    heading,
};
use crate::{
    cores::{self, CORES, Core},
    firmware::Firmware,
    parity,
    process::{cargo, root, run, target_dir},
    qemu::{Options, Qemu},
    toolchain::{Choice, Toolchains},
};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// What to do on a device.
#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Compare results on the device with the host's recorded ones
    Test(DeviceTestArgs),
    /// Count instructions, and measure code, image, scratch and stack
    Bench(BenchArgs),
    /// Run one program on one core and show what it prints
    Run(DeviceRunArgs),
}

/// Which cores and images to test.
#[derive(Debug, Args)]
pub(crate) struct DeviceTestArgs {
    /// A directory with rejector.mild and vectors.bin; without any, one is trained on the demonstration data
    #[arg(long = "image", value_name = "DIR")]
    images: Vec<PathBuf>,
    /// A core to test on; without any, all of them
    #[arg(long = "core", value_name = "CORE", value_parser = core)]
    cores: Vec<&'static Core>,
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// Which program to run, and where.
#[derive(Debug, Args)]
pub(crate) struct DeviceRunArgs {
    /// An ELF file, or the name of a package in examples/firmware, which is built first
    program: String,
    /// The core to run it on
    #[arg(long, value_name = "CORE", value_parser = core)]
    core: &'static Core,
    /// The directory with the image to embed; also where the program finds the files that it opens
    #[arg(long, value_name = "DIR")]
    image: Option<PathBuf>,
    /// Make SysTick count instructions
    #[arg(long)]
    icount: bool,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CommonArgs {
    /// The compiler to build firmware with
    #[arg(long, value_enum, default_value_t)]
    pub(crate) toolchain: Choice,
    /// Stop a program after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    timeout: u64,
}

/// Counts of device checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Checks in which every row was equal.
    pub(crate) passed: usize,
    /// The others, a program that cannot be built or run being one.
    pub(crate) failed: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The command `cargo xtask device …`.
pub(crate) fn device(command: &DeviceCommand) -> Result<bool> {
    match command {
        DeviceCommand::Test(args) => {
            let tally = run_checks(args)?;
            println!("\n{tally}");
            Ok(tally.failed == 0)
        }
        DeviceCommand::Bench(args) => bench::bench(args),
        DeviceCommand::Run(args) => run_program(args),
    }
}

/// Runs the firmware `parity` for every image on every core.
pub(crate) fn run_checks(args: &DeviceTestArgs) -> Result<Tally> {
    let images = match args.images.as_slice() {
        [] => vec![demo_image()?],
        given => given.to_vec(),
    };
    let cores = match args.cores.as_slice() {
        [] => CORES.iter().collect(),
        given => given.to_vec(),
    };
    let qemu = Qemu::find()?;
    let mut toolchains = Toolchains::new(args.common.toolchain);
    let mut tally = Tally::default();
    for core in cores {
        heading(&format!("device {}: {} on {}", core.name, core.target, core.machine));
        for image in &images {
            if let Err(error) = check(core, image, args, &qemu, &mut toolchains, &mut tally) {
                println!("{} {}: run ... FAILED: {error:#}", core.name, image.display());
                tally.failed += 1;
            }
        }
    }
    // All loops ran over something, or the tally says so.
    if tally == Tally::default() {
        bail!("nothing was checked");
    }
    Ok(tally)
}

/// One image on one core. An error is a run that could not be judged.
fn check(
    core: &Core,
    image: &Path,
    args: &DeviceTestArgs,
    qemu: &Qemu,
    toolchains: &mut Toolchains,
    tally: &mut Tally,
) -> Result<()> {
    let rows = parity::rows(image)?;
    let firmware = Firmware { package: "parity", core, image: Some(image) };
    let elf = firmware.build(toolchains)?;
    let finished = qemu.run(core, &elf, &args.common.options(image, false))?;
    let mut outcomes = parity::judge(&finished, rows);
    let equal = outcomes.iter().all(|outcome| outcome.passed != Some(false));
    if equal {
        // Only a program that can fail has said anything by passing.
        let control = parity::control(image, &target_dir().join("device/control"))?;
        let control = qemu.run(core, &elf, &args.common.options(&control, false))?;
        outcomes.push(parity::judge_control(&control));
    }
    let label = format!("{} {}", core.name, name(image));
    for outcome in outcomes {
        let word = match outcome.passed {
            Some(true) => "ok",
            Some(false) => "FAILED",
            None => "not applicable",
        };
        println!("{label}: {} ... {word} ({})", outcome.check, outcome.detail);
        tally.passed += usize::from(outcome.passed == Some(true));
        tally.failed += usize::from(outcome.passed == Some(false));
    }
    if !equal {
        println!("{label}: {}; its last output:", parity::describe_status(&finished));
        for line in parity::last_lines(&finished) {
            println!("    {line}");
        }
    }
    Ok(())
}

/// Whether the program ended in time with exit status 0.
fn run_program(args: &DeviceRunArgs) -> Result<bool> {
    let directory = args.image.clone().unwrap_or_else(root);
    let elf = if Path::new(&args.program).is_file() {
        fs::canonicalize(&args.program)?
    } else {
        let firmware =
            Firmware { package: &args.program, core: args.core, image: args.image.as_deref() };
        firmware.build(&mut Toolchains::new(args.common.toolchain))?
    };
    let qemu = Qemu::find()?;
    let finished = qemu.run(args.core, &elf, &args.common.options(&directory, args.icount))?;
    print!("{}", finished.stdout);
    eprint!("{}", finished.stderr);
    eprintln!("{}: {}", args.core.name, parity::describe_status(&finished));
    Ok(finished.success())
}

impl CommonArgs {
    pub(crate) fn options(&self, directory: &Path, icount: bool) -> Options {
        Options {
            directory: directory.to_path_buf(),
            limit: Duration::from_secs(self.timeout),
            icount,
        }
    }
}

/// Trains an image on the demonstration data. Always anew: it must be the work of the trainer as it is now.
fn demo_image() -> Result<PathBuf> {
    let directory = target_dir().join("device/demo");
    // What an earlier trainer left behind must not be taken for this one's.
    if directory.exists() {
        fs::remove_dir_all(&directory)
            .with_context(|| format!("cannot remove {}", directory.display()))?;
    }
    heading("training the demonstration image");
    let mut command = cargo();
    command.args(["run", "--release", "-p", "mild-trainer", "--", "demo", "--quiet", "--out"]);
    run(command.arg(&directory))?;
    Ok(directory)
}

fn name(directory: &Path) -> String {
    let last = directory.file_name().unwrap_or(directory.as_os_str());
    last.to_string_lossy().into_owned()
}

pub(crate) fn core(name: &str) -> Result<&'static Core, String> {
    cores::find(name).ok_or_else(|| format!("expected one of {}", cores::names()))
}
