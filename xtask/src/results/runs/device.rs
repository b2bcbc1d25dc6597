//! Counts on the emulated cores.

use super::commands::xtask;
use crate::{
    energy::{self, Estimates},
    flash, frames, motion,
    process::run,
    results::{
        kept::decision_instructions,
        made::{Files, Made},
    },
    table::Table,
    toolchain::{Choice, Toolchains},
    window_features,
};
use anyhow::{Result, ensure};

pub(in super::super) fn device(check: bool) -> Result<Files> {
    let folder = tempfile::tempdir()?;
    let mut command = xtask(&["device", "bench", "--csv"])?;
    command.arg(folder.path());
    // Peers do not change with this code.
    run(if check { command.arg("--no-peers") } else { &mut command })?;
    let compiler = Toolchains::new(Choice::Auto).prepare("thumbv7em-none-eabihf")?.version()?;
    let mut files = Vec::new();
    for name in ["device", "device-policy", "device-bars", "device-estimates"] {
        let table = Table::read(&folder.path().join(name).with_extension("csv"))?;
        files.push((name, Made::Table(table.with_column("compiler", &compiler))));
    }
    Ok(if check { files.into_iter().take(2).collect() } else { files })
}

pub(in super::super) fn signatures(_: bool) -> Result<Files> {
    let folder = tempfile::tempdir()?;
    run(xtask(&["device", "signatures", "--csv"])?.arg(folder.path()))?;
    let compiler = Toolchains::new(Choice::Auto).prepare("thumbv7em-none-eabihf")?.version()?;
    let table = Table::read(&folder.path().join("signatures.csv"))?;
    Ok(vec![("signatures", Made::Table(table.with_column("compiler", &compiler)))])
}

pub(in super::super) fn window_features(_: bool) -> Result<Files> {
    let compiler = Toolchains::new(Choice::Auto).prepare("thumbv7em-none-eabihf")?.version()?;
    let window_features::Costs { shown, by_length } = window_features::measure()?;
    Ok(vec![
        ("window-features", Made::Table(shown.with_column("compiler", &compiler))),
        ("window-features-by-length", Made::Table(by_length.with_column("compiler", &compiler))),
    ])
}

pub(in super::super) fn motion(_: bool) -> Result<Files> {
    let motion = motion::motion(&motion::default_cores()?, Choice::Auto)?;
    ensure!(motion.passed(), "decisions on a core are other ones than the host's");
    Ok(vec![
        ("motion", Made::Table(motion.by_core())),
        ("motion-losses", Made::Table(motion.losses()?)),
        ("motion-features", Made::Table(motion.features()?)),
    ])
}

pub(in super::super) fn flash(_: bool) -> Result<Files> {
    let compiler = Toolchains::new(Choice::Auto).prepare("thumbv7em-none-eabihf")?.version()?;
    Ok(vec![("flash", Made::Table(flash::measure()?.with_column("compiler", &compiler)))])
}

pub(in super::super) fn frames(_: bool) -> Result<Files> {
    let compiler = Toolchains::new(Choice::Auto).prepare("thumbv7em-none-eabihf")?.version()?;
    Ok(vec![("frames", Made::Table(frames::measure()?.with_column("compiler", &compiler)))])
}

pub(in super::super) fn energies(_: bool) -> Result<Files> {
    let instructions = decision_instructions(energy::CORE, energy::SHAPE)?;
    let Estimates { table, frames, assumptions } = energy::estimates(instructions)?;
    let text = format!("{frames}\n{assumptions}");
    Ok(vec![("energy", Made::Table(table)), ("energy-assumptions", Made::Text(text))])
}
