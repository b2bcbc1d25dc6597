//! Reading a deferral log: CSV, or the same compressed with gzip, checked cell by cell.
//!
//! Rows stream straight into the arrays of the [`Dataset`]; the text of the log is never held.
//!
//! **Not here:** gaps are not filled in and rows are not dropped. A log with a cell that cannot be used is refused,
//! with the file, the line, the column, what was found and what was expected.

mod category;
pub(crate) mod cell;
mod columns;
mod rows;
pub(crate) mod source;
mod split;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use csv::{ErrorKind, StringRecord};

use crate::data::dataset::Dataset;
use crate::error::{Error, Result, list, suggest};
use crate::intake::config::Config;
use columns::Header;
use rows::Rows;
use source::{Hashed, LineEnds};

/// Reads the log that a configuration names.
///
/// # Errors
/// If it cannot be read, does not fit the configuration, or has a cell that is of no use.
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
        let (text, compressed) = source::text(&mut stored).map_err(Error::io(name))?;
        let mut lines = Lines::new(text, name, compressed);
        let header = Header { file: name, names: lines.header()? };
        let mut rows = Rows::new(&header, config)?;
        while lines.next()? {
            rows.push(&lines.record, lines.line)?;
        }
        rows.finish()?
    };
    Ok(Dataset { log_digest: stored.finish().map_err(Error::io(name))?, ..rows })
}

/// The names of the columns of the log that a configuration names.
///
/// # Errors
/// If the log cannot be read.
pub fn names(config: &Config) -> Result<Vec<String>> {
    let file = &config.data.log;
    let stored = File::open(file).map_err(Error::io(file))?;
    let (text, compressed) = source::text(stored).map_err(Error::io(file))?;
    Lines::new(text, file, compressed).header()
}

/// The cells of one column on the given lines of the log that a configuration names, in that order.
///
/// # Errors
/// If the log cannot be read or has no such column.
pub fn column(config: &Config, name: &str, at: &[u32]) -> Result<Vec<String>> {
    let file = &config.data.log;
    let stored = File::open(file).map_err(Error::io(file))?;
    let (text, compressed) = source::text(stored).map_err(Error::io(file))?;
    let mut lines = Lines::new(text, file, compressed);
    let names = lines.header()?;
    let Some(column) = names.iter().position(|known| known == name) else {
        return Err(Error::LogMissingColumn {
            file: file.clone(),
            column: name.to_owned(),
            key: "the command line".to_owned(),
            suggestion: suggest(name, names.iter().map(String::as_str)),
            found: list(names.iter().map(String::as_str)),
        });
    };
    let mut cells = std::collections::BTreeMap::new();
    while lines.next()? {
        cells.insert(lines.line, lines.record.get(column).unwrap_or_default().to_owned());
    }
    Ok(at.iter().map(|&line| cells.get(&u64::from(line)).cloned().unwrap_or_default()).collect())
}

/// The records of a log, each with the line on which it begins.
pub(crate) struct Lines<'a> {
    file: &'a Path,
    compressed: bool,
    /// The names of the columns, as soon as the header is read.
    pub(crate) names: Vec<String>,
    reader: csv::Reader<LineEnds<Box<dyn Read + 'a>>>,
    pub(crate) record: StringRecord,
    pub(crate) line: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(
        text: LineEnds<Box<dyn Read + 'a>>,
        file: &'a Path,
        compressed: bool,
    ) -> Self {
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        Self { file, compressed, names: Vec::new(), reader, record: StringRecord::new(), line: 0 }
    }

    /// Reads the first record, the names of the columns.
    fn header(&mut self) -> Result<Vec<String>> {
        if !self.next()? {
            return Err(Error::LogEmpty { file: self.file.to_path_buf() });
        }
        self.names = self.record.iter().map(|cell| cell.trim().to_owned()).collect();
        Ok(self.names.clone())
    }

    /// Reads the next record, `false` at the end of the log.
    pub(crate) fn next(&mut self) -> Result<bool> {
        let result = self.reader.read_record(&mut self.record);
        // The reader's own line of a record is that of the empty lines before it. All lines end in LF here, so the
        // record began as many lines ago as it has line ends, its own included.
        let inside = self.record.as_slice().bytes().filter(|&byte| byte == b'\n').count() as u64;
        let line = self.reader.position().line().saturating_sub(1 + inside);
        let file = self.file.to_path_buf();
        match result {
            Ok(true) if self.names.is_empty() || self.record.len() == self.names.len() => {
                self.line = line;
                Ok(true)
            }
            Ok(true) => {
                let (found, expected) = (self.record.len(), self.names.len());
                Err(Error::LogRaggedRow { file, line, found, expected })
            }
            Ok(false) => Ok(false),
            Err(error) => Err(match error.into_kind() {
                ErrorKind::Utf8 { err, .. } => {
                    let number = || format!("number {}", err.field() + 1);
                    let column = self.names.get(err.field()).cloned().unwrap_or_else(number);
                    let found = "bytes that are not UTF-8".to_owned();
                    Error::LogCell { file, line, column, found, expected: "UTF-8 text".to_owned() }
                }
                ErrorKind::Io(error) => self.io(error),
                other => self.io(io::Error::other(format!("{other:?}"))),
            }),
        }
    }

    /// What an error of the reader below means: that the compressed data are damaged, or that reading failed.
    fn io(&self, error: io::Error) -> Error {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        let file = self.file.to_path_buf();
        match error.kind() {
            InvalidData | InvalidInput | UnexpectedEof if self.compressed => Error::LogDamaged {
                file,
                line: self.reader.position().line(),
                found: error.to_string(),
            },
            _ => Error::Io { path: file, source: error },
        }
    }
}
