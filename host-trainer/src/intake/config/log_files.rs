//! The files of a log, as a configuration names them.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The log that is standard input.
const STANDARD_INPUT: &str = "-";

/// The files of a log: paths, of which each may be a glob. At least one in a checked configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "OneOrMore")]
pub struct LogFiles(Vec<PathBuf>);

/// As a configuration writes it.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(PathBuf),
    More(Vec<PathBuf>),
}

impl From<OneOrMore> for LogFiles {
    fn from(written: OneOrMore) -> Self {
        Self(match written {
            OneOrMore::One(path) => vec![path],
            OneOrMore::More(paths) => paths,
        })
    }
}

impl From<PathBuf> for LogFiles {
    fn from(path: PathBuf) -> Self {
        Self(vec![path])
    }
}

impl LogFiles {
    /// The paths and globs, in their order.
    #[must_use]
    pub fn paths(&self) -> &[PathBuf] {
        &self.0
    }

    /// Whether the log is standard input.
    #[must_use]
    pub fn is_standard_input(&self) -> bool {
        self.0 == [Path::new(STANDARD_INPUT)]
    }

    /// What stands for the log in messages: its path, or all of them.
    #[must_use]
    pub fn name(&self) -> PathBuf {
        PathBuf::from(self.to_string())
    }

    /// With paths relative to this directory.
    pub(super) fn beside(self, directory: &Path) -> Self {
        if self.is_standard_input() {
            return self;
        }
        Self(self.0.iter().map(|path| directory.join(path)).collect())
    }
}

impl fmt::Display for LogFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, path) in self.0.iter().enumerate() {
            let before = if index > 0 { ", " } else { "" };
            write!(f, "{before}{}", path.display())?;
        }
        Ok(())
    }
}

/// Whether a path stands for standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}
