//! `cargo xtask c …`: the C library.

use super::arguments::core;
use crate::{
    c_library::{self, Selection},
    cores::{CORES, Core},
    images,
    toolchain::{Choice, Toolchains},
    verdict::Tally,
};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use std::fs;

/// What to do with the C library.
#[derive(Debug, Subcommand)]
pub(crate) enum CCommand {
    /// Write mild-c/include/mild.h anew
    Header,
    /// Compile and run its tests on this host and on emulated boards
    Test(CTestArgs),
}

/// On which cores to test.
#[derive(Debug, Args)]
pub(crate) struct CTestArgs {
    /// A core to test on; without any, all of them
    #[arg(long = "core", value_name = "CORE", value_parser = core)]
    cores: Vec<&'static Core>,
    /// The compiler to build the library with
    #[arg(long, value_enum, default_value_t)]
    toolchain: Choice,
}

/// The command `cargo xtask c …`.
pub(crate) fn c(command: &CCommand) -> Result<bool> {
    match command {
        CCommand::Header => {
            let (path, text) = c_library::header()?;
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(true)
        }
        CCommand::Test(args) => {
            let cores =
                if args.cores.is_empty() { CORES.iter().collect() } else { args.cores.clone() };
            let tally = run_checks(cores, args.toolchain)?;
            println!("\n{tally}");
            Ok(tally.failed == 0)
        }
    }
}

/// All tests of the C library on these cores, over the images that the device tests made last; they
/// are made if there are none.
pub(crate) fn run_checks(cores: Vec<&'static Core>, toolchain: Choice) -> Result<Tally> {
    let images = images::present()?;
    c_library::check(&Selection { cores, images }, &mut Toolchains::new(toolchain))
}
