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

/// The length of window that documents show.
const SHOWN: &str = "256";

/// What features take.
#[derive(Debug)]
pub(crate) struct Costs {
    /// With a window of 256 samples, for documents.
    pub(crate) shown: Table,
    /// With a short and a long one: what `mild` estimates those of any length from.
    pub(crate) by_length: Table,
}

impl Costs {
    fn new() -> Self {
        Self {
            shown: Table::new(["core", "samples", "feature", "instructions", "RAM B", "stack B"]),
            by_length: Table::new(["core", "samples", "length", "feature", "instructions"]),
        }
    }
}

/// Runs the firmware `window-costs` on each core.
pub(crate) fn measure() -> Result<Costs> {
    let mut costs = Costs::new();
    let mut toolchains = Toolchains::new(Choice::Auto);
    for name in CORES {
        let core = cores::find(name).with_context(|| format!("no core {name}"))?;
        let (shown, by_length) = (costs.shown.rows.len(), costs.by_length.rows.len());
        for features in [&[][..], &["by-length"]] {
            let features = [core.features(), features].concat();
            let elf = Firmware { package: "window-costs", core, image: None }
                .build_with(&features, &mut toolchains)?;
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
            rows(name, &run.stdout, &mut costs).with_context(|| name.to_owned())?;
        }
        let printed = costs.shown.rows.len() > shown && costs.by_length.rows.len() > by_length;
        ensure!(printed, "{name}: the programs printed no figures");
    }
    Ok(costs)
}

/// Adds a row for each feature that a program reports.
fn rows(core: &str, stdout: &str, costs: &mut Costs) -> Result<()> {
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
            ["feature", samples, length, feature, repeats, ticks, stack, ram] => {
                let unit = unit.context("no clock before the figures")?;
                let instructions = number(ticks)? * unit / number(repeats)?;
                let instructions = format!("{instructions:.0}");
                if *length == SHOWN {
                    let cells = [core, *samples, *feature, &instructions, *ram, *stack];
                    costs.shown.push(cells.map(str::to_owned));
                } else {
                    let cells = [core, *samples, *length, *feature, &instructions];
                    costs.by_length.push(cells.map(str::to_owned));
                }
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
        let mut costs = Costs::new();
        let text = "clock 1000 10\nfeature i16 256 rms 4 2 96 640\nfeature f32 64 rms 1 3 9 9\n";
        rows("m0", text, &mut costs).unwrap();
        assert_eq!(costs.shown.rows, [["m0", "i16", "rms", "50", "640", "96"]]);
        assert_eq!(costs.by_length.rows, [["m0", "f32", "64", "rms", "300"]]);
        for wrong in ["feature i16 256 rms 4 2 96 640", "clock 1 x", "panicked"] {
            assert!(rows("m0", wrong, &mut costs).is_err(), "{wrong}");
        }
    }
}
