//! Formats of tables that other crates read: those that take more to build than the rest of the trainer
//! together, such as Parquet.
//!
//! A program adds them once, before it reads anything. What a table means does not depend on its format,
//! so that no more than cells come in.

use std::path::Path;
use std::sync::OnceLock;

use csv::StringRecord;

use crate::error::{Error, LogError, Result};

/// A format of tables that another crate reads.
#[derive(Debug, Clone, Copy)]
pub struct ForeignFormat {
    /// As messages name it, such as `Parquet`.
    pub name: &'static str,
    /// The first bytes of its files.
    pub magic: &'static [u8],
    /// Opens the bytes of a whole file, or says what is wrong with them.
    pub open: OpenForeign,
}

/// Opens the bytes of a whole file, or says what is wrong with them.
pub type OpenForeign = fn(Vec<u8>) -> std::result::Result<Box<dyn ForeignRows>, String>;

/// A table in such a format, row by row.
pub trait ForeignRows: Send {
    /// The names of the columns, in their order.
    fn names(&self) -> Vec<String>;

    /// What a person should know of how the table is read, such as columns that are passed over.
    fn remark(&self) -> Option<String>;

    /// Hands over the cells of the next row, one for each column; `false` after the last row. A number
    /// is written with a decimal point and with the fewest digits that tell it from all others of its
    /// type; a missing value and NaN are empty.
    ///
    /// # Errors
    /// What is wrong with the file.
    fn next_row(&mut self, cell: &mut dyn FnMut(&str)) -> std::result::Result<bool, String>;
}

static FORMATS: OnceLock<&'static [ForeignFormat]> = OnceLock::new();

/// Adds formats that every table of this program may have. Only the first call counts.
pub fn add_formats(formats: &'static [ForeignFormat]) {
    let _ = FORMATS.set(formats);
}

/// The added format of a file that begins like this.
pub(super) fn of(start: &[u8]) -> Option<&'static ForeignFormat> {
    FORMATS.get()?.iter().find(|format| start.starts_with(format.magic))
}

/// A table that is being read, and how many of its rows have been.
pub(super) struct Foreign {
    format: &'static ForeignFormat,
    rows: Box<dyn ForeignRows>,
    before: u64,
}

impl Foreign {
    /// Opens a file.
    pub(super) fn open(
        format: &'static ForeignFormat,
        stored: Vec<u8>,
        file: &Path,
    ) -> Result<Self> {
        let rows = (format.open)(stored).map_err(|found| damaged(format, file, 1, found))?;
        Ok(Self { format, rows, before: 0 })
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> StringRecord {
        StringRecord::from(self.rows.names())
    }

    /// How the table is stored, in words.
    pub(super) fn form(&self) -> String {
        match self.rows.remark() {
            Some(remark) => format!("{}, {remark}", self.format.name),
            None => self.format.name.to_owned(),
        }
    }

    /// Reads the next row; its number, counted from 1.
    pub(super) fn next(&mut self, record: &mut StringRecord, file: &Path) -> Result<Option<u64>> {
        record.clear();
        let more = self.rows.next_row(&mut |cell| record.push_field(cell));
        let row = self.before + 1;
        let more = more.map_err(|found| damaged(self.format, file, row, found))?;
        self.before += u64::from(more);
        Ok(more.then_some(row))
    }
}

fn damaged(format: &ForeignFormat, file: &Path, line: u64, found: String) -> Error {
    LogError::Damaged { file: file.to_path_buf(), line, format: format.name, found }.into()
}
