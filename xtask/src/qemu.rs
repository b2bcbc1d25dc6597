//! Running firmware on an emulated board.

use crate::{
    apt,
    cores::{Core, Family},
    process::{Finished, find_program, read, run_within},
};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// The emulators of some cores.
#[derive(Debug)]
pub(crate) struct Qemu(Vec<Emulator>);

/// The emulator of a family.
#[derive(Debug)]
struct Emulator {
    family: Family,
    program: PathBuf,
}

/// The emulator's name, and Debian's package with it.
fn program(family: Family) -> (&'static str, &'static str) {
    match family {
        Family::CortexM => ("qemu-system-arm", "qemu-system-arm"),
        Family::RiscV => ("qemu-system-riscv32", "qemu-system-misc"),
    }
}

/// What a run may do.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Where the firmware finds the files that it opens.
    pub(crate) directory: PathBuf,
    /// After this time the run is stopped and has failed.
    pub(crate) limit: Duration,
    /// Count instructions: each takes 2 to the power of this many nanoseconds, so that SysTick
    /// becomes a counter of them; RISC-V has one anyway. Slower.
    pub(crate) icount: Option<u8>,
    /// The image to put into the board's flash slot.
    pub(crate) slot: Option<PathBuf>,
}

impl Options {
    /// The same with the image in `directory` in the flash slot.
    pub(crate) fn with_image(self, directory: &Path) -> Result<Self> {
        let image = directory.join("rejector.mild");
        let slot =
            fs::canonicalize(&image).with_context(|| format!("cannot read {}", image.display()))?;
        Ok(Self { slot: Some(slot), ..self })
    }
}

impl Qemu {
    /// The emulators of these cores on the PATH, installed first where one is missing.
    pub(crate) fn find<'a>(cores: impl IntoIterator<Item = &'a Core>) -> Result<Self> {
        let mut emulators: Vec<Emulator> = Vec::new();
        for core in cores {
            let family = core.family();
            if emulators.iter().all(|emulator| emulator.family != family) {
                emulators.push(Emulator::find(family)?);
            }
        }
        Ok(Self(emulators))
    }

    /// The command that runs the program `elf` on `core` with its files in `directory`, in real
    /// time, its serial ports to be given.
    pub(crate) fn command(&self, core: &Core, elf: &Path, directory: &Path) -> Result<Command> {
        let emulator = self.0.iter().find(|emulator| emulator.family == core.family());
        let emulator = emulator.with_context(|| format!("no emulator for {}", core.name))?;
        let mut command = Command::new(&emulator.program);
        command.current_dir(directory);
        command.args(["-machine", core.machine]);
        if let Some(cpu) = core.cpu {
            command.args(["-cpu", cpu]);
        }
        if core.family() == Family::RiscV {
            command.args(["-bios", "none"]);
        }
        command.args(["-display", "none", "-monitor", "none"]);
        command.args(["-semihosting-config", "enable=on,target=native"]);
        command.arg("-kernel").arg(elf);
        Ok(command)
    }

    /// Runs the program `elf` on `core`. Its console is in [`Finished::stdout`], its exit status is
    /// that of the emulator.
    pub(crate) fn run(&self, core: &Core, elf: &Path, options: &Options) -> Result<Finished> {
        let mut command = self.command(core, elf, &options.directory)?;
        command.args(["-serial", "none"]);
        if let Some(shift) = options.icount {
            command.args(["-icount", &format!("shift={shift}")]);
        }
        if let Some(image) = &options.slot {
            load(&mut command, core, image);
        }
        run_within(&mut command, options.limit)
    }
}

/// Puts an image into the flash slot when the board starts.
pub(crate) fn load(command: &mut Command, core: &Core, image: &Path) {
    let address = core.slot().origin;
    command.arg("-device");
    command.arg(format!("loader,file={},addr={address:#x},force-raw=on", image.display()));
}

impl Emulator {
    /// The emulator on the PATH, installed first if it is missing.
    fn find(family: Family) -> Result<Self> {
        let (name, package) = program(family);
        if find_program(name).is_none() {
            apt::install(&[package], name)?;
        }
        let program = find_program(name)
            .with_context(|| format!("{name} is still not on the PATH after its installation"))?;
        let version = read(Command::new(&program).arg("--version"))?;
        eprintln!("emulator {name}: {}", version.lines().next().unwrap_or_default());
        Ok(Self { family, program })
    }
}
