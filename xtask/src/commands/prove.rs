//! `cargo xtask device prove`: what holds of every decision on a device, proven on the linked
//! program.
//!
//! The firmware `prove` makes decisions and does little else. Its ELF file shows that nothing in it
//! can panic, allocates or computes in floating point, and whether it has the instructions of the
//! DSP extension or of Helium. Its runs show that the number of instructions does not depend on the
//! input, how deep the stack gets, and that the decisions are the host's. Each proof is also tried
//! on a program that breaks its property on purpose, and must fail there.

use super::{arguments::CommonArgs, heading};
use crate::{
    cores::{Core, Extension},
    firmware::Firmware,
    images,
    linked::Linked,
    parallel,
    process::target_dir,
    proofs::{expected, linked, ran, unsafe_code, unsafe_code_control},
    qemu::{Options, Qemu},
    toolchain::Toolchains,
    verdict::{Tally, Verdict},
};
use anyhow::{Context, Result};
use mild_test_support::images::UNEVEN;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// An instruction takes 256 ns: several ticks of SysTick on every board.
const SHIFT: u8 = 8;
/// A cargo feature of the firmware that breaks a property, a core to try it on, and the proof that
/// must notice.
const BREAKS: [(&str, &str, &str); 12] = [
    ("break-panic", "m0", "no panic"),
    ("break-alloc", "m4", "no allocator"),
    ("break-float", "m0", "no float"),
    ("break-float", "m4", "no float"),
    ("break-time", "m0", "time"),
    ("break-time", "m4", "time"),
    ("break-stack", "m4", "stack"),
    ("break-panic", "rv32imc", "no panic"),
    ("break-alloc", "rv32imc", "no allocator"),
    ("break-float", "rv32imc", "no float"),
    ("break-time", "rv32imc", "time"),
    ("break-stack", "rv32imc", "stack"),
];

/// Proves everything on these cores.
pub(crate) fn prove(cores: &[&'static Core], common: &CommonArgs) -> Result<Tally> {
    let mut tally = Tally::default();
    heading("proofs: source");
    for verdict in [unsafe_code(), unsafe_code_control()] {
        tally.count("source", &verdict);
    }
    heading("proofs: programs");
    let qemu = Qemu::find(cores.iter().copied())?;
    let mut toolchains = Toolchains::new(common.toolchain);
    let image = images::synthetic(UNEVEN)?;
    let programs = build(cores, &image, &mut toolchains)?;
    let expected = expected(&image)?;
    let options = common.options(&image, false).with_image(&image)?;
    let options = Options { icount: Some(SHIFT), ..options };
    let runs = parallel::map(&programs, |program| qemu.run(program.core, &program.elf, &options));
    for (program, run) in programs.iter().zip(runs) {
        let mut verdicts = linked(&Linked::read(&program.elf)?, program.core.extension);
        verdicts.extend(ran(&run?, &expected));
        match program.breaks {
            None => {
                for verdict in &verdicts {
                    tally.count(program.core.name, verdict);
                }
            }
            Some((feature, proof)) => {
                let label = format!("{} {feature}", program.core.name);
                tally.count(&label, &noticed(&verdicts, proof));
            }
        }
    }
    for (core, elf) in programs
        .iter()
        .filter(|program| program.breaks.is_none())
        .map(|program| (program.core, &program.elf))
    {
        // The same program, taken for one of the other kinds.
        for other in [Extension::Base, Extension::Dsp, Extension::Helium] {
            if other != core.extension {
                let verdicts = linked(&Linked::read(elf)?, other);
                let label = format!("{} taken for {other:?}", core.name);
                tally.count(&label, &noticed(&verdicts, "extension"));
            }
        }
    }
    Ok(tally)
}

/// A program that was built.
struct Program {
    core: &'static Core,
    elf: PathBuf,
    /// The feature that breaks it, and the proof that must notice.
    breaks: Option<(&'static str, &'static str)>,
}

/// Builds the program for each core, and what breaks it on purpose; each is kept under its own
/// name.
fn build(
    cores: &[&'static Core],
    image: &Path,
    toolchains: &mut Toolchains,
) -> Result<Vec<Program>> {
    let directory = target_dir().join("device/prove");
    fs::create_dir_all(&directory)?;
    let mut programs = Vec::new();
    for &core in cores {
        let firmware = Firmware { package: "prove", core, image: Some(image) };
        let whole = [(None, "prove")].into_iter();
        let broken = BREAKS.iter().filter(|(_, name, _)| *name == core.name);
        let broken = broken.map(|&(feature, _, proof)| (Some((feature, proof)), feature));
        for (breaks, name) in whole.chain(broken) {
            let breaking = breaks.iter().map(|(feature, _)| *feature);
            let features: Vec<_> = core.features().iter().copied().chain(breaking).collect();
            let built = firmware.build_with(&features, toolchains)?;
            let elf = directory.join(format!("{name}-{}", core.name));
            fs::copy(&built, &elf).with_context(|| format!("cannot write {}", elf.display()))?;
            programs.push(Program { core, elf, breaks });
        }
    }
    Ok(programs)
}

/// Whether the proof failed on a program that breaks its property.
fn noticed(verdicts: &[Verdict], proof: &str) -> Verdict {
    let failed = |verdict: &&Verdict| verdict.check == proof && verdict.passed == Some(false);
    let (passed, detail) = match verdicts.iter().find(failed) {
        Some(verdict) => (true, format!("{proof} fails: {}", verdict.detail)),
        None => (false, format!("{proof} does not fail")),
    };
    Verdict { check: "is noticed", passed: Some(passed), detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_is_noticed_only_by_its_own_proof() {
        let verdicts = linked(&Linked::default(), Extension::Dsp);
        assert_eq!(noticed(&verdicts, "extension").passed, Some(true));
        assert_eq!(noticed(&verdicts, "no panic").passed, Some(false));
        assert_eq!(noticed(&verdicts, "no such proof").passed, Some(false));
    }
}
