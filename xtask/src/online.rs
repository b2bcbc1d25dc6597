//! Judging a run of the firmware `online`: thresholds that learn from answers, on the device and on
//! the host.

use crate::{
    process::Finished,
    reported::{self, Line},
    verdict::Verdict,
};
use mild_test_support::online::{self, Run};

/// What a finished run says about each kind of threshold.
pub(crate) fn judge(run: &Finished) -> Vec<Verdict> {
    let line = |Run { name, numbers }| {
        let meaning =
            format!("{} inputs asked about, {} answers wrong", numbers.asked, numbers.wrong);
        Line { name, numbers: numbers.to_string(), meaning }
    };
    reported::judge(run, online::runs().map(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use online::Numbers;

    #[test]
    fn what_was_learned_before_makes_a_difference() {
        let [feasible, full, two, two_full] = online::runs().map(|run| run.numbers);
        assert_ne!(feasible.digest, full.digest);
        assert_ne!(two.digest, two_full.digest);
        // Some inputs are asked about and some are not, and the budget of a quarter is kept, but
        // for what is asked at first to learn.
        for Numbers { asked, wrong, .. } in [feasible, full, two, two_full] {
            assert!((100..2900).contains(&asked) && wrong > 0, "{asked} {wrong}");
        }
        assert!(feasible.asked < 1100, "{}", feasible.asked);
    }
}
