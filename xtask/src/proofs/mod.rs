//! What is proven of device programs: of their source, of what is linked, of their runs.

mod cases;
mod host;
mod program;
mod run;
mod unsafe_code;

pub(crate) use host::expected;
pub(crate) use program::{library, linked, none};
pub(crate) use run::ran;
pub(crate) use unsafe_code::{unsafe_code, unsafe_code_control};

#[cfg(test)]
mod testing {
    use crate::verdict::Verdict;

    /// The checks that failed, each once.
    pub(super) fn failed(verdicts: &[Verdict]) -> Vec<&str> {
        let failed = verdicts.iter().filter(|verdict| verdict.passed == Some(false));
        let mut failed: Vec<_> = failed.map(|verdict| verdict.check).collect();
        failed.dedup();
        failed
    }
}
