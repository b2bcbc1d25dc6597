//! How a table is written: what stands between its cells, and before the fraction of a number.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::Encoding;

use super::text::{may_be_thousands, visible};
use crate::intake::config::{Data, Decimal, Delimiter};

/// Marks of a cell that has no value, besides nothing at all.
const MISSING: [&str; 9] = ["NA", "N/A", "#N/A", "<NA>", "nan", "NaN", "null", "NULL", "-"];

/// Whether a text marks a missing cell where no configuration says otherwise.
#[cfg(feature = "collect")]
pub(crate) fn is_missing_mark(text: &str) -> bool {
    text.is_empty() || MISSING.contains(&text)
}

/// What a configuration says of how a table is written. What it does not say is recognised.
#[derive(Debug, Clone)]
pub struct TableFormat {
    delimiter: Option<Delimiter>,
    decimal: Option<Decimal>,
    encoding: Option<&'static Encoding>,
    missing: Vec<String>,
    /// The columns of a table that has no header.
    columns: Option<Vec<String>>,
}

impl Default for TableFormat {
    /// Everything is recognised.
    fn default() -> Self {
        let missing = MISSING.map(str::to_owned).to_vec();
        Self { delimiter: None, decimal: None, encoding: None, missing, columns: None }
    }
}

impl From<&Data> for TableFormat {
    fn from(data: &Data) -> Self {
        Self {
            delimiter: data.delimiter,
            decimal: data.decimal,
            encoding: data.encoding.as_ref().and_then(|name| Encoding::for_label(name.as_bytes())),
            missing: data.missing.clone().unwrap_or_else(|| Self::default().missing),
            columns: None,
        }
    }
}

impl TableFormat {
    /// The same for the files of a log that follow the first: what has no header has its columns.
    pub(super) fn with_columns(self, names: &[String]) -> Self {
        Self { columns: Some(names.to_vec()), ..self }
    }

    pub(super) fn columns(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    pub(super) fn encoding(&self) -> Option<&'static Encoding> {
        self.encoding
    }

    /// The dialect of a table that begins with `sample`, which ends with a line.
    pub(super) fn dialect(&self, sample: &str, said: Option<Delimiter>) -> Dialect {
        let delimiter = self.delimiter.or(said).unwrap_or_else(|| delimiter(sample));
        let decimal = self.decimal.unwrap_or_else(|| decimal(sample, delimiter));
        Dialect { delimiter, decimal, missing: Missing::new(self.missing.clone()) }
    }

    /// The dialect of a table that is not written at all.
    pub(super) fn in_memory(self) -> Dialect {
        let (delimiter, decimal) = (Delimiter::Comma, Decimal::Point);
        Dialect { delimiter, decimal, missing: Missing::new(self.missing) }
    }
}

/// How a table is written.
#[derive(Debug, Clone)]
pub(super) struct Dialect {
    pub(super) delimiter: Delimiter,
    pub(super) decimal: Decimal,
    missing: Missing,
}

/// The marks of cells that have no value.
#[derive(Debug, Clone)]
struct Missing {
    marks: Vec<String>,
    /// The bytes with which they begin, bit by bit. Few other cells begin with one of them.
    begins: [u64; 4],
}

impl Missing {
    fn new(marks: Vec<String>) -> Self {
        let mut begins = [0; 4];
        for &byte in marks.iter().filter_map(|mark| mark.as_bytes().first()) {
            begins[usize::from(byte / 64)] |= 1 << (byte % 64);
        }
        Self { marks, begins }
    }

    fn has(&self, text: &str) -> bool {
        let Some(&byte) = text.as_bytes().first() else { return true };
        let may = self.begins[usize::from(byte / 64)] >> (byte % 64) & 1 == 1;
        may && self.marks.iter().any(|mark| mark == text)
    }
}

impl Dialect {
    /// Whether a cell has no value.
    pub(super) fn is_missing(&self, text: &str) -> bool {
        self.missing.has(text)
    }

    /// A number with a decimal point. `None` if it has one already where a comma is expected.
    pub(super) fn with_point<'a>(&self, text: &'a str) -> Option<Cow<'a, str>> {
        match self.decimal {
            Decimal::Point => Some(text.into()),
            Decimal::Comma if text.contains('.') => None,
            Decimal::Comma if text.contains(',') => Some(text.replace(',', ".").into()),
            Decimal::Comma => Some(text.into()),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.delimiter {
            Delimiter::Comma => "commas between cells",
            Delimiter::Semicolon => "semicolons between cells",
            Delimiter::Tab => "tabs between cells",
            Delimiter::Bar => "bars between cells",
        })?;
        if self.decimal == Decimal::Comma { f.write_str(", decimal commas") } else { Ok(()) }
    }
}

/// The records of a text.
fn records(sample: &str, delimiter: Delimiter) -> Vec<csv::StringRecord> {
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte())
        .from_reader(sample.as_bytes());
    reader.into_records().map_while(Result::ok).collect()
}

/// What makes the most rows as wide as the header, which has at least two cells; the widest header
/// where several do.
fn delimiter(sample: &str) -> Delimiter {
    let score = |&delimiter: &Delimiter| {
        let records = records(sample, delimiter);
        let width = records.first().map_or(0, csv::StringRecord::len);
        let alike = records.iter().filter(|record| record.len() == width).count();
        if width < 2 { (0, 0) } else { (alike, width) }
    };
    // Of equal ones the first: `max_by_key` takes the last.
    Delimiter::ALL.iter().rev().copied().max_by_key(score).unwrap_or(Delimiter::Comma)
}

/// A comma, if more cells are numbers with one than with a point.
fn decimal(sample: &str, delimiter: Delimiter) -> Decimal {
    let records = records(sample, delimiter);
    let written_with = |mark: char| {
        let cells = records.iter().skip(1).flat_map(|record| record.iter().map(visible));
        cells
            .filter(|cell| {
                cell.matches(mark).count() == 1
                    && cell.replace(mark, ".").parse::<f64>().is_ok()
                    && !may_be_thousands(cell, mark)
            })
            .count()
    };
    if written_with(',') > written_with('.') { Decimal::Comma } else { Decimal::Point }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(sample: &str) -> (Delimiter, Decimal) {
        let found = TableFormat::default().dialect(sample, None);
        (found.delimiter, found.decimal)
    }

    #[test]
    fn delimiters_and_decimals_are_recognised() {
        use {Decimal as D, Delimiter as S};
        for (sample, expected) in [
            ("a,b\n1.5,2\n", (S::Comma, D::Point)),
            ("a;b\n1,2882;2\n", (S::Semicolon, D::Comma)),
            ("a;b\n1.5;2\n", (S::Semicolon, D::Point)),
            ("a\tb\n-0,125\t2\n", (S::Tab, D::Comma)),
            ("a|b|c\n1|2|x,y\n", (S::Bar, D::Point)),
            // Quotes protect a decimal comma, and a name with a comma.
            ("a,b\n\"1,2882\",2\n", (S::Comma, D::Comma)),
            ("\"a, b\";c\n1;2\n", (S::Semicolon, D::Point)),
            // Thousands alone say nothing.
            ("a;b\n1,288;2\n", (S::Semicolon, D::Point)),
            ("a,b\n\"1,163.74\",2\n", (S::Comma, D::Point)),
            // Dates have points as well.
            ("day;b\n24.12.2024;1,25\n", (S::Semicolon, D::Comma)),
            ("a\n1\n", (S::Comma, D::Point)),
            ("", (S::Comma, D::Point)),
            // A row that is too long does not change what the others say.
            ("a,b;c\n1,2\n3,4\n5,6,7\n", (S::Comma, D::Point)),
        ] {
            assert_eq!(dialect(sample), expected, "{sample:?}");
        }
    }

    #[test]
    fn what_is_set_is_not_recognised() {
        let format = TableFormat {
            delimiter: Some(Delimiter::Bar),
            decimal: Some(Decimal::Comma),
            ..TableFormat::default()
        };
        let found = format.dialect("a,b\n1.5,2\n", None);
        assert_eq!((found.delimiter, found.decimal), (Delimiter::Bar, Decimal::Comma));
        assert_eq!(found.with_point("1,5").as_deref(), Some("1.5"));
        assert_eq!(found.with_point("1.163"), None);
        assert_eq!(found.to_string(), "bars between cells, decimal commas");
        assert!(found.is_missing("") && found.is_missing("NA") && !found.is_missing("?"));
    }
}
