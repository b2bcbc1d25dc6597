//! One log of several tables: features and labels, and a file of answers for each expert.
//!
//! Rows of the first table stay in their order; the others are looked up by key, or follow row by
//! row.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::log::{Header, Row, Table};
use crate::error::{Error, LogError, Result, list};

/// A table that is joined to the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The file.
    pub(crate) file: PathBuf,
    /// The name of the expert whose answers it has. Its columns get that behind their names; a
    /// table without has further features, or labels.
    pub(crate) expert: Option<String>,
}

/// What was joined.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Joined {
    /// Rows of the first table.
    pub(crate) rows: u64,
    /// Rows that all tables have, which are those of the log.
    pub(crate) written: u64,
    /// The columns of the log.
    pub(crate) columns: Vec<String>,
    /// The other tables.
    pub(crate) parts: Vec<JoinedPart>,
}

/// How a table fitted the first one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct JoinedPart {
    /// The file.
    pub(crate) file: PathBuf,
    /// Its rows.
    pub(crate) rows: u64,
    /// Its rows with a key that no row of the first table has.
    pub(crate) unused: u64,
    /// Rows of the first table with a key that none of its rows has.
    pub(crate) missing: u64,
}

/// Joins tables into a log, which goes to `out`; `name` stands for that in messages. With
/// `keep_unmatched` a row that some table lacks is written with empty cells; otherwise it is left
/// out.
///
/// # Errors
/// If a table cannot be read or lacks a key column, if a key stands twice, if no key matches, or,
/// when joining row by row, if the numbers of rows differ.
pub(crate) fn join(
    first: &Path,
    parts: &[Part],
    keys: &[String],
    keep_unmatched: bool,
    out: &mut dyn Write,
    name: &Path,
) -> Result<Joined> {
    let mut table = Table::open(first)?;
    let header = table.header().clone();
    let key_columns = columns_of(&header, keys)?;
    let mut sides = parts.iter().map(|part| Side::open(part, keys)).collect::<Result<Vec<_>>>()?;
    let mut names = header.names().to_vec();
    for side in &sides {
        for (_, name) in &side.names {
            if let Some(place) = names.iter().position(|known| known == name) {
                return Err(Error::from(LogError::DuplicateColumn {
                    file: side.part.file.clone(),
                    line: 1,
                    column: name.clone(),
                    first: place + 1,
                    second: names.len() + 1,
                    excerpt: None,
                }));
            }
            names.push(name.clone());
        }
    }
    let mut writer = csv::Writer::from_writer(out);
    let wrote = |error: csv::Error| Error::io(name)(error.into());
    writer.write_record(&names).map_err(wrote)?;
    let mut seen = Keys::default();
    let mut joined = Joined { rows: 0, written: 0, columns: names, parts: Vec::new() };
    let mut cells: Vec<String> = Vec::new();
    while let Some(row) = table.next_row()? {
        joined.rows += 1;
        let key = key(&row, &key_columns);
        if !keys.is_empty() {
            seen.add(&row, &key, keys)?;
        }
        cells.clear();
        cells.extend((0..header.names().len()).map(|column| row.text(column).to_owned()));
        let mut complete = true;
        for side in &mut sides {
            complete &= side.append(&key, &mut cells, first, joined.rows)?;
        }
        if complete || keep_unmatched {
            writer.write_record(&cells).map_err(wrote)?;
            joined.written += 1;
        }
    }
    writer.flush().map_err(Error::io(name))?;
    for side in sides {
        joined.parts.push(side.finish(first, joined.rows, keys)?);
    }
    if joined.rows == 0 {
        return Err(LogError::WithoutRows { file: first.to_path_buf() }.into());
    }
    Ok(joined)
}

/// The lines on which keys have been seen.
#[derive(Default)]
struct Keys(HashMap<String, u64>);

impl Keys {
    fn add(&mut self, row: &Row<'_>, key: &str, names: &[String]) -> Result<()> {
        match self.0.insert(key.to_owned(), row.line()) {
            None => Ok(()),
            Some(first_line) => Err(Error::from(LogError::DuplicateKey {
                file: row.header().file().to_path_buf(),
                line: row.line(),
                column: names.join(", "),
                found: format!("`{}`", key.replace(SEPARATOR, ", ")),
                first_line,
            })),
        }
    }
}

/// Between the cells of a key; no cell has it.
const SEPARATOR: char = '\u{1f}';

fn key(row: &Row<'_>, columns: &[usize]) -> String {
    let cells: Vec<&str> = columns.iter().map(|&column| row.text(column)).collect();
    cells.join(&SEPARATOR.to_string())
}

fn columns_of(header: &Header, keys: &[String]) -> Result<Vec<usize>> {
    keys.iter().map(|key| header.column(key, "--key")).collect()
}

/// One of the other tables.
struct Side<'a> {
    part: &'a Part,
    /// Its columns but for the key, with their names in the log.
    names: Vec<(usize, String)>,
    rows: Rows,
    /// Rows of the first table that it lacks.
    missing: u64,
}

enum Rows {
    /// Its cells by key, with whether they have been used.
    ByKey(HashMap<String, (Vec<String>, bool)>),
    /// Read along with the first table; the rows so far.
    InOrder(Box<Table<'static>>, u64),
}

impl<'a> Side<'a> {
    fn open(part: &'a Part, keys: &[String]) -> Result<Self> {
        let mut table = Table::open(&part.file)?;
        let header = table.header().clone();
        let key_columns = columns_of(&header, keys)?;
        let others = (0..header.names().len()).filter(|column| !key_columns.contains(column));
        let columns: Vec<usize> = others.collect();
        let names = columns.iter().map(|&column| (column, part.name(&header.names()[column])));
        let names = names.collect();
        if keys.is_empty() {
            let rows = Rows::InOrder(Box::new(table), 0);
            return Ok(Self { part, names, rows, missing: 0 });
        }
        let (mut rows, mut seen) = (HashMap::new(), Keys::default());
        while let Some(row) = table.next_row()? {
            let key = key(&row, &key_columns);
            seen.add(&row, &key, keys)?;
            let cells = columns.iter().map(|&column| row.text(column).to_owned()).collect();
            rows.insert(key, (cells, false));
        }
        Ok(Self { part, names, rows: Rows::ByKey(rows), missing: 0 })
    }

    /// Adds the cells for a row of the first table; whether there are any.
    fn append(
        &mut self,
        key: &str,
        cells: &mut Vec<String>,
        first: &Path,
        number: u64,
    ) -> Result<bool> {
        match &mut self.rows {
            Rows::ByKey(rows) => match rows.get_mut(key) {
                Some((found, used)) => {
                    *used = true;
                    cells.extend(found.iter().cloned());
                    return Ok(true);
                }
                None => {
                    self.missing += 1;
                    cells.extend(self.names.iter().map(|_| String::new()));
                }
            },
            Rows::InOrder(table, read) => match table.next_row()? {
                Some(row) => {
                    *read += 1;
                    cells.extend(self.names.iter().map(|&(column, _)| row.text(column).to_owned()));
                    return Ok(true);
                }
                None => return Err(self.part.other_count(*read, first, count(first, number)?)),
            },
        }
        Ok(false)
    }

    fn finish(self, first: &Path, expected: u64, keys: &[String]) -> Result<JoinedPart> {
        let (rows, unused) = match self.rows {
            Rows::ByKey(rows) => {
                let unused = rows.values().filter(|(_, used)| !used).count() as u64;
                (rows.len() as u64, unused)
            }
            Rows::InOrder(mut table, mut read) => {
                while table.next_row()?.is_some() {
                    read += 1;
                }
                if read > expected {
                    return Err(self.part.other_count(read, first, expected));
                }
                (read, 0)
            }
        };
        if rows == unused && expected > 0 {
            return Err(Error::from(LogError::NoKeyMatches {
                file: self.part.file.clone(),
                other: first.to_path_buf(),
                key: list(keys.iter().map(String::as_str)),
            }));
        }
        Ok(JoinedPart { file: self.part.file.clone(), rows, unused, missing: self.missing })
    }
}

/// The rows of a table of which `read` have been read.
fn count(file: &Path, read: u64) -> Result<u64> {
    let (mut table, mut rows) = (Table::open(file)?, 0);
    while table.next_row()?.is_some() {
        rows += 1;
    }
    Ok(rows.max(read))
}

impl Part {
    fn other_count(&self, found: u64, other: &Path, expected: u64) -> Error {
        let (file, other) = (self.file.clone(), other.to_path_buf());
        LogError::RowCount { file, found, other, expected }.into()
    }

    /// The name of one of its columns in the log: `answer` of the expert `cloud` is `pred_cloud`,
    /// so that `mild init` knows it.
    fn name(&self, column: &str) -> String {
        let Some(expert) = &self.expert else { return column.to_owned() };
        match column.to_lowercase().as_str() {
            "pred" | "prediction" | "predicted" | "answer" | "output" => format!("pred_{expert}"),
            _ if column.ends_with(expert.as_str()) => column.to_owned(),
            _ => format!("{column}_{expert}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_answers_are_named_after_their_expert() {
        let part = Part { file: PathBuf::from("a.csv"), expert: Some("cloud".to_owned()) };
        for (column, name) in [
            ("Answer", "pred_cloud"),
            ("prediction", "pred_cloud"),
            ("price", "price_cloud"),
            ("pred_cloud", "pred_cloud"),
            ("score", "score_cloud"),
        ] {
            assert_eq!(part.name(column), name);
        }
        assert_eq!(Part { expert: None, ..part }.name("answer"), "answer");
    }
}
