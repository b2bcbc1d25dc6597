//! Judging a run of the firmware `window-features`: window statistics on the device against the
//! host's.

use crate::{process::Finished, verdict::Verdict};
use mild::window_features::Statistic;
use mild_test_support::windows;

/// What a finished run says about each kind of sample.
pub(crate) fn judge(run: &Finished) -> Vec<Verdict> {
    let kinds = [("features of i16", "i16"), ("features of f32", "f32")];
    kinds
        .into_iter()
        .zip(windows::digests())
        .map(|((check, kind), expected)| {
            let (passed, detail) = compare(kind, &run.stdout, &expected);
            let (passed, detail) = match run.success() {
                true => (passed, detail),
                false => (false, format!("{detail}; {}", crate::parity::describe_status(run))),
            };
            Verdict { check, passed: Some(passed), detail }
        })
        .collect()
}

/// Whether the line of this kind has the digests, and what it has.
fn compare(kind: &str, stdout: &str, expected: &[u32; Statistic::ALL.len()]) -> (bool, String) {
    let line = stdout.lines().find_map(|line| line.strip_prefix(kind));
    let Some(line) = line else { return (false, "not reported".to_owned()) };
    let found: Vec<_> = line
        .split(|letter: char| !letter.is_ascii_hexdigit())
        .filter(|word| !word.is_empty())
        .map(|word| u32::from_str_radix(word, 16).ok())
        .collect();
    if found.len() != expected.len() {
        return (false, format!("{} digests, expected {}", found.len(), expected.len()));
    }
    let other: Vec<_> = Statistic::ALL
        .iter()
        .zip(found.iter().zip(expected))
        .filter(|(_, (found, expected))| **found != Some(**expected))
        .map(|(statistic, _)| statistic.name())
        .collect();
    match other.is_empty() {
        true => (true, format!("{} statistics", expected.len())),
        false => (false, format!("other than the host's: {}", other.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_digests_pass_and_any_other_is_named() {
        let [expected, other] = windows::digests();
        let good = format!("x\ni16 {expected:08x?}\n");
        assert_eq!(compare("i16", &good, &expected), (true, "8 statistics".to_owned()));
        let mut bad = expected;
        bad[1] ^= 1;
        let (passed, detail) = compare("i16", &format!("i16 {bad:08x?}"), &expected);
        assert!(!passed && detail.ends_with(": variance"), "{detail}");
        assert!(!compare("i16", &good, &other).0);
        assert!(!compare("f32", &good, &expected).0);
        assert!(!compare("i16", "i16 [1, 2]", &expected).0);
    }
}
