//! What the checks of a release found.

use crate::verdict::{Tally, Verdict};
use anyhow::Result;

/// What all checks found.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    pub(crate) tally: Tally,
    /// What could not be checked, and why.
    pub(crate) unchecked: Vec<String>,
}

impl Checks {
    /// Prints what a check found, and keeps it. An error is a check that failed.
    pub(super) fn count(&mut self, label: &str, verdict: Result<Verdict>) {
        let verdict = verdict.unwrap_or_else(|error| Verdict::failed("run", &error));
        self.tally.count(label, &verdict);
        if verdict.passed.is_none() {
            self.unchecked.push(format!("{label}, {}: {}", verdict.check, verdict.detail));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_checked_is_neither_passed_nor_forgotten() {
        let mut checks = Checks::default();
        let verdict =
            |passed| Ok(Verdict { check: "minimum", passed, detail: format!("{passed:?}") });
        for passed in [Some(true), None, Some(false)] {
            checks.count("compiler", verdict(passed));
        }
        checks.count("compiler", Err(anyhow::anyhow!("no compiler")));
        assert_eq!(checks.tally, Tally { passed: 1, failed: 2 });
        assert_eq!(checks.unchecked, ["compiler, minimum: None"]);
    }
}
