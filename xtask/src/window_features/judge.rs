//! Judging a run of the firmware `window-features`: features on the device against the host's.

use crate::{process::Finished, verdict::Verdict};
use mild_test_support::windows::{self, COMPARED, Compared, Stream};

/// What a finished run says about each kind of sample.
pub(crate) fn judge(run: &Finished) -> Vec<Verdict> {
    let kinds = [("features of i16", "i16"), ("features of f32", "f32")];
    let expected = windows::digests(Stream::Plain);
    let mut verdicts: Vec<Verdict> = kinds
        .into_iter()
        .zip(&expected)
        .map(|((check, kind), expected)| verdict(check, compare(kind, &run.stdout, expected), run))
        .collect();
    // Only a comparison that can fail has said anything by passing.
    verdicts.push(verdict("disturbed features", control(&run.stdout, &expected), run));
    verdicts
}

fn verdict(check: &'static str, (passed, detail): (bool, String), run: &Finished) -> Verdict {
    let (passed, detail) = match run.success() {
        true => (passed, detail),
        false => (false, format!("{detail}; {}", crate::parity::describe_status(run))),
    };
    Verdict { check, passed: Some(passed), detail }
}

/// The digests on the line of this kind, if there are as many as there should be.
fn digests(kind: &str, stdout: &str) -> Result<Vec<u32>, String> {
    let line = stdout.lines().find_map(|line| line.strip_prefix(kind));
    let line = line.ok_or("not reported")?;
    let words = line.split(|letter: char| !letter.is_ascii_hexdigit());
    let found: Vec<u32> = words.filter_map(|word| u32::from_str_radix(word, 16).ok()).collect();
    if found.len() == COMPARED {
        Ok(found)
    } else {
        Err(format!("{} digests, expected {COMPARED}", found.len()))
    }
}

/// Whether the line of this kind has the digests, and what it has.
fn compare(kind: &str, stdout: &str, expected: &[u32; COMPARED]) -> (bool, String) {
    let found = match digests(kind, stdout) {
        Ok(found) => found,
        Err(error) => return (false, error),
    };
    let other: Vec<_> = found
        .iter()
        .zip(expected)
        .enumerate()
        .filter(|(_, (found, expected))| found != expected)
        .map(|(place, _)| Compared(place).to_string())
        .collect();
    match other.is_empty() {
        true => (true, format!("{COMPARED} features")),
        false => (false, format!("other than the host's: {}", other.join(", "))),
    }
}

/// Whether the features of disturbed samples are other ones.
fn control(stdout: &str, expected: &[[u32; COMPARED]; 2]) -> (bool, String) {
    for (kind, expected) in ["disturbed i16", "disturbed f32"].into_iter().zip(expected) {
        if let Err(error) = digests(kind, stdout) {
            return (false, error);
        }
        if compare(kind, stdout, expected).0 {
            return (false, format!("{kind}: the same as of the plain samples"));
        }
    }
    (true, "found to be others".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_digests_pass_and_any_other_is_named() {
        let [expected, other] = windows::digests(Stream::Plain);
        let good = format!("x\ni16 {expected:08x?}\n");
        assert_eq!(compare("i16", &good, &expected), (true, "26 features".to_owned()));
        let mut bad = expected;
        bad[1] ^= 1;
        let (passed, detail) = compare("i16", &format!("i16 {bad:08x?}"), &expected);
        assert!(!passed && detail.ends_with(": variance"), "{detail}");
        assert!(!compare("i16", &good, &other).0);
        assert!(!compare("f32", &good, &expected).0);
        assert!(!compare("i16", "i16 [1, 2]", &expected).0);
    }

    #[test]
    fn a_comparison_that_cannot_fail_is_found() {
        let plain = windows::digests(Stream::Plain);
        let [i16, f32] = windows::digests(Stream::Disturbed);
        let text = format!("disturbed i16 {i16:08x?}\ndisturbed f32 {f32:08x?}\n");
        assert!(control(&text, &plain).0);
        assert!(!control("", &plain).0);
        let same = format!("disturbed i16 {:08x?}\ndisturbed f32 {f32:08x?}\n", plain[0]);
        assert!(!control(&same, &plain).0);
    }
}
