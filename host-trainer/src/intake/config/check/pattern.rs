//! Column names and globs.

use glob::Pattern;

use super::super::document::Document;
use crate::error::Result;

/// Checks a list of column names and globs.
pub(super) fn patterns(globs: &[String], key: &str, document: &Document<'_>) -> Result<()> {
    let mut keyed = globs.iter().enumerate();
    keyed.try_for_each(|(index, glob)| pattern(glob, &format!("{key}[{index}]"), document))
}

/// Checks one of them.
pub(super) fn pattern(glob: &str, key: &str, document: &Document<'_>) -> Result<()> {
    Pattern::new(glob).map(drop).map_err(|error| {
        document.error(key, format!("`{glob}` ({})", error.msg), "a column name or glob")
    })
}
