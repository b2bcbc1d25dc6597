//! `cargo xtask device …`: programs on emulated boards.

use super::{
    arguments::{CommonArgs, core},
    bench::{self, BenchArgs},
    heading, prove,
    signatures::{SignaturesArgs, signatures},
};
use crate::{
    cores::{CORES, Core, WITH_I2C},
    energy::{self, Estimates},
    firmware::Firmware,
    governed, images, online, parallel, parity,
    process::{Finished, root, target_dir},
    qemu::Qemu,
    results, thermometer,
    toolchain::Toolchains,
    updates::{self, SignedImages},
    verdict::{Tally, Verdict},
    window_features,
};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use mild_test_support::images::DAMAGED;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What to do on a device.
#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Compare results on the device with the host's recorded ones
    Test(DeviceTestArgs),
    /// Prove what is linked, how long it runs and how deep its stack gets
    Prove(ProveArgs),
    /// Count instructions, and measure code, image, scratch and stack
    Bench(BenchArgs),
    /// Count what it takes to verify a signed image, and with which library
    Signatures(SignaturesArgs),
    /// Estimate the energy of a deferral over several radios beside that of a decision
    Energy,
    /// Run one program on one core and show what it prints
    Run(DeviceRunArgs),
}

/// Which cores and images to test.
#[derive(Debug, Args)]
pub(crate) struct DeviceTestArgs {
    /// A directory with rejector.mild and vectors.bin; without any, synthetic images and some
    /// trained on real logs
    #[arg(long = "image", value_name = "DIR")]
    images: Vec<PathBuf>,
    /// A core to test on; without any, all of them
    #[arg(long = "core", value_name = "CORE", value_parser = core)]
    cores: Vec<&'static Core>,
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// On which cores to prove.
#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    /// A core to prove on; without any, all of them
    #[arg(long = "core", value_name = "CORE", value_parser = core)]
    cores: Vec<&'static Core>,
    #[command(flatten)]
    common: CommonArgs,
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
    /// Make the counter one of instructions
    #[arg(long)]
    icount: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// The command `cargo xtask device …`.
pub(crate) fn device(command: &DeviceCommand) -> Result<bool> {
    match command {
        DeviceCommand::Test(args) => {
            let tally = run_checks(args)?;
            println!("\n{tally}");
            Ok(tally.failed == 0)
        }
        DeviceCommand::Prove(args) => {
            let cores =
                if args.cores.is_empty() { CORES.iter().collect() } else { args.cores.clone() };
            let tally = prove::prove(&cores, &args.common)?;
            println!("\n{tally}");
            Ok(tally.failed == 0)
        }
        DeviceCommand::Bench(args) => bench::bench(args),
        DeviceCommand::Signatures(args) => signatures(args).map(|()| true),
        DeviceCommand::Energy => print_energy(),
        DeviceCommand::Run(args) => run_program(args),
    }
}

/// Prints the estimates of energy.
fn print_energy() -> Result<bool> {
    let instructions = results::decision_instructions(energy::CORE, energy::SHAPE)?;
    let Estimates { table, frames, assumptions } = energy::estimates(instructions)?;
    println!("Estimates, not measurements.\n\n{frames}\n{}", table.markdown(1));
    println!("Assumed:\n\n{assumptions}");
    Ok(true)
}

/// Runs the firmware `parity` for every image on every core, and `corrupt`.
pub(crate) fn run_checks(args: &DeviceTestArgs) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut images = args.images.clone();
    if images.is_empty() {
        heading("images");
        images = images::fresh(|name, error| tally.count(name, &Verdict::failed("image", error)))?;
    }
    let with_i2c = args.cores.is_empty().then_some(&WITH_I2C);
    let qemu = Qemu::find(args.cores().into_iter().chain(with_i2c))?;
    let mut toolchains = Toolchains::new(args.common.toolchain);
    for core in args.cores() {
        heading(&format!("device {}: {} on {}", core.name, core.target, core.machine));
        if let Err(error) = check(core, &images, args, &qemu, &mut toolchains, &mut tally) {
            tally.count(core.name, &Verdict::failed("run", &error));
        }
    }
    if args.cores.is_empty() {
        heading(&format!("sensor: {} on {}", WITH_I2C.target, WITH_I2C.machine));
        match thermometer::check(&qemu, &mut toolchains) {
            Ok(verdict) => tally.count(WITH_I2C.name, &verdict),
            Err(error) => tally.count(WITH_I2C.name, &Verdict::failed("sensor", &error)),
        }
    }
    // All loops ran over something, or the tally says so.
    if tally == Tally::default() {
        bail!("nothing was checked");
    }
    Ok(tally)
}

/// A program to run, and how to judge what it says.
struct Job {
    name: String,
    elf: PathBuf,
    /// Where the program finds its files.
    directory: PathBuf,
    /// The directory of the image in the flash slot.
    image: PathBuf,
    judge: Judge,
}

type Judge = Box<dyn Fn(&Finished) -> Vec<Verdict> + Sync>;

type Compare = fn(&Finished) -> Vec<Verdict>;

/// All images on one core.
fn check(
    core: &Core,
    images: &[PathBuf],
    args: &DeviceTestArgs,
    qemu: &Qemu,
    toolchains: &mut Toolchains,
    tally: &mut Tally,
) -> Result<()> {
    let program = |package| Firmware { package, core, image: None };
    let elf = program("parity").build_with(core.features(), toolchains)?;
    let mut jobs = Vec::new();
    for image in images {
        let rows = parity::rows(image)?;
        jobs.push(Job {
            name: name(image),
            elf: elf.clone(),
            directory: image.clone(),
            image: image.clone(),
            judge: Box::new(move |run| parity::judge_with_batches(run, rows)),
        });
    }
    if let [image, ..] = images {
        // Only a program that can fail has said anything by passing.
        let directory = target_dir().join("device/control").join(core.name);
        parity::control(image, &directory)?;
        jobs.push(Job {
            name: name(image),
            elf,
            directory,
            image: image.clone(),
            judge: Box::new(|run| vec![parity::judge_control(run)]),
        });
    }
    // Programs without an image of their own.
    let others: [(&str, &str, Compare); 3] = [
        ("window-features", "windows", window_features::judge),
        ("governed", "failing experts", governed::judge),
        ("online", "learned thresholds", online::judge),
    ];
    for (package, name, judge) in others {
        let elf = program(package).build_with(core.features(), toolchains)?;
        if let [image, ..] = images {
            jobs.push(Job {
                name: name.to_owned(),
                elf,
                directory: image.clone(),
                image: image.clone(),
                judge: Box::new(judge),
            });
        }
    }
    if let [image, ..] = images {
        let signed = SignedImages::write()?;
        let firmware = Firmware { package: "slots", core, image: Some(&signed.directory) };
        let expected = signed.on_host()?;
        jobs.push(Job {
            name: "power failures".to_owned(),
            elf: firmware.build_with(core.features(), toolchains)?,
            directory: image.clone(),
            image: image.clone(),
            judge: Box::new(move |run| vec![updates::judge(run, expected)]),
        });
    }
    let elf = program("corrupt").build_with(core.features(), toolchains)?;
    for image in DAMAGED {
        let image = images::synthetic(image)?;
        let bytes = fs::metadata(image.join("rejector.mild"))?.len() as usize;
        jobs.push(Job {
            name: format!("{} damaged", name(&image)),
            elf: elf.clone(),
            directory: image.clone(),
            image,
            judge: Box::new(move |run| parity::judge_damages(run, bytes)),
        });
    }
    let runs = parallel::map(&jobs, |job| {
        let options = args.common.options(&job.directory, false).with_image(&job.image)?;
        qemu.run(core, &job.elf, &options)
    });
    for (job, run) in jobs.iter().zip(runs) {
        let label = format!("{} {}", core.name, job.name);
        let run = run?;
        let verdicts = (job.judge)(&run);
        for verdict in &verdicts {
            tally.count(&label, verdict);
        }
        if verdicts.iter().any(|verdict| verdict.passed == Some(false)) {
            println!("{label}: {}; its last output:", parity::describe_status(&run));
            for line in parity::last_lines(&run) {
                println!("    {line}");
            }
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
    let qemu = Qemu::find([args.core])?;
    let mut options = args.common.options(&directory, args.icount);
    if args.image.is_some() && directory.join("rejector.mild").is_file() {
        options = options.with_image(&directory)?;
    }
    let finished = qemu.run(args.core, &elf, &options)?;
    print!("{}", finished.stdout);
    eprint!("{}", finished.stderr);
    eprintln!("{}: {}", args.core.name, parity::describe_status(&finished));
    Ok(finished.success())
}

impl DeviceTestArgs {
    /// Those that were named, or all.
    pub(crate) fn cores(&self) -> Vec<&'static Core> {
        match self.cores.as_slice() {
            [] => CORES.iter().collect(),
            given => given.to_vec(),
        }
    }
}

fn name(directory: &Path) -> String {
    let last = directory.file_name().unwrap_or(directory.as_os_str());
    last.to_string_lossy().into_owned()
}
