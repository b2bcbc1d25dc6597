//! `cargo xtask wasm …`: the module for WebAssembly.

use crate::{
    toolchain::{Choice, Toolchains},
    verdict::Tally,
    wasm,
};
use anyhow::Result;
use clap::Subcommand;

/// What to do with the module.
#[derive(Debug, Subcommand)]
pub(crate) enum WasmCommand {
    /// Build it, and print where it is
    Build,
    /// Build it, and compare the golden vectors of all images in Node
    Test,
}

/// The command `cargo xtask wasm …`.
pub(crate) fn wasm(command: &WasmCommand) -> Result<bool> {
    match command {
        WasmCommand::Build => {
            let module = wasm::build(&mut Toolchains::new(Choice::Auto))?;
            println!("{}", module.display());
            Ok(true)
        }
        WasmCommand::Test => {
            let tally = run_checks(Choice::Auto)?;
            println!("\n{tally}");
            Ok(tally.failed == 0)
        }
    }
}

/// All tests of the module, over the images that the device tests made last.
pub(crate) fn run_checks(toolchain: Choice) -> Result<Tally> {
    wasm::check(&mut Toolchains::new(toolchain))
}
