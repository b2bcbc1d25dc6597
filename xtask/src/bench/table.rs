//! A table of results, written as Markdown for people and as CSV for programs.

use anyhow::{Context, Result};
use std::{fmt::Write, fs, path::Path};

/// How a column is set in Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A column: its name, the same in both forms, and how it is set.
pub(crate) type Column = (&'static str, Align);

/// A table. Every row has as many cells as there are columns.
#[derive(Debug)]
pub(crate) struct Table {
    /// The name of its file, without the ending.
    name: &'static str,
    columns: &'static [Column],
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(name: &'static str, columns: &'static [Column]) -> Self {
        Self { name, columns, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn push<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.columns.len(), "{}", self.name);
        self.rows.push(cells.into());
    }

    /// Whether it has no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::from("|");
        // Writing to a string cannot fail.
        for (name, _) in self.columns {
            let _ = write!(text, " {name} |");
        }
        text.push_str("\n|");
        for (_, align) in self.columns {
            text.push_str(match align {
                Align::Left => "---|",
                Align::Right => "---:|",
            });
        }
        text.push('\n');
        for row in &self.rows {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        text
    }

    /// Writes the table as `NAME.csv` into `directory`.
    pub(crate) fn write_csv(&self, directory: &Path) -> Result<()> {
        let path = directory.join(self.name).with_added_extension("csv");
        let text = self.csv().with_context(|| format!("table {}", self.name))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    fn csv(&self) -> Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|(name, _)| name))?;
        for row in &self.rows {
            writer.write_record(row)?;
        }
        Ok(writer.into_inner()?)
    }
}

/// A number in as few digits as it takes, at most two after the point.
pub(crate) fn short(number: f64) -> String {
    format!("{number:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_have_the_same_cells() {
        let mut table = Table::new("t", &[("core", Align::Left), ("code B", Align::Right)]);
        assert!(table.is_empty());
        table.push(["m4".to_owned(), "1,884".to_owned()]);
        assert_eq!(table.markdown(), "| core | code B |\n|---|---:|\n| m4 | 1,884 |\n");
        assert_eq!(table.csv().unwrap(), b"core,code B\nm4,\"1,884\"\n");
    }

    #[test]
    fn numbers_lose_only_zeros_after_the_point() {
        assert_eq!([3500.0, 1.4, 1.154].map(short), ["3500", "1.4", "1.15"]);
    }
}
