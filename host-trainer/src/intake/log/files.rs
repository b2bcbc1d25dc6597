//! The files of a log, and the tables in them.

use std::path::{Path, PathBuf};

use super::dialect::TableFormat;
use super::header::is_glob;
use super::table::Table;
use crate::error::{Error, LogError, Result};

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
    /// Those in the file of that name, or in the files that it stands for.
    pub(super) fn of(log: &Path, format: TableFormat) -> Result<Self> {
        Ok(Self { files: of(log)?.into_iter(), format })
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
