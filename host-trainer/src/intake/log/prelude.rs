//! What stands before the header of a table: comments, and what a spreadsheet says of the
//! delimiter.

use csv::StringRecord;

use super::dialect::Dialect;
use super::text::visible;
use crate::intake::config::Delimiter;

/// The lines before the header.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Prelude {
    /// Their bytes.
    pub(super) bytes: usize,
    pub(super) lines: u64,
    /// Those that begin with `#`.
    pub(super) comments: u64,
    /// What a line `sep=;` says.
    pub(super) delimiter: Option<Delimiter>,
    /// The last of the comments, without what makes it one.
    last: Option<String>,
}

impl Prelude {
    /// What a text begins with that is not its header.
    pub(super) fn of(sample: &[u8]) -> Self {
        let mut prelude = Self::default();
        for line in sample.split_inclusive(|&byte| byte == b'\n') {
            let text = line.trim_ascii();
            let said = text.strip_prefix(b"sep=").and_then(|said| match said {
                [byte] => Delimiter::ALL.iter().find(|delimiter| delimiter.byte() == *byte),
                // The tab has been trimmed.
                [] => Some(&Delimiter::Tab),
                _ => None,
            });
            if let Some(comment) = text.strip_prefix(b"#") {
                prelude.comments += 1;
                prelude.last = Some(String::from_utf8_lossy(comment.trim_ascii()).into_owned());
            } else if let (0, Some(&delimiter)) = (prelude.lines, said) {
                prelude.delimiter = Some(delimiter);
            } else if !text.is_empty() {
                break;
            }
            prelude.bytes += line.len();
            prelude.lines += 1;
        }
        prelude
    }

    /// The header, if it is the last comment: then that has as many cells as the first record, and
    /// this is a row, with a number in it.
    pub(super) fn header(&self, first: &StringRecord, dialect: &Dialect) -> Option<StringRecord> {
        let names = csv::ReaderBuilder::new()
            .has_headers(false)
            .delimiter(dialect.delimiter.byte())
            .from_reader(self.last.as_ref()?.as_bytes())
            .into_records()
            .next()?
            .ok()?;
        let number = |cell: &str| {
            dialect.with_point(visible(cell)).is_some_and(|text| text.parse::<f64>().is_ok())
        };
        let fits = first.len() > 1 && names.len() == first.len();
        (fits && first.iter().any(number) && !names.iter().any(number)).then_some(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::log::dialect::TableFormat;

    #[test]
    fn comments_and_the_delimiter_come_before_the_header() {
        let prelude = Prelude::of(b"sep=;\n\n# a b\n#c\nx;y\n#1;2\n");
        assert_eq!((prelude.bytes, prelude.lines, prelude.comments), (16, 4, 2));
        assert_eq!(prelude.delimiter, Some(Delimiter::Semicolon));
        assert_eq!(Prelude::of(b"x,y\nsep=;\n"), Prelude::default());
        assert_eq!(Prelude::of(b"sep=\t\nx\ty\n").delimiter, Some(Delimiter::Tab));
    }

    #[test]
    fn a_header_may_be_a_comment() {
        let dialect = TableFormat::default().dialect("1,2\n", None);
        let header = |text: &str, first: &[&str]| {
            Prelude::of(text.as_bytes()).header(&StringRecord::from(first), &dialect)
        };
        assert_eq!(header("# x, y\n", &["1", "2"]), Some(StringRecord::from(vec!["x", " y"])));
        assert_eq!(header("# x, y\n", &["a", "b"]), None);
        assert_eq!(header("# x\n", &["1", "2"]), None);
        assert_eq!(header("", &["1", "2"]), None);
    }
}
