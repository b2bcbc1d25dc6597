//! Any table with a header, as text that may be compressed: its columns by name, its rows one by
//! one, each with its line.
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

use csv::{ErrorKind, StringRecord};

use super::cell;
use super::dialect::TableFormat;
use super::encoding::Malformed;
use super::header::Header;
use super::lines::LineEnds;
use super::prelude::Prelude;
use super::row::Row;
use super::source::{self, NoText, Origin, Text};
use super::text::visible;
use crate::error::{Error, LogError, Result, list};
use crate::intake::config::STANDARD_INPUT;

/// The text that is looked at to recognise how the table is written.
const SAMPLE: usize = 1 << 16;

/// The text of a table, of which the beginning has been looked at.
type Sampled<'a> = io::Chain<Cursor<Vec<u8>>, LineEnds<Box<dyn Read + 'a>>>;

/// A table that is being read. Only one row is in memory at a time.
pub struct Table<'a> {
    header: Header,
    origin: Origin,
    reader: csv::Reader<Sampled<'a>>,
    record: StringRecord,
    line: u64,
    /// Lines before the first that the CSV reader has seen.
    before: u64,
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
        if file == Path::new(STANDARD_INPUT) {
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
        let file = || name.to_path_buf();
        let Text { mut lines, origin } =
            source::text(stored, format.encoding()).map_err(|error| match error {
                NoText::Io(error) => Error::io(name)(error),
                NoText::Compressed(format, error) => reading(name, Some(format), 1, error),
                NoText::Other(found, change) => Error::from(LogError::NoText {
                    file: file(),
                    found: found.to_owned(),
                    change: change.to_owned(),
                }),
            })?;
        let mut sample = Vec::new();
        let sampled = lines.by_ref().take(SAMPLE as u64).read_to_end(&mut sample);
        let prelude = Prelude::of(&sample);
        // The last line of a sample that ends inside the text may be cut, even inside a character.
        let whole = match (sample.len() == SAMPLE, sample.iter().rposition(|&byte| byte == b'\n')) {
            (true, Some(end)) => &sample[..=end],
            _ => &sample[..],
        };
        let text = String::from_utf8_lossy(whole.get(prelude.bytes..).unwrap_or_default());
        let dialect = format.dialect(&text, prelude.delimiter);
        if let Err(error) = sampled {
            let line = 1 + sample.iter().filter(|&&byte| byte == b'\n').count() as u64;
            return Err(reading(name, origin.compression, line, error));
        }
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(dialect.delimiter.byte())
            .from_reader(Cursor::new(sample.split_off(prelude.bytes)).chain(lines));
        let header = Header::new(name, 1, &StringRecord::new(), dialect.clone());
        let mut table = Self {
            header,
            origin,
            reader,
            record: StringRecord::new(),
            line: 0,
            before: prelude.lines,
            pending: false,
            left_out: LeftOut { comments: prelude.comments, headers: 0 },
        };
        if !table.advance()? {
            return Err(LogError::Empty { file: file() }.into());
        }
        let names = prelude.header(&table.record, &dialect);
        if let Some(names) = &names {
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

    /// How the table is stored.
    pub(super) fn origin(&self) -> Origin {
        self.origin
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
        let result = self.reader.read_record(&mut self.record);
        // The CSV reader reports the line of the empty lines before a record. All lines end in LF
        // here, so the record began as many lines ago as it has line ends, its own included.
        let inside = self.record.as_slice().bytes().filter(|&byte| byte == b'\n').count() as u64;
        let behind = self.before + self.reader.position().line();
        self.line = behind.saturating_sub(1 + inside);
        result.map_err(|error| match error.into_kind() {
            ErrorKind::Utf8 { .. } => not_utf8(self.header.file(), self.line),
            ErrorKind::Io(error) => {
                reading(self.header.file(), self.origin.compression, behind, error)
            }
            other => Error::Io {
                path: self.header.file().to_path_buf(),
                source: io::Error::other(format!("{other:?}")),
            },
        })
    }
}

fn not_utf8(file: &Path, line: u64) -> Error {
    Error::from(LogError::Encoding {
        file: file.to_path_buf(),
        line,
        encoding: "UTF-8",
        change: "save it as UTF-8, or set `encoding` in `[data]`, for most spreadsheets \
                 `encoding = \"windows-1252\"`"
            .to_owned(),
    })
}

/// What an error of a reader below means: that the compressed data are damaged, that the bytes are
/// in another encoding, or that reading failed.
fn reading(file: &Path, compression: Option<&'static str>, line: u64, error: io::Error) -> Error {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    let path = file.to_path_buf();
    if let Some(&Malformed(encoding)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        let change = "set the right `encoding` in `[data]`, or save it as UTF-8".to_owned();
        return LogError::Encoding { file: path, line, encoding, change }.into();
    }
    match (error.kind(), compression) {
        (InvalidData | InvalidInput | UnexpectedEof, Some(format)) => {
            LogError::Damaged { file: path, line, format, found: error.to_string() }.into()
        }
        _ => Error::Io { path, source: error },
    }
}
