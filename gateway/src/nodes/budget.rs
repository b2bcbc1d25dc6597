//! How many connections the operating system's limit of open files leaves room for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are open whatever happens: standard streams, listeners, the broker, name resolution.
const FIXED: usize = 64;

/// The connections of nodes that fit, `wanted` at most, beside `others` connections that the
/// gateway itself needs. Raises the limit of open files as far as it may.
pub(super) fn connections(wanted: usize, others: usize) -> usize {
    let reserve = FIXED.saturating_add(others);
    let needed = u64::try_from(wanted.saturating_add(reserve)).unwrap_or(u64::MAX);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(soft) = current else { return wanted };
    let mut files = soft;
    if soft < needed {
        let raised = maximum.map_or(needed, |hard| needed.min(hard));
        if setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok() {
            files = raised;
        }
    }
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let fit = wanted.min(files.saturating_sub(reserve)).max(1);
    if fit < wanted {
        tracing::warn!(
            limit = files,
            wanted,
            connections = fit,
            "the limit of open files leaves room for fewer connections; raise it (ulimit -n)"
        );
    }
    fit
}
