//! `cargo xtask motion`: from the raw samples of a motion sensor to decisions on an emulated core.

use super::arguments::core;
use crate::{cores::Core, motion, toolchain::Choice};
use anyhow::Result;
use clap::Args;

/// Where to run it.
#[derive(Debug, Args)]
pub(crate) struct MotionArgs {
    /// A core to run it on; without any, the M0 and the M4
    #[arg(long = "core", value_name = "CORE", value_parser = core)]
    cores: Vec<&'static Core>,
    /// The compiler to build the firmware with
    #[arg(long, value_enum, default_value_t)]
    toolchain: Choice,
}

/// Runs it, prints what it found, and says whether every core decides as the host does.
pub(crate) fn motion(args: &MotionArgs) -> Result<bool> {
    let cores = if args.cores.is_empty() { motion::default_cores()? } else { args.cores.clone() };
    let motion = motion::motion(&cores, args.toolchain)?;
    println!("{}", motion.losses()?.markdown(1));
    println!("{}", motion.features()?.markdown(1));
    println!("{}", motion.by_core().markdown(1));
    Ok(motion.passed())
}
