//! Everything that can go wrong between a user's files and a trained rejector.
//!
//! An error says where (file, line, column or key), what was found there and what was expected.
//! Lines are lines of the file, counted from 1: the header of a log is line 1.

mod config;
mod log;
mod words;

use std::io;
use std::path::{Path, PathBuf};

pub use config::ConfigError;
pub use log::LogError;
pub(crate) use words::{list, suggest};

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A configuration is wrong.
    #[error(transparent)]
    Config(Box<ConfigError>),
    /// A log, or another table, is wrong.
    #[error(transparent)]
    Log(Box<LogError>),
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
    /// A value that does not come from a file is unusable.
    #[error("{what}: found {found}, expected {expected}")]
    Invalid {
        /// What the value is for.
        what: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// A setting has a name that is not one of the known ones.
    #[error("{kind}: found `{found}`, expected {expected}")]
    UnknownName {
        /// What the names are of, as in `method`.
        kind: String,
        /// The name that was given.
        found: String,
        /// The known names, and the one that was probably meant.
        expected: String,
    },
    /// An option of the command line has an unusable value.
    #[error("{option}: found {found}, expected {expected}")]
    Argument {
        /// The option, such as `--battery`.
        option: &'static str,
        /// Its value.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// An image has other inputs than the log.
    #[error("{}: found an image with {found} inputs, expected {expected} as in the log", path.display())]
    ImageInputs {
        /// The image.
        path: PathBuf,
        /// Its number of inputs.
        found: usize,
        /// That of the log.
        expected: usize,
    },
    /// An image has other experts than the configuration.
    #[error(
        "{}: found an image with the experts {found}, expected {expected} as in the configuration",
        path.display()
    )]
    ImageExperts {
        /// The image.
        path: PathBuf,
        /// Their names.
        found: String,
        /// The names in the configuration.
        expected: String,
    },
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}

impl From<LogError> for Error {
    fn from(error: LogError) -> Self {
        Self::Log(Box::new(error))
    }
}

impl Error {
    /// The function that puts a path to an [`io::Error`], for `map_err`.
    pub fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }
}
