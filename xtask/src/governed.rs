//! Judging a run of the firmware `governed`: governors whose experts fail, on the device and on the
//! host.

use crate::{
    process::Finished,
    reported::{self, Line},
    verdict::Verdict,
};
use mild_test_support::governed::{self, Numbers, Run};

/// What a finished run says about each kind of governor.
pub(crate) fn judge(run: &Finished) -> Vec<Verdict> {
    let line = |Run { name, numbers }| {
        let Numbers { decisions, deferred, frames, .. } = numbers;
        let meaning = format!("{deferred} of {decisions} inputs deferred, {frames} frames");
        Line { name, numbers: numbers.to_string(), meaning }
    };
    reported::judge(run, governed::runs().map(line))
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
}
