//! The window features of the C library: the host's bits, and no deeper a stack than the header says.

use super::compiler;
use crate::{
    cores::Core,
    linked::Linked,
    proofs,
    qemu::{Options, Qemu},
    verdict::Verdict,
    window_features,
};
use anyhow::Result;
use std::{path::Path, time::Duration};

/// A run that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(300);

/// Bytes of stack that the header promises of a function, by what `tests/windows.c` calls it.
const STACKS: [(&str, usize); 12] = [
    ("init-i16", 160),
    ("push-i16", 192),
    ("features-i16", 512),
    ("spectrum-i16", 640),
    ("magnitude-i16", 384),
    ("history-i16", 160),
    ("init-f32", 160),
    ("push-f32", 384),
    ("features-f32", 512),
    ("spectrum-f32", 640),
    ("magnitude-f32", 384),
    ("history-f32", 160),
];

/// Parts of the names of what belongs to window features.
const PARTS: [&str; 6] =
    ["window_features", "mild_window_", "mild_sines_", "mild_history_", "libm", "micromath"];

/// Compiles and runs `tests/windows.c` for a core; `without` is a program that has no window features.
/// Every digest must be the host's, and those of disturbed samples must differ.
pub(super) fn check(
    core: &Core,
    archive: &Path,
    into: &Path,
    without: &Linked,
    qemu: &Qemu,
) -> Result<Vec<Verdict>> {
    let elf = compiler::compile_for(core, "windows", archive, into)?;
    let program = Linked::read(&elf)?;
    let mut verdicts = proofs::library(&program);
    verdicts.push(linked_where_used(without, &program));
    let options = Options { directory: into.to_path_buf(), limit: LIMIT, icount: None, slot: None };
    let run = qemu.run(core, &elf, &options)?;
    verdicts.extend(window_features::judge(&run));
    verdicts.push(stacks(&run.stdout));
    Ok(verdicts)
}

/// The stack of each function beside what the header promises.
fn stacks(output: &str) -> Verdict {
    let found = |function| {
        let line =
            output.lines().find_map(|line| line.strip_prefix("stack ")?.strip_prefix(function));
        line.and_then(|line| line.trim().parse::<usize>().ok())
    };
    let mut worse = Vec::new();
    let mut all = Vec::new();
    for (function, most) in STACKS {
        match found(function) {
            // A function takes some stack.
            Some(bytes @ 1..) if bytes <= most => all.push(format!("{function} {bytes}")),
            Some(bytes) => worse.push(format!("{function}: {bytes} bytes, at most {most}")),
            None => worse.push(format!("{function}: not reported")),
        }
    }
    let passed = Some(worse.is_empty());
    let detail = if worse.is_empty() { all } else { worse };
    Verdict { check: "stack of windows", passed, detail: detail.join(", ") }
}

/// A program that names no window feature has nothing of them, and one that does has something: else
/// their names would be others by now.
fn linked_where_used(without: &Linked, with: &Linked) -> Verdict {
    let mut verdict = proofs::none(without, "windows only where used", &PARTS);
    if with.symbols_with(&PARTS).is_empty() {
        verdict.passed = Some(false);
        verdict.detail = "no name of them in the program that uses them".to_owned();
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_that_is_too_deep_or_not_reported_is_found() {
        let report = |push: usize| {
            let lines = STACKS.map(|(function, most)| match function {
                "push-i16" => format!("stack {function} {push}\n"),
                _ => format!("stack {function} {most}\n"),
            });
            stacks(&lines.concat())
        };
        assert_eq!(report(192).passed, Some(true));
        let deep = report(193);
        assert_eq!(
            (deep.passed, deep.detail.as_str()),
            (Some(false), "push-i16: 193 bytes, at most 192")
        );
        assert_eq!(report(0).passed, Some(false));
        assert!(stacks("").detail.contains("init-f32: not reported"));
    }

    #[test]
    fn what_is_linked_where_it_is_not_used_is_found() {
        let program = |symbols: &[&str]| Linked {
            symbols: symbols.iter().map(|&symbol| symbol.to_owned()).collect(),
            ..Linked::default()
        };
        let (none, some) = (program(&["mild_decide_i8"]), program(&["mild_window_i16_push"]));
        assert_eq!(linked_where_used(&none, &some).passed, Some(true));
        assert_eq!(linked_where_used(&some, &some).passed, Some(false));
        assert_eq!(linked_where_used(&none, &none).passed, Some(false));
    }
}
