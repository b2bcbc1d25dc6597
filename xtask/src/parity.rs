//! Judging a run of the firmware `parity` or `corrupt`.
//!
//! The firmware's own exit status is not believed alone: it must also have reported every check,
//! and each over as many rows as the file of vectors has, or as many damages as the image has room
//! for.

use crate::{process::Finished, verdict::Verdict};
use anyhow::{Context, Result, bail, ensure};
use std::{fs, path::Path};

/// The checks, with the word that the firmware uses. Only `codes` may have nothing to compare: an
/// image without an input quantizer has no rows for it.
const CHECKS: [&str; 4] = ["codes", "scores", "decision", "masked"];
/// The check of a program that also decides on several inputs at once.
const BATCH: &str = "batch";
const OPTIONAL: &str = "codes";
/// Offsets in the header.
const INPUTS: usize = 6;
const EXPERTS: usize = 8;
const ROWS: usize = 12;
/// After the header.
const FIRST_ROW: usize = 16;
/// After the start of a row: its kind and decisions.
const MASK: usize = 4;
/// After the row's kind, decisions, mask and margin.
const FIRST_SCORE: usize = FIRST_ROW + 12;
/// This much of a failing program's output is shown.
const SHOWN_LINES: usize = 20;

/// The number of rows that `vectors.bin` in `directory` announces.
pub(crate) fn rows(directory: &Path) -> Result<u32> {
    let bytes = vectors(directory)?;
    Ok(u32::from_le_bytes(field(&bytes, ROWS)?))
}

fn vectors(directory: &Path) -> Result<Vec<u8>> {
    let path = directory.join("vectors.bin");
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(bytes.starts_with(b"MVEC"), "{} does not start with MVEC", path.display());
    Ok(bytes)
}

/// The bytes of a field of `vectors.bin`.
fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    let field = bytes.get(at..at + N).and_then(|field| field.try_into().ok());
    field.with_context(|| format!("vectors.bin ends at byte {}", bytes.len()))
}

/// The codes of each row of the vectors in `directory`, and which experts are reachable.
pub(crate) fn codes_and_masks(directory: &Path) -> Result<Vec<(Vec<i8>, u32)>> {
    let bytes = vectors(directory)?;
    let inputs = usize::from(u16::from_le_bytes(field(&bytes, INPUTS)?));
    let experts = usize::from(u16::from_le_bytes(field(&bytes, EXPERTS)?));
    let mut at = FIRST_ROW;
    let mut rows = Vec::new();
    for _ in 0..u32::from_le_bytes(field(&bytes, ROWS)?) {
        let [kind] = field(&bytes, at)?;
        let mask = u32::from_le_bytes(field(&bytes, at + MASK)?);
        let codes = at + FIRST_SCORE - FIRST_ROW + 4 * experts;
        let row = bytes.get(codes..codes + inputs).context("vectors.bin is too short")?;
        rows.push((row.iter().map(|&code| code.cast_signed()).collect(), mask));
        at = codes + inputs.next_multiple_of(4) + input_bytes(kind, inputs)?;
    }
    Ok(rows)
}

/// The bytes of the input of a row, padding included; its codes stand before it.
fn input_bytes(kind: u8, inputs: usize) -> Result<usize> {
    Ok(match kind {
        0 => 0,
        1 => (2 * inputs).next_multiple_of(4),
        2 => 4 * inputs,
        other => bail!("a row is of the unknown kind {other}"),
    })
}

/// What a finished run says about each check, given how many rows there were to compare.
pub(crate) fn judge(run: &Finished, rows: u32) -> Vec<Verdict> {
    let mut verdicts: Vec<_> =
        CHECKS.iter().map(|check| verdict(check, &run.stdout, rows)).collect();
    let reported = verdicts.iter().all(|verdict| verdict.passed != Some(false));
    if reported && !run.success() {
        verdicts.push(Verdict {
            check: "exit status",
            passed: Some(false),
            detail: describe_status(run),
        });
    }
    verdicts
}

/// As [`judge`], of a program that also decides on several inputs at once.
pub(crate) fn judge_with_batches(run: &Finished, rows: u32) -> Vec<Verdict> {
    let mut verdicts = judge(run, rows);
    verdicts.push(verdict(BATCH, &run.stdout, rows));
    verdicts
}

/// Writes the first row of the vectors in `image`, with one bit of its first score flipped, into
/// `directory`. A run over it must fail.
pub(crate) fn control(image: &Path, directory: &Path) -> Result<()> {
    let mut bytes = vectors(image)?;
    let inputs = usize::from(u16::from_le_bytes(field(&bytes, INPUTS)?));
    let experts = usize::from(u16::from_le_bytes(field(&bytes, EXPERTS)?));
    let [kind] = field(&bytes, FIRST_ROW)?;
    let input = input_bytes(kind, inputs)?;
    bytes.truncate(FIRST_SCORE + 4 * experts + inputs.next_multiple_of(4) + input);
    bytes[ROWS..ROWS + 4].copy_from_slice(&1u32.to_le_bytes());
    *bytes.get_mut(FIRST_SCORE).context("no score in vectors.bin")? ^= 1;
    fs::create_dir_all(directory)?;
    fs::write(directory.join("vectors.bin"), bytes)?;
    Ok(())
}

/// Whether a finished run noticed that the vectors are those of another image, and failed.
pub(crate) fn differs(run: &Finished) -> bool {
    let wrong = report("scores", &run.stdout).is_some_and(|(_, wrong)| wrong > 0);
    wrong && run.status.is_some_and(|status| status.code() == Some(1))
}

/// What a finished run over the vectors of [`control`] says about the checks themselves.
pub(crate) fn judge_control(run: &Finished) -> Verdict {
    let noticed = matches!(report("scores", &run.stdout), Some((_, 1)));
    let failed = run.status.is_some_and(|status| status.code() == Some(1));
    let (passed, detail) = match noticed && failed {
        true => (true, "a flipped bit is noticed".to_owned()),
        false => (false, format!("a flipped bit is not noticed: {}", describe_status(run))),
    };
    Verdict { check: "control", passed: Some(passed), detail }
}

/// What a finished run of `corrupt` over an image of `bytes` bytes says about each kind of damage.
pub(crate) fn judge_damages(run: &Finished, bytes: usize) -> Vec<Verdict> {
    let words = bytes / 4;
    let mut verdicts: Vec<Verdict> = [
        ("flipped", bytes * 8, false),
        ("truncated", bytes, false),
        ("misaligned", 3, false),
        ("trailing", 4, false),
        ("erased", words * 2, false),
        // With the checksum made right, some are images again.
        ("flipped and sealed", (bytes - 4) * 8, true),
        ("replaced and sealed", (words - 1) * 8, true),
        ("cut and sealed", words - 4, true),
    ]
    .into_iter()
    .map(|(check, images, may_be_accepted)| {
        let (passed, detail) = match damages(check, &run.stdout) {
            None => (false, "not reported".to_owned()),
            Some((found, _)) if found != images => {
                (false, format!("{found} images, expected {images}"))
            }
            Some((_, accepted)) if may_be_accepted => {
                (true, format!("{} refused, {accepted} run", images - accepted))
            }
            Some((_, accepted)) => (accepted == 0, format!("{images} images, {accepted} accepted")),
        };
        Verdict { check, passed: Some(passed), detail }
    })
    .collect();
    // It fails too if the whole image is not accepted.
    verdicts.push(Verdict {
        check: "without a fault",
        passed: Some(run.success()),
        detail: describe_status(run),
    });
    verdicts
}

/// The damaged images and how many of them were accepted, from a line `check NAME: R images, A
/// accepted`.
fn damages(check: &str, output: &str) -> Option<(usize, usize)> {
    output.lines().find_map(|line| {
        let counts = line.strip_prefix("check ")?.strip_prefix(check)?.strip_prefix(": ")?;
        let (images, accepted) = counts.strip_suffix(" accepted")?.split_once(" images, ")?;
        Some((images.parse().ok()?, accepted.parse().ok()?))
    })
}

/// Whether it ended, and how.
pub(crate) fn describe_status(run: &Finished) -> String {
    match run.status {
        Some(status) => status.to_string(),
        None => format!("stopped after {:.0} s", run.elapsed.as_secs_f32()),
    }
}

/// The end of what the program and the emulator wrote, for the person who has to find out why it
/// failed.
pub(crate) fn last_lines(run: &Finished) -> Vec<&str> {
    let lines: Vec<_> = run.stdout.lines().chain(run.stderr.lines()).collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].to_vec()
}

fn verdict(check: &'static str, output: &str, expected: u32) -> Verdict {
    let (passed, detail) = match report(check, output) {
        None => (Some(false), "not reported".to_owned()),
        Some((_, wrong @ 1..)) => (Some(false), format!("{wrong} rows differ")),
        Some((0, 0)) if check == OPTIONAL => (None, "no rows with a quantized input".to_owned()),
        Some((rows, 0)) if check == OPTIONAL && rows <= expected => {
            (Some(true), format!("{rows} rows"))
        }
        Some((rows, 0)) if rows == expected && rows > 0 => (Some(true), format!("{rows} rows")),
        Some((rows, 0)) => (Some(false), format!("{rows} rows compared, expected {expected}")),
    };
    Verdict { check, passed, detail }
}

/// The rows compared and the rows that differ, from a line `check NAME: R rows, W wrong`.
fn report(check: &str, output: &str) -> Option<(u32, u32)> {
    output.lines().find_map(|line| {
        let counts = line.strip_prefix("check ")?.strip_prefix(check)?.strip_prefix(": ")?;
        let (rows, wrong) = counts.strip_suffix(" wrong")?.split_once(" rows, ")?;
        Some((rows.parse().ok()?, wrong.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};

    fn run(status: i32, codes: &str, masked: &str) -> Finished {
        Finished {
            status: Some(ExitStatus::from_raw(status << 8)),
            stdout: format!(
                "check codes: {codes}\ncheck scores: 9 rows, 0 wrong\ncheck decision: 9 rows, 0 wrong\n{masked}\n"
            ),
            stderr: String::new(),
            elapsed: Duration::ZERO,
        }
    }

    fn verdicts(run: &Finished) -> Vec<Option<bool>> {
        judge(run, 9).into_iter().map(|verdict| verdict.passed).collect()
    }

    const MASKED: &str = "check masked: 9 rows, 0 wrong";

    #[test]
    fn a_run_passes_only_with_every_check_reported_over_every_row() {
        let yes = Some(true);
        let no = Some(false);
        assert_eq!(verdicts(&run(0, "6 rows, 0 wrong", MASKED)), [yes; 4]);
        assert_eq!(verdicts(&run(0, "0 rows, 0 wrong", MASKED)), [None, yes, yes, yes]);
        assert_eq!(verdicts(&run(1, "6 rows, 2 wrong", MASKED)), [no, yes, yes, yes]);
        assert_eq!(verdicts(&run(0, "6 rows, 0 wrong", "")), [yes, yes, yes, no]);
        let fewer = "check masked: 8 rows, 0 wrong";
        assert_eq!(verdicts(&run(0, "6 rows, 0 wrong", fewer)), [yes, yes, yes, no]);
    }

    #[test]
    fn a_bad_exit_status_fails_even_when_the_counts_are_good() {
        let verdicts = judge(&run(1, "6 rows, 0 wrong", MASKED), 9);
        assert_eq!(verdicts.len(), 5);
        assert_eq!(verdicts[4].passed, Some(false));
    }

    #[test]
    fn damages_must_all_be_tried_and_refused() {
        let report = "check flipped: 320 images, 0 accepted\ncheck truncated: 40 images, 1 accepted\n\
                      check trailing: 3 images, 0 accepted\ncheck flipped and sealed: 288 images, 9 accepted\n";
        let mut run = run(0, "", "");
        run.stdout = report.to_owned();
        let passed = |name| {
            let verdicts = judge_damages(&run, 40);
            verdicts.into_iter().find(|verdict| verdict.check == name).unwrap().passed
        };
        assert_eq!(passed("flipped"), Some(true));
        assert_eq!(passed("truncated"), Some(false));
        assert_eq!(passed("trailing"), Some(false));
        assert_eq!(passed("erased"), Some(false));
        assert_eq!(passed("flipped and sealed"), Some(true));
        assert_eq!(passed("without a fault"), Some(true));
    }

    #[test]
    fn vectors_of_another_image_must_be_noticed_and_the_run_fail() {
        let found = |status, scores: &str| {
            let mut run = run(status, "6 rows, 0 wrong", MASKED);
            run.stdout = run.stdout.replace("scores: 9 rows, 0", scores);
            differs(&run)
        };
        assert!(found(1, "scores: 9 rows, 7"));
        assert!(!found(0, "scores: 9 rows, 7") && !found(1, "scores: 9 rows, 0"));
    }

    #[test]
    fn the_control_passes_only_if_the_firmware_noticed_and_failed() {
        let noticed = |status, wrong: &str| {
            let mut run = run(status, "6 rows, 0 wrong", MASKED);
            run.stdout = run.stdout.replace("scores: 9 rows, 0", wrong);
            judge_control(&run).passed
        };
        assert_eq!(noticed(1, "scores: 9 rows, 1"), Some(true));
        assert_eq!(noticed(0, "scores: 9 rows, 1"), Some(false));
        assert_eq!(noticed(1, "scores: 9 rows, 0"), Some(false));
    }
}
