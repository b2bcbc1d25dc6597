//! `cargo xtask device signatures`: what it takes to verify a signed image.

use super::arguments::CommonArgs;
use crate::{
    process::target_dir,
    qemu::Qemu,
    signatures::{measure, measured_cores, table, write_images},
    toolchain::Toolchains,
};
use anyhow::{Context, Result};
use clap::Args;
use std::{fs, path::PathBuf};

/// How to measure, and where to write.
#[derive(Debug, Args)]
pub(crate) struct SignaturesArgs {
    /// Also write the table as a CSV file into this directory
    #[arg(long, value_name = "DIR")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

/// Measures and prints.
pub(crate) fn signatures(args: &SignaturesArgs) -> Result<()> {
    let images = target_dir().join("device/signatures");
    write_images(&images)?;
    let qemu = Qemu::find(measured_cores())?;
    let mut toolchains = Toolchains::new(args.common.toolchain);
    let options = args.common.options(&images, true);
    let rows = measure(&images, &options, &qemu, &mut toolchains)?;
    let table = table(&rows);
    println!("\n{}", table.markdown(0));
    if let Some(directory) = &args.csv {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let path = directory.join("signatures.csv");
        fs::write(&path, table.to_csv()?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
