//! What is proven of a run: equal times, a small stack, the host's decisions.

use super::cases::{CASES, Case};
use crate::{parity, process::Finished, verdict::Verdict};
use anyhow::{Context, Result, ensure};
use mild_test_support::inputs::INPUTS;

/// Bytes of stack that a decision may take beyond the scratch.
const STACK: u32 = 256;
/// The same under a governor, whose caller holds its state as well.
const GOVERNED_STACK: u32 = 320;

/// A run that starts within a tick may be counted as one tick more, so counts that differ by at
/// most one tick are of equally many instructions. A counter of instructions has no such ticks.
const JITTER: u32 = 1;

/// By how many ticks the counts of equally many instructions may differ.
fn jitter(clock: f64) -> u32 {
    if clock == 1.0 { 0 } else { JITTER }
}

/// What is proven of a run.
pub(crate) fn ran(run: &Finished, expected: &[u32]) -> Vec<Verdict> {
    match figures(run) {
        Ok((clock, figures)) => {
            let mut verdicts = Vec::new();
            for ((case, figure), expected) in CASES.iter().zip(&figures).zip(expected) {
                let (name, case) = case;
                let most_stack = match case {
                    Case::Codes | Case::Raw => STACK,
                    Case::Governed | Case::Unwatched | Case::Capped => GOVERNED_STACK,
                };
                let [least, most, stack, digest] = *figure;
                let instructions = f64::from(least) / clock;
                verdicts.push(Verdict {
                    check: "time",
                    passed: Some(most - least <= jitter(clock)),
                    detail: format!(
                        "{name}: {instructions:.0} instructions, {:.0} more at most, {INPUTS} inputs",
                        (f64::from(most - least) / clock).floor()
                    ),
                });
                verdicts.push(Verdict {
                    check: "stack",
                    passed: Some(stack <= most_stack),
                    detail: format!("{name}: {stack} bytes"),
                });
                verdicts.push(Verdict {
                    check: "decisions",
                    passed: Some(digest == *expected),
                    detail: format!("{name}: digest {digest:08x}, the host's {expected:08x}"),
                });
            }
            verdicts
        }
        Err(error) => vec![Verdict::failed("run", &error)],
    }
}

/// The ticks of one instruction, and the figures of each case.
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
    // One instruction more must show, wherever within a tick a run starts.
    ensure!(
        jitter(clock) == 0 || clock > f64::from(2 * JITTER + 1),
        "an instruction is only {clock:.2} ticks"
    );
    let figures =
        CASES.iter().map(|(name, _)| numbers(name, lines.next())).collect::<Result<_>>()?;
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

#[cfg(test)]
mod tests {
    use super::{super::testing::failed, *};
    use std::{os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};

    fn run(figures: &str) -> Finished {
        let lines: String = CASES.iter().map(|(name, _)| format!("{name} {figures}\n")).collect();
        Finished {
            status: Some(ExitStatus::from_raw(0)),
            stdout: format!("clock 00002710 0000c350\n{lines}"),
            stderr: String::new(),
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn a_run_passes_with_equal_times_a_small_stack_and_the_hosts_decisions() {
        let judge = |figures| ran(&run(figures), &[7; CASES.len()]);
        let none: [&str; 0] = [];
        // A tick apart is where in a tick the run began; an instruction is five.
        assert_eq!(failed(&judge("00001000 00001001 00000100 00000007")), none);
        assert_eq!(failed(&judge("00001000 00001002 00000100 00000007"))[0], "time");
        assert_eq!(failed(&judge("00001000 00001000 00000104 00000007"))[0], "stack");
        assert_eq!(failed(&judge("00001000 00001000 00000100 00000008"))[0], "decisions");
        assert_eq!(failed(&judge("00001000 00001000 00000100")), ["run"]);
    }

    #[test]
    fn a_counter_of_instructions_may_not_differ_at_all() {
        let judge = |clock: &str, figures| {
            let mut run = run(figures);
            run.stdout = run.stdout.replace("0000c350", clock);
            failed(&ran(&run, &[7; CASES.len()])).join(" ")
        };
        assert_eq!(judge("00002710", "00001000 00001000 00000100 00000007"), "");
        assert_eq!(judge("00002710", "00001000 00001001 00000100 00000007"), "time");
        assert_eq!(judge("00002711", "00001000 00001000 00000100 00000007"), "run");
    }
}
