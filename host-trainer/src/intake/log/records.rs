//! The records of a table, one by one, however they are stored.

use std::io::{self, Cursor, Read};
use std::path::Path;

use csv::{ErrorKind, StringRecord};

use super::arrays::Arrays;
use super::foreign::Foreign;
use super::json_lines::JsonLines;
use super::lines::LineEnds;
use super::unreadable::{not_utf8, reading};
use crate::error::{Error, Result};

/// The text of a table, of which the beginning has been looked at.
pub(super) type Sampled<'a> = io::Chain<Cursor<Vec<u8>>, LineEnds<Box<dyn Read + 'a>>>;

/// Where records come from.
pub(super) enum Records<'a> {
    /// `before`: lines before the first that the CSV reader has seen.
    Csv {
        reader: csv::Reader<Sampled<'a>>,
        before: u64,
        compression: Option<&'static str>,
    },
    JsonLines {
        lines: JsonLines<Sampled<'a>>,
        compression: Option<&'static str>,
    },
    Arrays(Arrays),
    Foreign(Foreign),
}

impl Records<'_> {
    /// Reads the next record. The line on which it begins, or the number of the row where there are
    /// no lines, both counted from 1; `None` at the end.
    pub(super) fn next(&mut self, record: &mut StringRecord, file: &Path) -> Result<Option<u64>> {
        match self {
            Self::Csv { reader, before, compression } => {
                let result = reader.read_record(record);
                // The CSV reader reports the line of the empty lines before a record. All lines end
                // in LF here, so the record began as many lines ago as it has line ends, its own
                // included.
                let inside = record.as_slice().bytes().filter(|&byte| byte == b'\n').count() as u64;
                let behind = *before + reader.position().line();
                let line = behind.saturating_sub(1 + inside);
                match result.map_err(csv::Error::into_kind) {
                    Ok(found) => Ok(found.then_some(line)),
                    Err(ErrorKind::Utf8 { .. }) => Err(not_utf8(file, line)),
                    Err(ErrorKind::Io(error)) => Err(reading(file, *compression, behind, error)),
                    Err(other) => Err(Error::Io {
                        path: file.to_path_buf(),
                        source: io::Error::other(format!("{other:?}")),
                    }),
                }
            }
            Self::JsonLines { lines, compression } => lines.next(record, file, *compression),
            Self::Arrays(arrays) => Ok(arrays.next(record)),
            Self::Foreign(foreign) => foreign.next(record, file),
        }
    }

    /// Whether there are lines that are no rows.
    pub(super) fn may_have_comments(&self) -> bool {
        matches!(self, Self::Csv { .. })
    }
}
