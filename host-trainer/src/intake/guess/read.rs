//! From a log to a guess.

use std::path::Path;

use super::facts::Facts;
use super::guessed::{Guess, KnownParts};
use super::roles;
use crate::error::{Error, LogError, Result};
use crate::intake::log::Table;

/// So many rows are looked at, at most.
const MOST_ROWS: u64 = 200_000;

/// Guesses what the columns of a log are.
///
/// # Errors
/// If the log cannot be read or has no rows, or if there are no two experts.
pub(crate) fn guess(log: &Path) -> Result<Guess> {
    guess_with(log, None)
}

/// The same where something is known of them already.
///
/// # Errors
/// As [`guess`].
pub(crate) fn guess_with(log: &Path, known: Option<&KnownParts>) -> Result<Guess> {
    let mut table = Table::open(log)?;
    let names = table.header().names().to_vec();
    let mut columns: Vec<Facts> = names.into_iter().map(Facts::new).collect();
    let mut rows = 0;
    while rows < MOST_ROWS
        && let Some(row) = table.next_row()?
    {
        for (index, column) in columns.iter_mut().enumerate() {
            column.add(&row.plain(index), row.is_missing(index));
        }
        rows += 1;
    }
    if rows == 0 {
        return Err(LogError::WithoutRows { file: log.to_path_buf() }.into());
    }
    let guess = roles::assign(&columns, known);
    if guess.experts.len() < 2 {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        return Err(Error::from(LogError::NoExperts {
            file: log.to_path_buf(),
            found: guess.experts.len(),
            columns: crate::error::list(names),
        }));
    }
    Ok(guess)
}
