//! Published advisories against the crates that are built here.

use crate::process::{Finished, cargo, find_program, run_within};
use anyhow::Result;
use std::time::Duration;

/// The time to fetch the advisories, and to read them.
const PATIENCE: Duration = Duration::from_secs(120);

/// How the check came out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Advisories {
    /// No advisory beyond the exceptions in `deny.toml`.
    Clear,
    /// There are some, and they are printed.
    Found,
    /// Nobody looked, for this reason.
    NotChecked(String),
}

/// Asks `cargo deny`, with the exceptions of `deny.toml`.
pub(crate) fn advisories() -> Result<Advisories> {
    if find_program("cargo-deny").is_none() {
        let how = "found no cargo-deny; run: cargo install --locked cargo-deny";
        return Ok(Advisories::NotChecked(how.to_owned()));
    }
    let fetched = run_within(cargo().args(["deny", "fetch", "db"]), PATIENCE)?;
    if !fetched.success() {
        return Ok(Advisories::NotChecked(unreachable(&fetched)));
    }
    let checked = run_within(cargo().args(["deny", "check", "advisories"]), PATIENCE)?;
    print!("{}{}", checked.stdout, checked.stderr);
    Ok(if checked.success() { Advisories::Clear } else { Advisories::Found })
}

fn unreachable(fetched: &Finished) -> String {
    let last = fetched.stderr.lines().rfind(|line| !line.trim().is_empty());
    let last = last.unwrap_or("no answer in time").trim();
    format!("the database of advisories cannot be reached ({last})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_out_of_reach_is_said_with_its_reason() {
        let fetched = Finished {
            status: None,
            stdout: String::new(),
            stderr: "failed\n  no such host\n\n".to_owned(),
            elapsed: Duration::ZERO,
        };
        let said = unreachable(&fetched);
        assert_eq!(said, "the database of advisories cannot be reached (no such host)");
    }
}
