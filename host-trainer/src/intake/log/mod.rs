//! Reading a deferral log: CSV, or the same compressed with gzip, checked cell by cell.
//!
//! Rows stream straight into the arrays of the [`Dataset`]; the text of the log is never held.
//!
//! **Not here:** gaps are not filled in and rows are not dropped. A log with an unusable cell is
//! refused; the error names the file, the line, the column, what was found and what was expected.

mod category;
mod cell;
mod columns;
mod rows;
mod source;
mod split;
mod table;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::intake::config::Config;
use rows::Rows;
use source::Hashed;
pub use table::{Header, Row, Table};

/// Reads the log that a configuration names.
///
/// # Errors
/// If the log cannot be read, does not fit the configuration, or has an unusable cell.
pub fn read(config: &Config) -> Result<Dataset> {
    let name = &config.data.log;
    read_from(File::open(name).map_err(Error::io(name))?, name, config)
}

/// Reads a log from anywhere, such as from memory. `name` stands for it in messages.
///
/// # Errors
/// As [`read`].
pub fn read_from(reader: impl Read, name: &Path, config: &Config) -> Result<Dataset> {
    let mut stored = Hashed::new(reader);
    let rows = {
        let mut table = Table::new(&mut stored, name)?;
        let header = table.header().clone();
        let mut rows = Rows::new(&header, config)?;
        while let Some(row) = table.next_row()? {
            rows.push(row)?;
        }
        rows.finish()?
    };
    Ok(Dataset { log_digest: stored.finish().map_err(Error::io(name))?, ..rows })
}

/// The cells of one column on the given lines of the log that a configuration names, in that order.
///
/// # Errors
/// If the log cannot be read or has no such column.
pub fn column(config: &Config, name: &str, at: &[u32]) -> Result<Vec<String>> {
    let mut table = Table::open(&config.data.log)?;
    let column = table.header().column(name, "the command line")?;
    let mut cells = BTreeMap::new();
    while let Some(row) = table.next_row()? {
        cells.insert(row.line(), row.text(column).to_owned());
    }
    Ok(at.iter().map(|&line| cells.get(&u64::from(line)).cloned().unwrap_or_default()).collect())
}
