//! Arguments of several commands.

use crate::{
    cores::{self, Core},
    qemu::Options,
    toolchain::Choice,
};
use clap::Args;
use std::{path::Path, time::Duration};

/// How device programs are built and run.
#[derive(Debug, Args)]
pub(crate) struct CommonArgs {
    /// The compiler to build firmware with
    #[arg(long, value_enum, default_value_t)]
    pub(crate) toolchain: Choice,
    /// Stop a program after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) timeout: u64,
}

impl CommonArgs {
    /// Options of a run whose files are in `directory`; with `icount` SysTick counts instructions.
    pub(crate) fn options(&self, directory: &Path, icount: bool) -> Options {
        Options {
            directory: directory.to_path_buf(),
            limit: Duration::from_secs(self.timeout),
            icount: icount.then_some(0),
            slot: None,
        }
    }
}

/// Parses the name of a core.
pub(crate) fn core(name: &str) -> Result<&'static Core, String> {
    cores::find(name).ok_or_else(|| format!("expected one of {}", cores::names()))
}
