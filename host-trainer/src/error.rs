//! Everything that can go wrong between a person's files and a trained rejector.
//!
//! An error says where (file, line, column or key), what was found there and what was expected. Lines are
//! lines of the file, counted from 1: the header of a log is line 1.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be opened, read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file is not an image that can be run.
    #[error("{}: {source}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with its bytes.
        source: mild::ImageError,
    },
    /// A value given by a caller, not by a file, is of no use.
    #[error("{what}: found {found}, expected {expected}")]
    Invalid {
        /// What the value is for.
        what: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// A setting is one of a few names, and this is none of them.
    #[error("{kind}: found `{found}`, expected {expected}")]
    UnknownName {
        /// What the names are of, as in `method`.
        kind: String,
        /// The name that was given.
        found: String,
        /// The known names, and the one that was probably meant.
        expected: String,
    },
    /// The configuration is not TOML.
    #[error("{}:{line}: found text that is not TOML ({found}), expected `key = value` or `[section]`", file.display())]
    ConfigSyntax {
        /// The configuration.
        file: PathBuf,
        /// The line of the damage.
        line: usize,
        /// What the TOML parser said.
        found: String,
    },
    /// The configuration has a key or a section that nobody reads.
    #[error("{}:{line}: found unknown key `{key}`{}, expected one of {expected}", file.display(), hint(suggestion))]
    ConfigUnknownKey {
        /// The configuration.
        file: PathBuf,
        /// The line of the key.
        line: usize,
        /// The full path of the key, as in `data.lable`.
        key: String,
        /// The known key that is nearly the same.
        suggestion: Option<String>,
        /// All keys known at this place.
        expected: String,
    },
    /// The configuration has a key twice, by its name and by an older one.
    #[error("{}:{line}: found both `{key}` and its older spelling `{older}`, expected one of them", file.display())]
    ConfigTwoSpellings {
        /// The configuration.
        file: PathBuf,
        /// The line of the second.
        line: usize,
        /// The full path of the key.
        key: String,
        /// The older spelling.
        older: String,
    },
    /// A value in the configuration is missing, of the wrong type or out of range.
    #[error("{}:{line}: `{key}`: found {found}, expected {expected}", file.display())]
    ConfigValue {
        /// The configuration.
        file: PathBuf,
        /// The line of the value, or of the section that lacks it.
        line: usize,
        /// The full path of the key, as in `expert[1].price`.
        key: String,
        /// What is there.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// The log is an empty file.
    #[error("{}:1: found an empty file, expected a header with the names of the columns", file.display())]
    LogEmpty {
        /// The log.
        file: PathBuf,
    },
    /// The log ends after its header.
    #[error("{}:2: found no rows after the header, expected at least one row per split", file.display())]
    LogWithoutRows {
        /// The log.
        file: PathBuf,
    },
    /// The compressed log is truncated or damaged.
    #[error("{}:{line}: found damaged compressed data ({found}), expected a complete gzip file", file.display())]
    LogDamaged {
        /// The log.
        file: PathBuf,
        /// The first line of the text that could not be read.
        line: u64,
        /// What the decoder said.
        found: String,
    },
    /// Two columns of the log have the same name.
    #[error("{}:1: found column `{column}` twice (columns {first} and {second}), expected every name once", file.display())]
    LogDuplicateColumn {
        /// The log.
        file: PathBuf,
        /// The name.
        column: String,
        /// The first column of that name, counted from 1.
        first: usize,
        /// The second column of that name, counted from 1.
        second: usize,
    },
    /// The configuration names a column that the log lacks.
    #[error("{}:1: found no column `{column}`{}, expected it because of `{key}`; found {found}", file.display(), hint(suggestion))]
    LogMissingColumn {
        /// The log.
        file: PathBuf,
        /// The name in the configuration.
        column: String,
        /// The key in the configuration.
        key: String,
        /// The column that has nearly this name.
        suggestion: Option<String>,
        /// The columns that are there.
        found: Box<str>,
    },
    /// A pattern in the configuration matches no column of the log.
    #[error("{}:1: `{key}`: found no column that matches `{pattern}`, expected at least one; found {found}", file.display())]
    LogNoMatch {
        /// The log.
        file: PathBuf,
        /// The key in the configuration.
        key: String,
        /// The pattern.
        pattern: String,
        /// The columns that were looked at.
        found: String,
    },
    /// A column is an input of the rejector and something else too. If that is the truth (the label, an answer,
    /// a price), the rejector would see at training what no device knows at run time.
    #[error(
        "{}:1: found column `{column}` used both as `{first}` and as `{second}`, expected one use only{}",
        file.display(), if *leaks { " (the rejector must not see the answers: leakage)" } else { "" }
    )]
    LogColumnUsedTwice {
        /// The log.
        file: PathBuf,
        /// The column.
        column: String,
        /// The key of its use as an input.
        first: String,
        /// The key of its other use.
        second: String,
        /// Whether the other use is something that a device does not know.
        leaks: bool,
    },
    /// No scale, or more than one, is given for a feature.
    #[error("{}:1: column `{column}`: found {found}, expected exactly one value for it in `{key}`", file.display())]
    LogScale {
        /// The log.
        file: PathBuf,
        /// The feature.
        column: String,
        /// `raw.scale` or `raw.offset`.
        key: String,
        /// The entries that match.
        found: String,
    },
    /// A row has more or fewer cells than the header.
    #[error("{}:{line}: found {found} cells, expected {expected} as in the header", file.display())]
    LogRaggedRow {
        /// The log.
        file: PathBuf,
        /// The line on which the row begins.
        line: u64,
        /// Its number of cells.
        found: usize,
        /// The number of columns.
        expected: usize,
    },
    /// A cell of the log is not what its column needs.
    #[error("{}:{line}: column `{column}`: found {found}, expected {expected}", file.display())]
    LogCell {
        /// The log.
        file: PathBuf,
        /// The line on which the row begins.
        line: u64,
        /// The column.
        column: String,
        /// The cell.
        found: String,
        /// What the cell should be.
        expected: String,
    },
    /// A group has rows in two splits, so that what is learnt from it would be tested on itself.
    #[error(
        "{}:{line}: column `{column}`: found group `{group}` in split `{split}` but in split `{first_split}` on line {first_line}, \
         expected all rows of a group in one split", file.display()
    )]
    LogGroupSplit {
        /// The log.
        file: PathBuf,
        /// The group column.
        column: String,
        /// The name of the group.
        group: Box<str>,
        /// The line of the group's first row.
        first_line: u64,
        /// The split of that row.
        first_split: &'static str,
        /// The line of the row that contradicts it.
        line: u64,
        /// The split of this row.
        split: &'static str,
    },
    /// A split has no rows.
    #[error(
        "{}: {}found no rows for split `{split}` (train {}, calibration {}, test {}), expected at least one",
        file.display(), place(column), found[0], found[1], found[2]
    )]
    LogEmptySplit {
        /// The log.
        file: PathBuf,
        /// The split column, or the group column when the split is drawn by group.
        column: Option<String>,
        /// The split without rows.
        split: &'static str,
        /// Rows of train, calibration and test.
        found: [usize; 3],
    },
}

impl Error {
    /// The function that puts a path to an [`io::Error`], for `map_err`.
    pub fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }
}

fn hint(suggestion: &Option<String>) -> impl fmt::Display {
    match suggestion {
        Some(name) => format!(" (did you mean `{name}`?)"),
        None => String::new(),
    }
}

fn place(column: &Option<String>) -> impl fmt::Display {
    column.as_ref().map_or_else(String::new, |name| format!("column `{name}`: "))
}

/// The candidate that `name` is probably a misspelling of.
pub(crate) fn suggest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let allowed = 1 + name.chars().count() / 4;
    candidates
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|&(distance, known)| distance <= allowed && distance < known.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, known)| known.to_owned())
}

/// Names in backticks, the first few of them if there are many.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 16;
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "nothing".to_owned(),
        n if n > SHOWN => format!("{} and {} more", names[..SHOWN].join(", "), n - SHOWN),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested() {
        let known = ["label", "log", "split"];
        assert_eq!(suggest("lable", known).as_deref(), Some("label"));
        assert_eq!(suggest("splits", known).as_deref(), Some("split"));
        assert_eq!(suggest("weather", known), None);
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..20).map(|i| format!("x{i}")).collect();
        let text = list(names.iter().map(String::as_str));
        assert!(text.ends_with("`x15` and 4 more"), "{text}");
        assert_eq!(list([]), "nothing");
    }
}
