//! What a check found, and how many passed.

use std::fmt;

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// What was checked.
    pub(crate) check: &'static str,
    /// `None` if there was nothing to compare.
    pub(crate) passed: Option<bool>,
    /// How many rows, or what went wrong.
    pub(crate) detail: String,
}

impl Verdict {
    /// A check that could not be carried out.
    pub(crate) fn failed(check: &'static str, error: &anyhow::Error) -> Self {
        Self { check, passed: Some(false), detail: format!("{error:#}") }
    }
}

/// Counts of checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Checks that passed.
    pub(crate) passed: usize,
    /// Checks that failed, also because a program could not be built or run.
    pub(crate) failed: usize,
}

impl Tally {
    /// Prints a verdict, and counts it.
    pub(crate) fn count(&mut self, label: &str, verdict: &Verdict) {
        let word = match verdict.passed {
            Some(true) => "ok",
            Some(false) => "FAILED",
            None => "not applicable",
        };
        println!("{label}: {} ... {word} ({})", verdict.check, verdict.detail);
        self.passed += usize::from(verdict.passed == Some(true));
        self.failed += usize::from(verdict.passed == Some(false));
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}
