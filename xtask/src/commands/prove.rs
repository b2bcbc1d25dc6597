//! `cargo xtask device prove`: what holds of every decision on a device, proven on the linked program.
//!
//! The firmware `prove` makes decisions and does little else. Of its ELF file it is proven that nothing in it can panic,
//! allocates or computes in floating point, and that the instructions of the DSP extension are there or are not; of its
//! runs that the number of instructions does not depend on the input, how deep the stack gets, and that the decisions are
//! the host's. Each proof is then tried on a program that breaks its property on purpose, and must fail there.

use super::{arguments::CommonArgs, heading};
use crate::{
    cores::Core,
    firmware::Firmware,
    images,
    linked::{Linked, is_dsp, is_float, is_smlad},
    parallel, parity,
    process::{Finished, root, target_dir},
    qemu::{Options, Qemu},
    source,
    toolchain::Toolchains,
    verdict::{Tally, Verdict},
};
use anyhow::{Context, Result, ensure};
use mild::{Decision, FeatureValue, Governor, Image, Reachable, Rejector, Scores};
use mild_test_support::{
    images::UNEVEN,
    inputs::{CAPPED, GOVERNED, INPUTS, Inputs, add_decision},
    random::Digest,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Bytes of stack that a decision may take beyond the scratch.
const STACK: u32 = 256;
/// The same under a governor, whose caller holds its state as well.
const GOVERNED_STACK: u32 = 320;

/// An instruction takes 256 ns: several ticks of SysTick on every board. A run that starts within a tick may be counted as
/// one tick more, so counts that differ by at most one tick are of equally many instructions.
const SHIFT: u8 = 8;
const JITTER: u32 = 1;

/// The one module that may have `unsafe`.
const UNSAFE: &str = "src/kernel";

/// What tells by its name that something can panic: the core library's ways to it, and where the board's handler ends.
const PANICS: [&str; 3] = ["9panicking", "exit_after_panic", "rust_begin_unwind"];
/// The crate `alloc`, and allocators.
const ALLOCATORS: [&str; 5] = ["_5alloc", "N5alloc", "__rust_alloc", "__rg_", "malloc"];
/// The runtime routines of floating point, in the names of the Arm ABI and of the compiler's library.
const FLOATS: [&str; 10] = [
    "__aeabi_f",
    "__aeabi_d",
    "__aeabi_i2f",
    "__aeabi_ui2f",
    "__aeabi_l2f",
    "__aeabi_ul2f",
    "__aeabi_i2d",
    "__aeabi_ui2d",
    "compiler_builtins5float",
    "sf3",
];

/// What a way to a decision does besides the network.
#[derive(Clone, Copy)]
enum Way {
    Codes,
    Raw,
    Governed,
    Capped,
}

/// The ways to a decision, in the order of the firmware.
const WAYS: [(&str, Way); 6] = [
    ("codes-embedded", Way::Codes),
    ("raw-embedded", Way::Raw),
    ("codes-slot", Way::Codes),
    ("raw-slot", Way::Raw),
    ("governed", Way::Governed),
    ("capped", Way::Capped),
];

/// A cargo feature of the firmware that breaks a property, a core to try it on, and the proof that must notice.
const BREAKS: [(&str, &str, &str); 7] = [
    ("break-panic", "m0", "no panic"),
    ("break-alloc", "m4", "no allocator"),
    ("break-float", "m0", "no float"),
    ("break-float", "m4", "no float"),
    ("break-time", "m0", "time"),
    ("break-time", "m4", "time"),
    ("break-stack", "m4", "stack"),
];

/// Proves everything on these cores.
pub(crate) fn prove(cores: &[&'static Core], common: &CommonArgs) -> Result<Tally> {
    let mut tally = Tally::default();
    heading("proofs: source");
    for verdict in [unsafe_code(), unsafe_code_control()] {
        tally.count("source", &verdict);
    }
    heading("proofs: programs");
    let qemu = Qemu::find()?;
    let mut toolchains = Toolchains::new(common.toolchain);
    let image = images::synthetic(UNEVEN)?;
    let programs = build(cores, &image, &mut toolchains)?;
    let expected = expected(&image)?;
    let options = common.options(&image, false).with_image(&image)?;
    let options = Options { icount: Some(SHIFT), ..options };
    let runs = parallel::map(&programs, |program| qemu.run(program.core, &program.elf, &options));
    for (program, run) in programs.iter().zip(runs) {
        let mut verdicts = linked(&Linked::read(&program.elf)?, program.core.dsp);
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
        // The same program, taken for one of the other kind.
        let verdicts = linked(&Linked::read(elf)?, !core.dsp);
        tally.count(&format!("{} taken for the other kind", core.name), &noticed(&verdicts, "DSP"));
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

/// Builds the program for each core, and what breaks it on purpose; each is kept under its own name.
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

/// What is proven of a linked program.
fn linked(program: &Linked, dsp: bool) -> Vec<Verdict> {
    let none = |check, parts: &[&str]| {
        let found = program.symbols_with(parts);
        let detail = match found.as_slice() {
            [] => format!("none of {} symbols", program.symbols.len()),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        Verdict { check, passed: Some(found.is_empty()), detail }
    };
    let mut float = none("no float", &FLOATS);
    let instructions = program.count(is_float);
    if instructions > 0 {
        float.passed = Some(false);
        float.detail = format!("{instructions} instructions of the FPU");
    }
    let (smlad, any) = (program.count(is_smlad), program.count(is_dsp));
    let detail =
        format!("{smlad} SMLAD, {any} of the extension, {} in all", program.instructions.len());
    let right = if dsp { smlad > 0 } else { any == 0 };
    vec![
        none("no panic", &PANICS),
        none("no allocator", &ALLOCATORS),
        float,
        Verdict { check: "DSP", passed: Some(right), detail },
    ]
}

/// What is proven of a run.
fn ran(run: &Finished, expected: &[u32]) -> Vec<Verdict> {
    match figures(run) {
        Ok((clock, figures)) => {
            let mut verdicts = Vec::new();
            for ((way, figure), expected) in WAYS.iter().zip(&figures).zip(expected) {
                let (way, kind) = way;
                let most_stack = match kind {
                    Way::Codes | Way::Raw => STACK,
                    Way::Governed | Way::Capped => GOVERNED_STACK,
                };
                let [least, most, stack, digest] = *figure;
                let instructions = f64::from(least) / clock;
                verdicts.push(Verdict {
                    check: "time",
                    passed: Some(most - least <= JITTER),
                    detail: format!(
                        "{way}: {instructions:.0} instructions, {:.0} more at most, {INPUTS} inputs",
                        (f64::from(most - least) / clock).floor()
                    ),
                });
                verdicts.push(Verdict {
                    check: "stack",
                    passed: Some(stack <= most_stack),
                    detail: format!("{way}: {stack} bytes"),
                });
                verdicts.push(Verdict {
                    check: "decisions",
                    passed: Some(digest == *expected),
                    detail: format!("{way}: digest {digest:08x}, the host's {expected:08x}"),
                });
            }
            verdicts
        }
        Err(error) => vec![Verdict::failed("run", &error)],
    }
}

/// Ticks for one instruction, and for each way its figures.
fn figures(run: &Finished) -> Result<(f64, Vec<[u32; 4]>)> {
    ensure!(
        run.success(),
        "{}: {}",
        parity::describe_status(run),
        parity::last_lines(run).join("; ")
    );
    let mut lines = run.stdout.lines();
    let [instructions, ticks] = numbers("clock", lines.next())?;
    let clock = f64::from(ticks) / f64::from(instructions);
    // A difference of one instruction must be more than what the start within a tick can make.
    ensure!(clock > f64::from(2 * JITTER + 1), "an instruction is only {clock:.2} ticks");
    let figures = WAYS.iter().map(|(way, _)| numbers(way, lines.next())).collect::<Result<_>>()?;
    Ok((clock, figures))
}

/// The hexadecimal numbers of a line that begins with `name`.
fn numbers<const N: usize>(name: &str, line: Option<&str>) -> Result<[u32; N]> {
    let line = line.with_context(|| format!("no line {name}"))?;
    let mut words = line.split_whitespace();
    ensure!(words.next() == Some(name), "{line:?}, expected {name}");
    let numbers = words.map(|word| u32::from_str_radix(word, 16));
    let numbers: Vec<u32> = numbers.collect::<Result<_, _>>().with_context(|| line.to_owned())?;
    numbers.try_into().ok().with_context(|| format!("{line:?}, expected {N} numbers"))
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

/// The digests of the host's decisions on the inputs of the runs.
fn expected(image: &Path) -> Result<Vec<u32>> {
    let bytes = fs::read(image.join("rejector.mild"))?;
    let words: Vec<u32> =
        bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
    let image = Image::from_words(&words)?;
    let high = |reading: i16| (reading >> 8) as i8;
    let plain = |scores: Scores<'_>, set| scores.decide(set);
    let (mut free, mut capped) = (Governor::new(&GOVERNED), Governor::new(&CAPPED));
    WAYS.iter()
        .map(|(_, way)| match way {
            Way::Codes => digest(&image, high, plain),
            Way::Raw => digest(&image, |reading| reading, plain),
            Way::Governed => digest(&image, high, |scores, set| free.input(scores).decide(set)),
            Way::Capped => digest(&image, high, |scores, set| capped.input(scores).decide(set)),
        })
        .collect()
}

fn digest<F: FeatureValue>(
    image: &Image<'_>,
    convert: impl Fn(i16) -> F,
    mut decide: impl FnMut(Scores<'_>, Reachable) -> Decision,
) -> Result<u32> {
    let rejector = Rejector::new(image);
    let mut scratch = vec![0; image.scratch_words()];
    let (mut inputs, mut digest) = (Inputs::new(), Digest::EMPTY);
    for _ in 0..INPUTS {
        let mut readings = vec![0; image.inputs()];
        let reachable = Reachable::from_bits(inputs.next(&mut readings));
        let features: Vec<F> = readings.into_iter().map(&convert).collect();
        let scores = rejector.scores(&features, &mut scratch)?;
        let decision = decide(scores, reachable);
        add_decision(&mut digest, decision.expert, decision.margin);
        // The firmware decides again, to measure the stack; that moves a governor.
        decide(scores, reachable);
    }
    Ok(digest.0)
}

/// No unsafe code in the crate but in the kernel's one file.
fn unsafe_code() -> Verdict {
    const CHECK: &str = "no unsafe";
    let root = root();
    match source::unsafe_lines(&root.join("src")) {
        Ok(lines) => {
            let outside: Vec<_> =
                lines.iter().filter(|(path, _)| !path.starts_with(root.join(UNSAFE))).collect();
            let detail = match outside.as_slice() {
                [] => format!("{} lines, all in {UNSAFE}", lines.len()),
                [(path, line), ..] => format!("{}:{line}", path.display()),
            };
            Verdict { check: CHECK, passed: Some(outside.is_empty()), detail }
        }
        Err(error) => Verdict::failed(CHECK, &error),
    }
}

/// The same on the source of the firmware's board, which has unsafe code.
fn unsafe_code_control() -> Verdict {
    const CHECK: &str = "unsafe code is noticed";
    match source::unsafe_lines(&root().join("examples/firmware/board/src")) {
        Ok(lines) => Verdict {
            check: CHECK,
            passed: Some(!lines.is_empty()),
            detail: format!("{} lines in examples/firmware/board", lines.len()),
        },
        Err(error) => Verdict::failed(CHECK, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};

    fn run(way: &str) -> Finished {
        let ways: String = WAYS.iter().map(|(name, _)| format!("{name} {way}\n")).collect();
        Finished {
            status: Some(ExitStatus::from_raw(0)),
            stdout: format!("clock 00002710 0000c350\n{ways}"),
            stderr: String::new(),
            elapsed: Duration::ZERO,
        }
    }

    fn failed(verdicts: &[Verdict]) -> Vec<&str> {
        let failed = verdicts.iter().filter(|verdict| verdict.passed == Some(false));
        let mut failed: Vec<_> = failed.map(|verdict| verdict.check).collect();
        failed.dedup();
        failed
    }

    #[test]
    fn a_run_passes_with_equal_times_a_small_stack_and_the_hosts_decisions() {
        let judge = |way| ran(&run(way), &[7; WAYS.len()]);
        let none: [&str; 0] = [];
        // A tick apart is where in a tick the run began; an instruction is five.
        assert_eq!(failed(&judge("00001000 00001001 00000100 00000007")), none);
        assert_eq!(failed(&judge("00001000 00001002 00000100 00000007"))[0], "time");
        assert_eq!(failed(&judge("00001000 00001000 00000104 00000007"))[0], "stack");
        assert_eq!(failed(&judge("00001000 00001000 00000100 00000008"))[0], "decisions");
        assert_eq!(failed(&judge("00001000 00001000 00000100")), ["run"]);
    }

    #[test]
    fn a_program_is_judged_by_its_symbols_and_instructions() {
        let program = |symbol: &str, instruction| Linked {
            symbols: [symbol.to_owned()].into(),
            instructions: vec![0xbf00, instruction],
        };
        let judge = |symbol, instruction, dsp| {
            let verdicts = linked(&program(symbol, instruction), dsp);
            failed(&verdicts).join(" ")
        };
        const SMLAD: u32 = 0xfb21_3002;
        assert_eq!(judge("_ZN4mild6policy6decide17h1dd89e121b2b68b4E", SMLAD, true), "");
        assert_eq!(judge("__aeabi_uidiv", 0xbf00, false), "");
        assert_eq!(judge("main", SMLAD, false), "DSP");
        assert_eq!(judge("main", 0xbf00, true), "DSP");
        assert_eq!(judge("main", 0xee20_0a81, false), "no float");
        assert_eq!(judge("__aeabi_fmul", 0xbf00, false), "no float");
        assert_eq!(judge("_ZN4core9panicking5panic17h0E", 0xbf00, false), "no panic");
        assert_eq!(judge("_RNvNtCs1_4core9panicking5panic", 0xbf00, false), "no panic");
        assert_eq!(
            judge("_ZN5alloc5alloc18handle_alloc_error17h0E", 0xbf00, false),
            "no allocator"
        );
    }

    #[test]
    fn a_break_is_noticed_only_by_its_own_proof() {
        let verdicts = linked(&Linked::default(), true);
        assert_eq!(noticed(&verdicts, "DSP").passed, Some(true));
        assert_eq!(noticed(&verdicts, "no panic").passed, Some(false));
        assert_eq!(noticed(&verdicts, "no such proof").passed, Some(false));
    }
}
