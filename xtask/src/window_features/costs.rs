//! What window features take: instructions, stack and memory on two emulated cores.

use crate::{
    cores,
    firmware::Firmware,
    parity,
    qemu::{Options, Qemu},
    table::Table,
    toolchain::{Choice, Toolchains},
};
use anyhow::{Context, Result, bail, ensure};
use std::time::Duration;

/// Without an FPU, and with one of single precision.
const CORES: [&str; 2] = ["m0", "m4"];

/// Runs the firmware `window-costs` on each core.
pub(crate) fn measure() -> Result<Table> {
    let mut table = Table::new(["core", "samples", "feature", "instructions", "RAM B", "stack B"]);
    let mut toolchains = Toolchains::new(Choice::Auto);
    for name in CORES {
        let core = cores::find(name).with_context(|| format!("no core {name}"))?;
        let elf = Firmware { package: "window-costs", core, image: None }
            .build_with(core.features(), &mut toolchains)?;
        let folder = tempfile::tempdir()?;
        let options = Options {
            directory: folder.path().to_path_buf(),
            limit: Duration::from_secs(120),
            icount: Some(0),
            slot: None,
        };
        let run = Qemu::find([core])?.run(core, &elf, &options)?;
        if !run.success() {
            bail!("{name}: {}\n{}{}", parity::describe_status(&run), run.stdout, run.stderr);
        }
        let before = table.rows.len();
        rows(name, &run.stdout, &mut table).with_context(|| name.to_owned())?;
        ensure!(table.rows.len() > before, "{name}: the program printed no figures");
    }
    Ok(table)
}

/// Adds a row for each feature that a program reports.
fn rows(core: &str, stdout: &str, table: &mut Table) -> Result<()> {
    let mut unit = None;
    for line in stdout.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |word: &str| -> Result<f64> {
            word.parse().with_context(|| format!("expected a number, found {word}"))
        };
        match words.as_slice() {
            ["clock", instructions, ticks] => {
                unit = Some(number(instructions)? / number(ticks)?);
            }
            ["feature", samples, feature, repeats, ticks, stack, ram] => {
                let unit = unit.context("no clock before the figures")?;
                let instructions = number(ticks)? * unit / number(repeats)?;
                table.push([
                    core.to_owned(),
                    (*samples).to_owned(),
                    (*feature).to_owned(),
                    format!("{instructions:.0}"),
                    (*ram).to_owned(),
                    (*stack).to_owned(),
                ]);
            }
            _ => bail!("unexpected output: {line}"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_instructions() {
        let mut table =
            Table::new(["core", "samples", "feature", "instructions", "RAM B", "stack B"]);
        let text = "clock 1000 10\nfeature i16 rms 4 2 96 640\n";
        rows("m0", text, &mut table).unwrap();
        assert_eq!(table.rows, [["m0", "i16", "rms", "50", "640", "96"]]);
        for wrong in ["feature i16 rms 4 2 96 640", "clock 1 x", "panicked"] {
            assert!(rows("m0", wrong, &mut table).is_err(), "{wrong}");
        }
    }
}
