//! The files of a log.

use std::path::{Path, PathBuf};

use super::header::is_glob;
use crate::error::{Error, LogError, Result};

/// The file of that name or, if there is none and the name is a glob, those that match it, in the
/// order of their names.
pub(super) fn of(log: &Path) -> Result<Vec<PathBuf>> {
    let Some(pattern) = log.to_str().filter(|name| is_glob(name) && !log.exists()) else {
        return Ok(vec![log.to_path_buf()]);
    };
    let no_file = || Error::from(LogError::NoFile { pattern: log.to_path_buf() });
    let mut files = Vec::new();
    for file in glob::glob(pattern).map_err(|_| no_file())? {
        files.push(file.map_err(|error| {
            Error::io(error.path())(std::io::Error::from(error.error().kind()))
        })?);
    }
    files.retain(|file| file.is_file());
    files.sort();
    if files.is_empty() { Err(no_file()) } else { Ok(files) }
}
