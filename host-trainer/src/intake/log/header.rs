//! The names of a table's columns.

use std::path::{Path, PathBuf};

use csv::StringRecord;
use glob::Pattern;

use super::dialect::Dialect;
use super::text::visible;
use crate::error::{Error, Excerpt, LogError, Result, list, suggest};

/// The names of the columns of a table.
#[derive(Debug, Clone)]
pub struct Header {
    file: PathBuf,
    line: u64,
    names: Vec<String>,
    dialect: Dialect,
}

impl Header {
    /// Names without what cannot be seen around them.
    pub(super) fn new(file: &Path, line: u64, record: &StringRecord, dialect: Dialect) -> Self {
        let names = record.iter().map(|cell| visible(cell).to_owned()).collect();
        Self { file: file.to_path_buf(), line, names, dialect }
    }

    /// The file, as it is named in messages.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Its line, counted from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The names of the columns, without the space around them.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How the table is written.
    pub(super) fn dialect(&self) -> &Dialect {
        &self.dialect
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
                line: self.line,
                column: name.to_owned(),
                key: wanted_by.to_owned(),
                suggestion: suggest(name, names()),
                found: match self.names.len() {
                    1 => format!(
                        "{} alone: set `delimiter` in `[data]`, or remove the lines before the header",
                        list(names())
                    ),
                    _ => list(names()),
                },
            })
        })
    }

    /// The positions of the columns that a name or glob stands for, in the order of the header.
    /// `wanted_by` is the key or the option that names them, for the message. No glob stands for a
    /// column without a name.
    ///
    /// # Errors
    /// If no column matches.
    pub fn matching(&self, glob: &str, wanted_by: &str) -> Result<Vec<usize>> {
        if self.names.iter().any(|name| name == glob) || !is_glob(glob) {
            return Ok(vec![self.column(glob, wanted_by)?]);
        }
        // A pattern that is none matches nothing; a configuration's patterns have been checked.
        let columns: Vec<usize> = Pattern::new(glob).map_or_else(
            |_| Vec::new(),
            |glob| {
                let matches = |name: &String| !name.is_empty() && glob.matches(name);
                (0..self.names.len()).filter(|&i| matches(&self.names[i])).collect()
            },
        );
        if columns.is_empty() {
            return Err(Error::from(LogError::NoMatch {
                file: self.file.clone(),
                line: self.line,
                key: wanted_by.to_owned(),
                pattern: glob.to_owned(),
                found: list(self.names.iter().map(String::as_str)),
            }));
        }
        Ok(columns)
    }

    /// The columns that a glob does not stand for, but would if letters had no case and nothing but
    /// letters and digits counted.
    pub(super) fn look_alikes(&self, glob: &str, matched: &[usize]) -> Vec<usize> {
        let plain = |text: &str, kept: &[char]| -> String {
            let keeps = |c: &char| c.is_alphanumeric() || kept.contains(c);
            text.chars().filter(keeps).flat_map(char::to_lowercase).collect()
        };
        let Ok(pattern) = Pattern::new(&plain(glob, &['*', '?', '[', ']', '!'])) else {
            return Vec::new();
        };
        // A pattern of nothing but wildcards is like everything.
        if !is_glob(glob) || !pattern.as_str().contains(char::is_alphanumeric) {
            return Vec::new();
        }
        let alike =
            |&i: &usize| !matched.contains(&i) && pattern.matches(&plain(&self.names[i], &[]));
        (0..self.names.len()).filter(alike).collect()
    }

    /// That no name is there twice. Any number of columns may have none: nobody can mean them.
    pub(super) fn no_duplicates(&self) -> Result<()> {
        let mut seen = std::collections::HashMap::new();
        let named = self.names.iter().enumerate().filter(|(_, name)| !name.is_empty());
        for (index, name) in named {
            if let Some(first) = seen.insert(name, index) {
                return Err(Error::from(LogError::DuplicateColumn {
                    file: self.file.clone(),
                    line: self.line,
                    column: name.clone(),
                    first: first + 1,
                    second: index + 1,
                    excerpt: Some(self.excerpt(self.names.iter().map(String::as_str), index)),
                }));
            }
        }
        Ok(())
    }

    /// A row of the table with a mark under one of its cells.
    pub(super) fn excerpt<'a>(
        &self,
        cells: impl Iterator<Item = &'a str>,
        marked: usize,
    ) -> Excerpt {
        Excerpt::of_cells(cells, marked, char::from(self.dialect.delimiter.byte()))
    }
}

/// Whether a name may stand for several.
pub(super) fn is_glob(name: &str) -> bool {
    name.contains(['*', '?', '['])
}
