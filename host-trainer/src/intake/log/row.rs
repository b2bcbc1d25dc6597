//! One row of a table.

use std::borrow::Cow;

use csv::StringRecord;

use super::cell;
use super::header::Header;
use super::text::visible;
use crate::error::{Error, LogError, Result};

/// One row of a table. It has as many cells as the header.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    header: &'a Header,
    record: &'a StringRecord,
    line: u64,
}

impl<'a> Row<'a> {
    pub(super) fn new(header: &'a Header, record: &'a StringRecord, line: u64) -> Self {
        Self { header, record, line }
    }

    /// The line of the file on which the row begins, counted from 1.
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
        visible(&self.record[column])
    }

    /// The text of a cell; a number with a decimal comma has a point instead.
    pub(crate) fn plain(&self, column: usize) -> Cow<'a, str> {
        let text = self.text(column);
        self.header.dialect().with_point(text).unwrap_or(Cow::Borrowed(text))
    }

    /// Whether a cell has no value: nothing at all, or a mark such as `NA`.
    #[must_use]
    pub fn is_missing(&self, column: usize) -> bool {
        self.header.dialect().is_missing(self.text(column))
    }

    /// A whole number; `3.0` is one too.
    ///
    /// # Errors
    /// [`LogError::Cell`] if the cell is anything else.
    pub fn integer(&self, column: usize) -> Result<i64> {
        self.parse(column, |text| cell::integer(text).ok_or("an integer"))
    }

    /// A finite number.
    ///
    /// # Errors
    /// [`LogError::Cell`] if the cell is anything else.
    pub fn number(&self, column: usize) -> Result<f32> {
        self.parse(column, cell::feature)
    }

    /// A class, as it is compared. `change` says what to do where it is missing.
    ///
    /// # Errors
    /// [`LogError::Cell`] if the cell is missing, or a number with a fraction.
    pub(crate) fn class(&self, column: usize, change: &str) -> Result<Cow<'a, str>> {
        if self.is_missing(column) {
            return Err(self.error_with(column, "a class", Some(change)));
        }
        let text = self.text(column);
        let class = match self.header.dialect().with_point(text) {
            // A comma may belong to a number or to a text.
            Some(Cow::Owned(number)) if number.parse::<f64>().is_ok() => {
                cell::class(&number).map(|class| Cow::Owned(class.into_owned()))
            }
            _ => cell::class(text),
        };
        class.map_err(|expected| self.error(column, expected))
    }

    /// The value that `parse` finds in a number, or the error with what it expected.
    pub(super) fn parse<T>(&self, column: usize, parse: fn(&str) -> cell::Parsed<T>) -> Result<T> {
        self.parse_with(column, |text| parse(text).map_err(str::to_owned))
    }

    /// The same, where what is expected depends on the configuration.
    pub(super) fn parse_with<T>(
        &self,
        column: usize,
        parse: impl FnOnce(&str) -> std::result::Result<T, String>,
    ) -> Result<T> {
        let (text, dialect) = (self.text(column), self.header.dialect());
        let number = dialect.with_point(text);
        parse(number.as_deref().unwrap_or_default()).map_err(|expected| {
            let (found, change) = cell::no_number(text, dialect);
            self.cell(column, found, &expected, change)
        })
    }

    /// The error for a cell that does not hold what was expected.
    #[must_use]
    pub fn error(&self, column: usize, expected: &str) -> Error {
        self.error_with(column, expected, None)
    }

    /// The same, with the change that makes it right.
    pub(super) fn error_with(&self, column: usize, expected: &str, change: Option<&str>) -> Error {
        let found = cell::quote(self.text(column));
        self.cell(column, found, expected, change.map(str::to_owned))
    }

    fn cell(&self, column: usize, found: String, expected: &str, change: Option<String>) -> Error {
        Error::from(LogError::Cell {
            file: self.header.file().to_path_buf(),
            line: self.line,
            column: self.header.names()[column].clone(),
            found,
            expected: expected.to_owned(),
            change,
            excerpt: Some(self.header.excerpt(self.record.iter(), column)),
        })
    }
}
