//! Running firmware on an emulated board.

use crate::{
    apt,
    cores::Core,
    process::{Finished, find_program, read, run_within},
};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const PROGRAM: &str = "qemu-system-arm";

/// The emulator.
#[derive(Debug)]
pub(crate) struct Qemu {
    program: PathBuf,
}

/// What a run may do.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Where the firmware finds the files that it opens.
    pub(crate) directory: PathBuf,
    /// After this time the run is stopped and has failed.
    pub(crate) limit: Duration,
    /// Count instructions: each takes 2 to the power of this many nanoseconds, so that SysTick
    /// becomes a counter of them. Slower.
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
    /// The emulator on the PATH, installed first if it is missing.
    pub(crate) fn find() -> Result<Self> {
        if find_program(PROGRAM).is_none() {
            apt::install(&[PROGRAM], PROGRAM)?;
        }
        let program = find_program(PROGRAM).with_context(|| {
            format!("{PROGRAM} is still not on the PATH after its installation")
        })?;
        let version = read(Command::new(&program).arg("--version"))?;
        eprintln!("emulator: {}", version.lines().next().unwrap_or_default());
        Ok(Self { program })
    }

    /// The command that runs the program `elf` on `core` with its files in `directory`, in real
    /// time, its serial ports to be given.
    pub(crate) fn command(&self, core: &Core, elf: &Path, directory: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(directory);
        command.args(["-machine", core.machine]);
        command.args(["-display", "none", "-monitor", "none"]);
        command.args(["-semihosting-config", "enable=on,target=native"]);
        command.arg("-kernel").arg(elf);
        command
    }

    /// Runs the program `elf` on `core`. Its console is in [`Finished::stdout`], its exit status is
    /// that of the emulator.
    pub(crate) fn run(&self, core: &Core, elf: &Path, options: &Options) -> Result<Finished> {
        let mut command = self.command(core, elf, &options.directory);
        command.args(["-serial", "none"]);
        if let Some(shift) = options.icount {
            command.args(["-icount", &format!("shift={shift}")]);
        }
        if let Some(image) = &options.slot {
            let address = core.slot().origin;
            let file = image.display();
            command.arg("-device");
            command.arg(format!("loader,file={file},addr={address:#x},force-raw=on"));
        }
        run_within(&mut command, options.limit)
    }
}
