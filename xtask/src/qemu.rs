//! Running firmware on an emulated board.

use crate::{
    apt,
    cores::Core,
    process::{Finished, find_program, read, run_within},
};
use anyhow::{Context, Result};
use std::{
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
    /// Count instructions: one is one tick of a 1 GHz clock, so SysTick becomes an exact counter. Slower.
    pub(crate) icount: bool,
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

    /// Runs the program `elf` on `core`. Its console is in [`Finished::stdout`], its exit status is that of the emulator.
    pub(crate) fn run(&self, core: &Core, elf: &Path, options: &Options) -> Result<Finished> {
        let mut command = Command::new(&self.program);
        command.current_dir(&options.directory);
        command.args(["-machine", core.machine]);
        command.args(["-display", "none", "-monitor", "none", "-serial", "none"]);
        command.args(["-semihosting-config", "enable=on,target=native"]);
        if options.icount {
            command.args(["-icount", "shift=0"]);
        }
        command.arg("-kernel").arg(elf);
        run_within(&mut command, options.limit)
    }
}
