//! The files of a log, and the tables in them.

use std::path::{Path, PathBuf};

use super::dialect::TableFormat;
use super::header::is_glob;
use super::table::Table;
use crate::error::{Error, LogError, Result};
use crate::intake::config::LogFiles;

/// The files of all paths and globs of a log, in their order.
fn of_all(log: &LogFiles) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in log.paths() {
        for file in of(path)? {
            if files.contains(&file) {
                return Err(LogError::FileTwice { file }.into());
            }
            files.push(file);
        }
    }
    Ok(files)
}

/// The file of that name or, if there is none and the name is a glob, those that match it, in the
/// order of their names.
fn of(log: &Path) -> Result<Vec<PathBuf>> {
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

/// Opens the tables of a log, one after the other.
pub(super) struct Tables {
    files: std::vec::IntoIter<PathBuf>,
    format: TableFormat,
}

impl Tables {
    /// Those in the files that a configuration names.
    pub(super) fn of(log: &LogFiles, format: TableFormat) -> Result<Self> {
        Ok(Self { files: of_all(log)?.into_iter(), format })
    }
}

impl Iterator for Tables {
    type Item = Result<Table<'static>>;

    fn next(&mut self) -> Option<Self::Item> {
        let table = Table::open_as(&self.files.next()?, &self.format);
        if let Ok(table) = &table
            && self.format.columns().is_none()
        {
            self.format = self.format.clone().with_columns(table.header().names());
        }
        Some(table)
    }
}
