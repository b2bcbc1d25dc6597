//! What was recognised of a table, in words.

use std::fmt;
use std::path::Path;

use super::table::{LeftOut, Table};

/// How the tables of a log are stored and written: one line for a person.
pub(super) struct Recognised {
    first: String,
    columns: usize,
    /// How the first table is stored and written.
    form: String,
    files: usize,
    rows: u64,
    left_out: LeftOut,
}

impl Recognised {
    /// The first table.
    pub(super) fn new(table: &Table<'_>) -> Self {
        Self {
            first: name(table.header().file()),
            columns: table.header().names().len(),
            form: table.form(),
            files: 0,
            rows: 0,
            left_out: LeftOut::default(),
        }
    }

    /// A table that has been read to its end.
    pub(super) fn add(&mut self, table: &Table<'_>, rows: u64) {
        let LeftOut { comments, headers } = table.left_out();
        self.files += 1;
        self.rows += rows;
        self.left_out.comments += comments;
        self.left_out.headers += headers;
    }
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

impl fmt::Display for Recognised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        match self.files {
            0 | 1 => {}
            2 => f.write_str(" and another file")?,
            files => write!(f, " and {} more files", files - 1)?,
        }
        write!(f, ": {} rows of {} columns, {}", self.rows, self.columns, self.form)?;
        let LeftOut { comments, headers } = self.left_out;
        for (count, one, many) in
            [(comments, "comment", "comments"), (headers, "repeated header", "repeated headers")]
        {
            match count {
                0 => {}
                1 => write!(f, ", 1 {one} left out")?,
                _ => write!(f, ", {count} {many} left out")?,
            }
        }
        Ok(())
    }
}
