//! What can be wrong with a configuration.

use std::path::PathBuf;

use super::excerpt::Excerpt;
use super::words::hint;

/// What is wrong with a configuration, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The configuration is not TOML.
    #[error("{}:{line}: found text that is not TOML ({found}), expected `key = value` or `[section]`", file.display())]
    Syntax {
        /// The configuration.
        file: PathBuf,
        /// The line of the damage.
        line: usize,
        /// That line.
        excerpt: Option<Excerpt>,
        /// What the TOML parser said.
        found: String,
    },
    /// The configuration has a key or a section that nobody reads.
    #[error("{}:{line}: found unknown key `{key}`{}, expected one of {expected}", file.display(), hint(suggestion))]
    UnknownKey {
        /// The configuration.
        file: PathBuf,
        /// The line of the key.
        line: usize,
        /// That line.
        excerpt: Option<Excerpt>,
        /// The full path of the key, as in `data.lable`.
        key: String,
        /// The known key that is nearly the same.
        suggestion: Option<String>,
        /// All keys known at this place.
        expected: String,
    },
    /// The configuration has a key twice, by its name and by an older one.
    #[error("{}:{line}: found both `{key}` and its older spelling `{older}`, expected one of them", file.display())]
    TwoSpellings {
        /// The configuration.
        file: PathBuf,
        /// The line of the second.
        line: usize,
        /// That line.
        excerpt: Option<Excerpt>,
        /// The full path of the key.
        key: String,
        /// The older spelling.
        older: String,
    },
    /// A value in the configuration is missing, of the wrong type or out of range.
    #[error("{}:{line}: `{key}`: found {found}, expected {expected}", file.display())]
    Value {
        /// The configuration.
        file: PathBuf,
        /// The line of the value, or of the section that lacks it.
        line: usize,
        /// That line.
        excerpt: Option<Excerpt>,
        /// The full path of the key, as in `expert[1].price`.
        key: String,
        /// What is there.
        found: String,
        /// What should be there.
        expected: String,
    },
}
