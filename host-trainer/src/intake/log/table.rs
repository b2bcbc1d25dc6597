//! Any table with a header, as text that may be compressed, as JSON Lines or as arrays of NumPy: its
//! columns by name, its rows one by one, each with its line.
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
use std::io::{self, Cursor, Read};
use std::path::Path;

use csv::StringRecord;

use super::arrays::Arrays;
use super::cell;
use super::dialect::{Dialect, TableFormat};
use super::foreign::Foreign;
use super::header::Header;
use super::json_lines::{JsonLines, is_json_lines};
use super::prelude::Prelude;
use super::records::{Records, Sampled};
use super::row::Row;
use super::source::{self, NoText, Stored, Text};
use super::text::visible;
use super::unreadable::reading;
use crate::error::{Error, LogError, Result, list};
use crate::intake::config::is_standard_input;

/// The text that is looked at to recognise how the table is written.
const SAMPLE: usize = 1 << 16;

/// The text that is looked at to find the columns of JSON Lines, which have no header.
const OBJECTS: usize = 1 << 20;

/// A table that is being read. Only one row is in memory at a time.
pub struct Table<'a> {
    header: Header,
    /// How the table is stored and written, in words.
    form: String,
    records: Records<'a>,
    record: StringRecord,
    /// Of the record; where there are no lines, the number of the row.
    line: u64,
    /// Whether the record is a row that has not been given yet.
    pending: bool,
    left_out: LeftOut,
}

/// Lines that are no rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Comments, which begin with `#`.
    pub(super) comments: u64,
    /// Headers that stand between the rows.
    pub(super) headers: u64,
}

impl Table<'static> {
    /// Opens a file, or standard input as `-`, and reads its header.
    ///
    /// # Errors
    /// If the file cannot be opened, is empty, is no table, or names two columns alike.
    pub fn open(file: &Path) -> Result<Self> {
        Self::open_as(file, &TableFormat::default())
    }

    /// As [`Table::open`], with what is known of how the table is written.
    ///
    /// # Errors
    /// As [`Table::open`].
    pub fn open_as(file: &Path, format: &TableFormat) -> Result<Self> {
        if is_standard_input(file) {
            return Self::new_as(io::stdin().lock(), Path::new("standard input"), format);
        }
        Self::new_as(File::open(file).map_err(Error::io(file))?, file, format)
    }
}

impl<'a> Table<'a> {
    /// Reads the header of a table that may come from anywhere. `name` stands for it in messages.
    ///
    /// # Errors
    /// If the table cannot be read, is empty, is no table, or names two columns alike.
    pub fn new(stored: impl Read + 'a, name: &Path) -> Result<Self> {
        Self::new_as(stored, name, &TableFormat::default())
    }

    /// As [`Table::new`], with what is known of how the table is written.
    ///
    /// # Errors
    /// As [`Table::new`].
    pub fn new_as(stored: impl Read + 'a, name: &Path, format: &TableFormat) -> Result<Self> {
        let stored = source::open(stored, format.encoding()).map_err(|error| match error {
            NoText::Io(error) => Error::io(name)(error),
            NoText::Compressed(format, error) => reading(name, Some(format), 1, error),
            NoText::Other(found, change) => Error::from(LogError::NoText {
                file: name.to_path_buf(),
                found: found.to_owned(),
                change: change.to_owned(),
            }),
        })?;
        let Text { mut lines, origin } = match stored {
            Stored::Text(text) => text,
            Stored::Npz(archive) => {
                let arrays = Arrays::read(archive, name)?;
                let names = arrays.names();
                let dialect = format.clone().in_memory();
                return Self::named(
                    name,
                    &names,
                    dialect,
                    Records::Arrays(arrays),
                    "NPZ".to_owned(),
                );
            }
            Stored::Foreign(kind, table) => {
                let rows = Foreign::open(kind, table, name)?;
                let (names, form) = (rows.names(), rows.form());
                let dialect = format.clone().in_memory();
                return Self::named(name, &names, dialect, Records::Foreign(rows), form);
            }
        };
        let mut sample = Vec::new();
        let mut sampled = lines.by_ref().take(SAMPLE as u64).read_to_end(&mut sample);
        let is_json = is_json_lines(&sample);
        if is_json && sampled.is_ok() {
            let more = (OBJECTS - SAMPLE) as u64;
            sampled = lines.by_ref().take(more).read_to_end(&mut sample);
        }
        if let Err(error) = sampled {
            let line = 1 + sample.iter().filter(|&&byte| byte == b'\n').count() as u64;
            return Err(reading(name, origin.compression, line, error));
        }
        // The last line of a sample that ends inside the text may be cut, even inside a character.
        let limit = if is_json { OBJECTS } else { SAMPLE };
        let whole = match (sample.len() == limit, sample.iter().rposition(|&byte| byte == b'\n')) {
            (true, Some(end)) => end + 1,
            _ => sample.len(),
        };
        let compression = origin.compression;
        if is_json {
            let start = sample[..whole].to_vec();
            let lines = Cursor::new(sample).chain(lines);
            let lines = JsonLines::new(lines, &start, format.columns(), name)?;
            let (names, form) = (lines.names(), format!("{origin}, JSON Lines"));
            let records = Records::JsonLines { lines, compression };
            return Self::named(name, &names, format.clone().in_memory(), records, form);
        }
        let prelude = Prelude::of(&sample);
        let text =
            String::from_utf8_lossy(sample[..whole].get(prelude.bytes..).unwrap_or_default());
        let dialect = format.dialect(&text, prelude.delimiter);
        let form = format!("{origin}, {dialect}");
        let text = Cursor::new(sample.split_off(prelude.bytes)).chain(lines);
        Self::with_header(name, text, &prelude, dialect, form, compression)
    }

    /// A table whose columns are known.
    fn named(
        name: &Path,
        names: &StringRecord,
        dialect: Dialect,
        records: Records<'a>,
        form: String,
    ) -> Result<Self> {
        let header = Header::new(name, 1, names, dialect);
        header.no_duplicates()?;
        let (record, left_out) = (StringRecord::new(), LeftOut::default());
        Ok(Self { header, form, records, record, line: 0, pending: false, left_out })
    }

    /// A table of which the header stands at the beginning of a text, or in the last comment before.
    fn with_header(
        name: &Path,
        text: Sampled<'a>,
        prelude: &Prelude,
        dialect: Dialect,
        form: String,
        compression: Option<&'static str>,
    ) -> Result<Self> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(dialect.delimiter.byte())
            .from_reader(text);
        let mut table = Self {
            header: Header::new(name, 1, &StringRecord::new(), dialect.clone()),
            form,
            records: Records::Csv { reader, before: prelude.lines, compression },
            record: StringRecord::new(),
            line: 0,
            pending: false,
            left_out: LeftOut { comments: prelude.comments, headers: 0 },
        };
        if !table.advance()? {
            return Err(LogError::Empty { file: name.to_path_buf() }.into());
        }
        if let Some(names) = &prelude.header(&table.record, &dialect) {
            table.pending = true;
            table.left_out.comments -= 1;
            table.header = Header::new(name, prelude.lines, names, dialect);
        } else {
            table.no_row_as_header()?;
            table.header = Header::new(name, table.line, &table.record, dialect);
        }
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
    /// If the table cannot be read, is damaged, is not in its encoding, or the row is wider or
    /// narrower than the header.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>> {
        while !std::mem::take(&mut self.pending) {
            if !self.advance()? {
                return Ok(None);
            }
            if !self.records.may_have_comments() {
                break;
            }
            // A comment with as many cells as a row may be a row: whoever reads its first cell will
            // say so.
            let width = self.header.names().len();
            if self.record.len() != width && self.record.get(0).is_some_and(|c| c.starts_with('#'))
            {
                self.left_out.comments += 1;
            } else if self.is_header_again() {
                self.left_out.headers += 1;
            } else {
                break;
            }
        }
        self.fits_header()?;
        Ok(Some(Row::new(&self.header, &self.record, self.line)))
    }

    /// The cells of the row that was given last. The next row is read into this memory.
    pub(super) fn record_mut(&mut self) -> &mut StringRecord {
        &mut self.record
    }

    /// How the table is stored and written, in words.
    pub(super) fn form(&self) -> String {
        self.form.clone()
    }

    /// What looks wrong about the rows that have been read.
    pub(super) fn warning(&self) -> Option<String> {
        match &self.records {
            Records::JsonLines { lines, .. } => {
                lines.warning().map(|text| format!("{}: {text}", self.header.file().display()))
            }
            Records::Csv { .. } | Records::Arrays(_) | Records::Foreign(_) => None,
        }
    }

    /// The lines that were no rows, so far.
    pub(super) fn left_out(&self) -> LeftOut {
        self.left_out
    }

    fn is_header_again(&self) -> bool {
        let names = self.header.names();
        self.record.len() == names.len()
            && self.record.iter().zip(names).all(|(cell, name)| visible(cell) == name)
    }

    /// That a row is as wide as the header. Cells without anything in them may be too many, as
    /// where every row ends with a delimiter.
    fn fits_header(&mut self) -> Result<()> {
        let (found, expected) = (self.record.len(), self.header.names().len());
        if found == expected {
            return Ok(());
        }
        if found > expected && self.record.iter().skip(expected).all(|cell| cell.trim().is_empty())
        {
            self.record.truncate(expected);
            return Ok(());
        }
        let change = match found > expected {
            _ if expected == 1 => Some(
                "the header has one column: set `delimiter` in `[data]`, or remove the lines before the header",
            ),
            true => Some("put quotes around cells that have the delimiter in them"),
            false => None,
        };
        Err(Error::from(LogError::RaggedRow {
            file: self.header.file().to_path_buf(),
            line: self.line,
            found,
            expected,
            change: change.map(str::to_owned),
            excerpt: Some(
                self.header.excerpt(self.record.iter(), found.saturating_sub(1).min(expected)),
            ),
        }))
    }

    /// That the first record is not a row of numbers. Names that are the numbers of the columns are
    /// names.
    fn no_row_as_header(&self) -> Result<()> {
        let dialect = self.header.dialect();
        let number = |cell: &str| {
            let text = dialect.with_point(visible(cell));
            text.is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite))
        };
        let mut cells: Vec<&str> = self.record.iter().map(visible).collect();
        let count = cells.len();
        let numbers = cells.iter().filter(|cell| number(cell)).count();
        let is_index = |cell: &&str| cell::integer(cell).is_some_and(|number| number >= 0);
        let all_indices = cells.iter().filter(|cell| number(cell)).all(is_index);
        cells.sort_unstable();
        cells.dedup();
        let may_be_names = all_indices && (numbers < count || cells.len() == count);
        if may_be_names || 2 * numbers < count {
            return Ok(());
        }
        Err(Error::from(LogError::NoHeader {
            file: self.header.file().to_path_buf(),
            line: self.line,
            found: format!("numbers: {}", list(self.record.iter())),
            excerpt: Some(self.header.excerpt(self.record.iter(), 0)),
        }))
    }

    /// Reads the next record; `false` at the end.
    fn advance(&mut self) -> Result<bool> {
        let line = self.records.next(&mut self.record, self.header.file())?;
        self.line = line.unwrap_or(self.line);
        Ok(line.is_some())
    }
}
