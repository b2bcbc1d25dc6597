//! Reading a deferral log: a table as text, plain or compressed, or as arrays, checked cell by cell.
//!
//! Rows stream straight into the arrays of the [`Dataset`]; the text of the log is never held. How
//! the table is written is recognised from its beginning; what it means does not depend on that.
//!
//! **Not here:** gaps are not filled in and rows are not dropped unless the configuration says so.
//! A log with an unusable cell is refused; the error names the file, the line, the column, what was
//! found, what was expected and what to change.

mod ahead;
mod arrays;
mod batch;
mod category;
mod cell;
mod coded;
mod columns;
mod dialect;
mod digest;
mod encoding;
mod files;
mod foreign;
mod header;
mod json_lines;
mod lines;
mod memory;
mod new_rows;
mod npy;
mod numbered;
mod prelude;
mod recognised;
mod records;
mod row;
mod rows;
mod signature;
mod source;
mod split;
mod table;
mod text;
mod unreadable;
mod values;
mod vocabulary;
mod zstd;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use crate::data::dataset::Dataset;
use crate::error::{LogError, Result, list};
use crate::intake::config::Config;
pub use dialect::TableFormat;
#[cfg(feature = "collect")]
pub(crate) use dialect::is_missing_mark;
use files::Tables;
pub use foreign::{ForeignFormat, ForeignRows, OpenForeign, add_formats};
pub use header::Header;
pub use memory::{Cells, MemoryTable, Strided, categories, single};
pub use new_rows::{NewRow, NewRows};
use recognised::Recognised;
pub use row::Row;
use rows::Rows;
pub use table::Table;

/// Reads the log that a configuration names, for training and for whatever else needs the answer of
/// every expert on every row.
///
/// # Errors
/// If the log cannot be read, does not fit the configuration, has an unusable cell, or has rows on
/// which somebody was not asked.
pub fn read(config: &Config) -> Result<Dataset> {
    complete(survey(config)?)
}

/// Reads a log from anywhere, such as from memory. `name` stands for it in messages.
///
/// # Errors
/// As [`read`].
pub fn read_from(reader: impl Read, name: &Path, config: &Config) -> Result<Dataset> {
    complete(survey_from(reader, name, config)?)
}

/// Reads the log that a configuration names, to describe it: with `not_asked = "allowed"` it may
/// have rows on which somebody was not asked.
///
/// # Errors
/// If the log cannot be read, does not fit the configuration, or has an unusable cell.
pub fn survey(config: &Config) -> Result<Dataset> {
    survey_all(Tables::of(&config.data.log, TableFormat::from(&config.data))?, config)
}

/// As [`survey`], from anywhere, such as from memory. `name` stands for it in messages.
///
/// # Errors
/// As [`survey`].
pub fn survey_from(reader: impl Read, name: &Path, config: &Config) -> Result<Dataset> {
    let table = Table::new_as(reader, name, &TableFormat::from(&config.data));
    survey_all([table].into_iter(), config)
}

/// Reads a log from memory, for training. `name` stands for it in messages; its row `i`, counted
/// from 0, is called line `i + 2`, as in a file with a header. Of the configuration `data.log` is
/// not looked at.
///
/// # Errors
/// As [`read_log`](crate::read_log).
pub fn read_memory(table: &MemoryTable<'_>, name: &Path, config: &Config) -> Result<Dataset> {
    complete(table.survey(name, config)?)
}

/// Reads the rows of tables with the same columns. There is at least one table.
fn survey_all<'a>(
    mut tables: impl Iterator<Item = Result<Table<'a>>>,
    config: &Config,
) -> Result<Dataset> {
    let mut table = tables.next().expect("a log has a file")?;
    let first = table.header().clone();
    let mut rows = Rows::new(&first, config).map_err(|error| config.explain(error))?;
    let mut recognised = Recognised::new(&table);
    let mut before = 0;
    loop {
        let (count, line) = ahead::push_all(&mut table, &mut rows, before)?;
        recognised.add(&table, count);
        rows.warn(table.warning());
        before += line;
        let Some(next) = tables.next() else { break };
        table = next?;
        same_columns(&first, table.header())?;
    }
    rows.finish(recognised.to_string())
}

fn same_columns(first: &Header, header: &Header) -> Result<()> {
    if first.names() == header.names() {
        return Ok(());
    }
    let names = |header: &Header| list(header.names().iter().map(String::as_str));
    let (found, expected) = (names(header), names(first));
    let (file, first) = (header.file().to_path_buf(), first.file().to_path_buf());
    Err(LogError::OtherHeader { file, first, found, expected }.into())
}

/// The log, if everybody was asked on every row.
fn complete(data: Dataset) -> Result<Dataset> {
    let Some(found) = &data.notes.incomplete else { return Ok(data) };
    Err(LogError::NotAsked {
        file: found.file.clone(),
        line: found.line,
        column: found.column.clone(),
        rows: found.rows,
        complete: found.complete,
    }
    .into())
}

/// The header of the log that a configuration names.
///
/// # Errors
/// If the log cannot be read.
pub(crate) fn header(config: &Config) -> Result<Header> {
    let mut tables = Tables::of(&config.data.log, TableFormat::from(&config.data))?;
    Ok(tables.next().expect("a log has a file")?.header().clone())
}

/// Hands over the rows of the log that a configuration names, each with its line. Lines count on
/// from one file of a log to the next.
///
/// # Errors
/// If the log cannot be read; and the errors of `take`.
pub(crate) fn each_row(
    config: &Config,
    mut take: impl FnMut(&Row<'_>, u64) -> Result<()>,
) -> Result<()> {
    let mut before = 0;
    for table in Tables::of(&config.data.log, TableFormat::from(&config.data))? {
        let mut table = table?;
        let mut line = 0;
        while let Some(row) = table.next_row()? {
            line = row.line();
            take(&row, before + line)?;
        }
        before += line;
    }
    Ok(())
}

/// The cells of one column on the given lines of the log that a configuration names, in that order.
/// Lines count on from one file of a log to the next.
///
/// # Errors
/// If the log cannot be read or has no such column.
pub fn column(config: &Config, name: &str, at: &[u32]) -> Result<Vec<String>> {
    let column = header(config)?.column(name, "the command line")?;
    let mut cells = BTreeMap::new();
    each_row(config, |row, line| {
        cells.insert(line, row.text(column).to_owned());
        Ok(())
    })?;
    Ok(at.iter().map(|&line| cells.get(&u64::from(line)).cloned().unwrap_or_default()).collect())
}
