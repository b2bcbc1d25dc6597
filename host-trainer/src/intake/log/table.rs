//! Any table with a header, as CSV or as gzipped CSV: its columns by name, its rows one by one,
//! each with its line.
//!
//! This is the only reader of tables in the workspace. [`read`](super::read) makes a dataset with
//! it; other programs read the columns that they need:
//!
//! ```
//! use std::path::Path;
//!
//! use mild_trainer::Table;
//!
//! # fn main() -> Result<(), mild_trainer::Error> {
//! // `Table::open` reads a file.
//! let stored = &b"x,label\n0.5,3\n1.5,0\n"[..];
//! let mut table = Table::new(stored, Path::new("log.csv"))?;
//! let label = table.header().column("label", "--label")?;
//! let mut labels = Vec::new();
//! while let Some(row) = table.next_row()? {
//!     labels.push((row.line(), row.integer(label)?));
//! }
//! assert_eq!(labels, [(2, 3), (3, 0)]);
//! # Ok(())
//! # }
//! ```

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ErrorKind, StringRecord};
use glob::Pattern;

use super::cell;
use super::source::{self, LineEnds};
use crate::error::{Error, LogError, Result, list, suggest};

/// A table that is being read. Only one row is in memory at a time.
pub struct Table<'a> {
    header: Header,
    compressed: bool,
    reader: csv::Reader<LineEnds<Box<dyn Read + 'a>>>,
    record: StringRecord,
    line: u64,
}

/// The first line of a table: the names of its columns.
#[derive(Debug, Clone)]
pub struct Header {
    file: PathBuf,
    names: Vec<String>,
}

/// One row of a table. It has as many cells as the header.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    header: &'a Header,
    record: &'a StringRecord,
    line: u64,
}

impl Table<'static> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// If the file cannot be opened, is empty, or names two columns alike.
    pub fn open(file: &Path) -> Result<Self> {
        Self::new(File::open(file).map_err(Error::io(file))?, file)
    }
}

impl<'a> Table<'a> {
    /// Reads the header of a table that may come from anywhere. `name` stands for it in messages.
    ///
    /// # Errors
    /// If the table cannot be read, is empty, or names two columns alike.
    pub fn new(stored: impl Read + 'a, name: &Path) -> Result<Self> {
        let (text, compressed) = source::text(stored).map_err(Error::io(name))?;
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        let header = Header { file: name.to_path_buf(), names: Vec::new() };
        let mut table = Self { header, compressed, reader, record: StringRecord::new(), line: 0 };
        if !table.advance()? {
            return Err(LogError::Empty { file: name.to_path_buf() }.into());
        }
        table.header.names = table.record.iter().map(|cell| cell.trim().to_owned()).collect();
        table.header.no_duplicates()?;
        Ok(table)
    }

    /// The names of the columns.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next row, or `None` at the end of the table.
    ///
    /// # Errors
    /// If the table cannot be read, is damaged, is not UTF-8, or the row is wider or narrower than
    /// the header.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>> {
        if !self.advance()? {
            return Ok(None);
        }
        let (found, expected) = (self.record.len(), self.header.names.len());
        if found != expected {
            let (file, line) = (self.header.file.clone(), self.line);
            return Err(LogError::RaggedRow { file, line, found, expected }.into());
        }
        Ok(Some(Row { header: &self.header, record: &self.record, line: self.line }))
    }

    /// Reads the next record; `false` at the end.
    fn advance(&mut self) -> Result<bool> {
        let result = self.reader.read_record(&mut self.record);
        // The CSV reader reports the line of the empty lines before a record. All lines end in LF
        // here, so the record began as many lines ago as it has line ends, its own included.
        let inside = self.record.as_slice().bytes().filter(|&byte| byte == b'\n').count() as u64;
        self.line = self.reader.position().line().saturating_sub(1 + inside);
        result.map_err(|error| match error.into_kind() {
            ErrorKind::Utf8 { err, .. } => {
                let number = || format!("number {}", err.field() + 1);
                Error::from(LogError::Cell {
                    file: self.header.file.clone(),
                    line: self.line,
                    column: self.header.names.get(err.field()).cloned().unwrap_or_else(number),
                    found: "bytes that are not UTF-8".to_owned(),
                    expected: "UTF-8 text".to_owned(),
                })
            }
            ErrorKind::Io(error) => self.io(error),
            other => self.io(io::Error::other(format!("{other:?}"))),
        })
    }

    /// What an error of the reader below means: that the compressed data are damaged, or that
    /// reading failed.
    fn io(&self, error: io::Error) -> Error {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        let file = self.header.file.clone();
        match error.kind() {
            InvalidData | InvalidInput | UnexpectedEof if self.compressed => {
                Error::from(LogError::Damaged {
                    file,
                    line: self.reader.position().line(),
                    found: error.to_string(),
                })
            }
            _ => Error::Io { path: file, source: error },
        }
    }
}

impl Header {
    /// The file, as it is named in messages.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The names of the columns, without the space around them.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The position of a column. `wanted_by` is the key or the option that names it, for the
    /// message.
    ///
    /// # Errors
    /// [`LogError::MissingColumn`], which suggests a column with a similar name.
    pub fn column(&self, name: &str, wanted_by: &str) -> Result<usize> {
        self.names.iter().position(|known| known == name).ok_or_else(|| {
            let names = || self.names.iter().map(String::as_str);
            Error::from(LogError::MissingColumn {
                file: self.file.clone(),
                column: name.to_owned(),
                key: wanted_by.to_owned(),
                suggestion: suggest(name, names()),
                found: list(names()),
            })
        })
    }

    /// The positions of the columns that a name or glob stands for, in the order of the header.
    /// `wanted_by` is the key or the option that names them, for the message.
    ///
    /// # Errors
    /// If no column matches.
    pub fn matching(&self, glob: &str, wanted_by: &str) -> Result<Vec<usize>> {
        if self.names.iter().any(|name| name == glob) || !glob.contains(['*', '?', '[']) {
            return Ok(vec![self.column(glob, wanted_by)?]);
        }
        // A pattern that is none matches nothing; a configuration's patterns have been checked.
        let columns: Vec<usize> = Pattern::new(glob).map_or_else(
            |_| Vec::new(),
            |glob| (0..self.names.len()).filter(|&i| glob.matches(&self.names[i])).collect(),
        );
        if columns.is_empty() {
            return Err(Error::from(LogError::NoMatch {
                file: self.file.clone(),
                key: wanted_by.to_owned(),
                pattern: glob.to_owned(),
                found: list(self.names.iter().map(String::as_str)),
            }));
        }
        Ok(columns)
    }

    fn no_duplicates(&self) -> Result<()> {
        let mut seen = std::collections::HashMap::new();
        for (index, name) in self.names.iter().enumerate() {
            if let Some(first) = seen.insert(name, index) {
                let (file, column) = (self.file.clone(), name.clone());
                let (first, second) = (first + 1, index + 1);
                return Err(LogError::DuplicateColumn { file, column, first, second }.into());
            }
        }
        Ok(())
    }
}

impl<'a> Row<'a> {
    /// The line of the file on which the row begins. The header is on line 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The header of the table.
    #[must_use]
    pub fn header(&self) -> &'a Header {
        self.header
    }

    /// The text of a cell, without the space around it.
    ///
    /// # Panics
    /// If `column` is not a position in the header.
    #[must_use]
    pub fn text(&self, column: usize) -> &'a str {
        self.record[column].trim()
    }

    /// A whole number; `3.0` is one too.
    ///
    /// # Errors
    /// [`LogError::Cell`] if the cell is anything else.
    pub fn integer(&self, column: usize) -> Result<i64> {
        cell::integer(self.text(column)).ok_or_else(|| self.error(column, "an integer"))
    }

    /// A finite number.
    ///
    /// # Errors
    /// [`LogError::Cell`] if the cell is anything else.
    pub fn number(&self, column: usize) -> Result<f32> {
        self.parse(column, cell::feature)
    }

    /// The value that `parse` finds in a cell, or the error with what it expected.
    pub(super) fn parse<T>(&self, column: usize, parse: fn(&str) -> cell::Parsed<T>) -> Result<T> {
        parse(self.text(column)).map_err(|expected| self.error(column, expected))
    }

    /// The error for a cell that does not hold what was expected.
    #[must_use]
    pub fn error(&self, column: usize, expected: &str) -> Error {
        Error::from(LogError::Cell {
            file: self.header.file.clone(),
            line: self.line,
            column: self.header.names[column].clone(),
            found: cell::quote(self.text(column)),
            expected: expected.to_owned(),
        })
    }
}
