//! Judging a run of the firmware `governed`: governors whose experts fail, on the device and on the host.

use crate::{process::Finished, verdict::Verdict};
use mild_test_support::governed::{self, Numbers, Run};

/// What a finished run says about each kind of governor.
pub(crate) fn judge(run: &Finished) -> Vec<Verdict> {
    governed::runs()
        .into_iter()
        .map(|Run { name, numbers }| {
            let (passed, detail) = compare(name, &run.stdout, numbers);
            let (passed, detail) = match run.success() {
                true => (passed, detail),
                false => (false, format!("{detail}; {}", crate::parity::describe_status(run))),
            };
            Verdict { check: name, passed: Some(passed), detail }
        })
        .collect()
}

/// Whether the line of this run has the host's numbers, and what it has instead.
fn compare(name: &str, stdout: &str, expected: Numbers) -> (bool, String) {
    let line = stdout.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    match line {
        None => (false, "not reported".to_owned()),
        Some(found) if found == expected.to_string() => (
            true,
            format!(
                "{} of {} inputs deferred, {} frames",
                expected.deferred, expected.decisions, expected.frames
            ),
        ),
        Some(found) => (false, format!("`{found}`, the host has `{expected}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn experts_fail_and_the_ways_to_charge_differ() {
        let [attempts, answers, calm, calm_answers, unwatched] =
            governed::runs().map(|run| run.numbers);
        // Each input once, though many take several frames.
        assert!([attempts, answers, calm, calm_answers].iter().all(|run| run.decisions == 400));
        assert!(attempts.frames > attempts.deferred && answers.frames > answers.deferred);
        assert_eq!(calm.frames, calm.deferred);
        // Without failures there is no difference but the settings' fingerprint in the state.
        assert_eq!(Numbers { digest: 0, ..calm }, Numbers { digest: 0, ..calm_answers });
        assert_ne!(attempts.digest, answers.digest);
        // Watches change no decision.
        assert_eq!(Numbers { digest: 0, ..attempts }, Numbers { digest: 0, ..unwatched });
    }

    #[test]
    fn the_same_numbers_pass_and_any_other_is_named() {
        let [Run { name, numbers }, ..] = governed::runs();
        let good = format!("x\n{name} {numbers}\n");
        assert!(compare(name, &good, numbers).0);
        let other = Numbers { deferred: numbers.deferred + 1, ..numbers };
        let (passed, detail) = compare(name, &good, other);
        assert!(!passed && detail.contains("the host has"), "{detail}");
        assert!(!compare("answers-calm", &good, numbers).0);
    }
}
