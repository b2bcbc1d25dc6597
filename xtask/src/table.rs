//! Tables of figures: CSV with a header for programs, Markdown for people, queried by the values of
//! their columns.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{fmt::Write, fs, path::Path};

/// A table with named columns; every cell is text, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Table {
    /// The names of the columns.
    pub(crate) columns: Vec<String>,
    /// One vector of cells for each row, each as long as `columns`.
    pub(crate) rows: Vec<Vec<String>>,
}

/// A condition on a row: the cell of this column is one of these values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) column: String,
    pub(crate) values: Vec<String>,
}

impl Filter {
    /// The condition that the cell of `column` is `value`.
    pub(crate) fn is(column: &str, value: &str) -> Self {
        Self { column: column.to_owned(), values: vec![value.to_owned()] }
    }
}

impl Table {
    /// A table without rows.
    pub(crate) fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self { columns: columns.map(str::to_owned).into(), rows: Vec::new() }
    }

    /// Adds a row. It must have a cell for each column.
    pub(crate) fn push<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.columns.len(), "{:?}", self.columns);
        self.rows.push(cells.into());
    }

    /// Parses CSV with a header.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let columns = reader.headers()?.iter().map(str::to_owned).collect();
        let rows = reader
            .records()
            .map(|record| Ok(record?.iter().map(str::to_owned).collect()))
            .collect::<Result<_, csv::Error>>()?;
        Ok(Self { columns, rows })
    }

    /// Reads a CSV file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the table {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("cannot parse {}", path.display()))
    }

    /// The tables of a Markdown document, each with the heading above it. Marks of emphasis are
    /// taken off.
    pub(crate) fn in_markdown(text: &str) -> Vec<(String, Self)> {
        let (mut heading, mut found) = (String::new(), Vec::new());
        let mut table: Option<Self> = None;
        for line in text.lines().chain([""]) {
            let rule = line.starts_with("|-") || line.starts_with("| -");
            let cells = line.strip_prefix("| ").and_then(|line| line.strip_suffix('|'));
            match (cells, &mut table) {
                (_, Some(_)) if rule => {}
                (Some(cells), table) => {
                    let cells = cells.split('|').map(|cell| cell.replace(['*', '\\'], ""));
                    let cells: Vec<String> = cells.map(|cell| cell.trim().to_owned()).collect();
                    match table {
                        // A cell that Markdown does not need is a column without a name.
                        Some(table) => table.rows.push(cells),
                        None => *table = Some(Self { columns: cells, rows: Vec::new() }),
                    }
                }
                (None, _) => {
                    found.extend(table.take().map(|table| (heading.clone(), table)));
                    if let Some(text) = line.trim_start_matches('#').strip_prefix(' ')
                        && line.starts_with('#')
                    {
                        text.clone_into(&mut heading);
                    }
                }
            }
        }
        found
    }

    /// The table as CSV.
    pub(crate) fn to_csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.columns)?;
        for row in &self.rows {
            writer.write_record(row)?;
        }
        Ok(String::from_utf8(writer.into_inner()?)?)
    }

    /// A table of JSON objects: one row each, nested keys joined by dots. A key that an object
    /// lacks, or that holds null, is an empty cell; arrays are written as JSON.
    pub(crate) fn from_json(objects: &[Value]) -> Result<Self> {
        let mut table = Self::default();
        for object in objects {
            let mut row = vec![String::new(); table.columns.len()];
            let mut cells = Vec::new();
            flatten("", object, &mut cells);
            for (name, cell) in cells {
                match table.columns.iter().position(|column| *column == name) {
                    Some(index) => row[index] = cell,
                    None => {
                        table.columns.push(name);
                        row.push(cell);
                    }
                }
            }
            table.rows.push(row);
        }
        ensure!(!table.columns.is_empty(), "expected a list of JSON objects, found none");
        for row in &mut table.rows {
            row.resize(table.columns.len(), String::new());
        }
        Ok(table)
    }

    /// The table with a column of one cell in front.
    pub(crate) fn labelled(mut self, column: &str, cell: &str) -> Self {
        self.columns.insert(0, column.to_owned());
        self.rows.iter_mut().for_each(|row| row.insert(0, cell.to_owned()));
        self
    }

    /// The rows of both tables; columns that one of them lacks are empty there.
    pub(crate) fn join(mut self, other: Self) -> Self {
        for column in &other.columns {
            if !self.columns.contains(column) {
                self.columns.push(column.clone());
                self.rows.iter_mut().for_each(|row| row.push(String::new()));
            }
        }
        for row in other.rows {
            let mut joined = vec![String::new(); self.columns.len()];
            for (column, cell) in other.columns.iter().zip(row) {
                if let Some(index) = self.columns.iter().position(|known| known == column) {
                    joined[index] = cell;
                }
            }
            self.rows.push(joined);
        }
        self
    }

    /// The table with one more column that has the same cell in each row.
    pub(crate) fn with_column(mut self, name: &str, cell: &str) -> Self {
        self.columns.push(name.to_owned());
        self.rows.iter_mut().for_each(|row| row.push(cell.to_owned()));
        self
    }

    /// The table without a column, if it has it.
    pub(crate) fn without(mut self, name: &str) -> Self {
        if let Some(index) = self.columns.iter().position(|column| column == name) {
            self.columns.remove(index);
            self.rows.iter_mut().for_each(|row| drop(row.remove(index)));
        }
        self
    }

    /// The index of a column. In a query an underscore also stands for a space.
    pub(crate) fn column(&self, name: &str) -> Result<usize> {
        match self.columns.iter().position(|column| same(column, name)) {
            Some(index) => Ok(index),
            None => bail!("no column `{name}`; the columns are {}", self.columns.join(", ")),
        }
    }

    /// The rows that meet all conditions.
    pub(crate) fn select(&self, filters: &[Filter]) -> Result<Self> {
        let mut conditions = Vec::new();
        for filter in filters {
            conditions.push((self.column(&filter.column)?, &filter.values));
        }
        let meets = |row: &&Vec<String>| {
            conditions.iter().all(|(index, values)| values.iter().any(|v| same(&row[*index], v)))
        };
        let rows = self.rows.iter().filter(meets).cloned().collect();
        Ok(Self { columns: self.columns.clone(), rows })
    }

    /// The one cell of a column in the one row that meets all conditions.
    pub(crate) fn cell(&self, filters: &[Filter], column: &str) -> Result<String> {
        let (index, selected) = (self.column(column)?, self.select(filters)?);
        match &*selected.rows {
            [row] => Ok(row[index].clone()),
            [] => bail!("no row meets the conditions"),
            rows => bail!("{} rows meet the conditions, expected one", rows.len()),
        }
    }

    /// Some of the columns, in this order.
    pub(crate) fn project(&self, columns: &[String]) -> Result<Self> {
        let indices =
            columns.iter().map(|name| self.column(name)).collect::<Result<Vec<usize>>>()?;
        let pick = |row: &Vec<String>| indices.iter().map(|&index| row[index].clone()).collect();
        let columns = indices.iter().map(|&index| self.columns[index].clone()).collect();
        Ok(Self { columns, rows: self.rows.iter().map(pick).collect() })
    }

    /// One row for each value of `down`, one column for each value of `across`, and the cells of
    /// `value` inside; all in the order in which they first appear.
    pub(crate) fn pivot(&self, down: &str, across: &str, value: &str) -> Result<Self> {
        let (down_index, across_index) = (self.column(down)?, self.column(across)?);
        let value_index = self.column(value)?;
        let mut table = Self { columns: vec![down.to_owned()], rows: Vec::new() };
        for row in &self.rows {
            if !table.columns[1..].contains(&row[across_index]) {
                table.columns.push(row[across_index].clone());
            }
        }
        for row in &self.rows {
            let line = match table.rows.iter().position(|line| line[0] == row[down_index]) {
                Some(line) => line,
                None => {
                    let mut line = vec![String::new(); table.columns.len()];
                    line[0].clone_from(&row[down_index]);
                    table.rows.push(line);
                    table.rows.len() - 1
                }
            };
            let place = table.columns[1..].iter().position(|name| *name == row[across_index]);
            let Some(place) = place else { bail!("a column of the pivot is lost") };
            let cell = &mut table.rows[line][place + 1];
            ensure!(
                cell.is_empty(),
                "two values for {} and {}",
                row[down_index],
                row[across_index]
            );
            cell.clone_from(&row[value_index]);
        }
        Ok(table)
    }

    /// The table in Markdown: underscores of the header become spaces, columns of numbers are
    /// aligned to the right, and numbers have at most `digits` decimals.
    pub(crate) fn markdown(&self, digits: usize) -> String {
        let numeric: Vec<bool> = (0..self.columns.len())
            .map(|index| {
                let mut filled =
                    self.rows.iter().map(|row| row[index].as_str()).filter(|cell| !cell.is_empty());
                filled.all(|cell| cell.parse::<f64>().is_ok())
            })
            .collect();
        let mut text = String::new();
        let names: Vec<String> =
            self.columns.iter().map(|column| column.replace('_', " ")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} |", names.join(" | "));
        let rules: Vec<&str> =
            numeric.iter().map(|&numeric| if numeric { "---:" } else { "---" }).collect();
        let _ = writeln!(text, "|{}|", rules.join("|"));
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|cell| rounded(cell, digits)).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }
}

/// Whether a name of a table is the one of a query, which has underscores in place of spaces.
fn same(name: &str, queried: &str) -> bool {
    name == queried || name.replace(' ', "_") == queried
}

/// A number with at most this many decimals; any other text as it is.
fn rounded(cell: &str, digits: usize) -> String {
    let decimals = cell.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    match cell.parse::<f64>() {
        Ok(number) if decimals > digits || cell.contains('e') => format!("{number:.digits$}"),
        _ => cell.to_owned(),
    }
}

fn flatten(prefix: &str, value: &Value, cells: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&name, field, cells);
            }
        }
        Value::Null => cells.push((prefix.to_owned(), String::new())),
        Value::String(text) => cells.push((prefix.to_owned(), text.clone())),
        other => cells.push((prefix.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "core,shape,count\nm0,a,7483\nm0,b,10.25\nm4,a,2116\n";

    fn filter(column: &str, values: &[&str]) -> Filter {
        Filter {
            column: column.to_owned(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        }
    }

    #[test]
    fn both_forms_have_the_same_cells() {
        let mut table = Table::new(["core", "code B"]);
        table.push(["m4".to_owned(), "1884".to_owned()]);
        assert_eq!(table.markdown(4), "| core | code B |\n|---|---:|\n| m4 | 1884 |\n");
        assert_eq!(table.to_csv().unwrap(), "core,code B\nm4,1884\n");
    }

    #[test]
    fn a_cell_is_found_by_its_row() {
        let table = Table::parse(TEXT).unwrap();
        let cell = table.cell(&[filter("core", &["m4"])], "count");
        assert_eq!(cell.unwrap(), "2116");
        let error = table.cell(&[filter("core", &["m0"])], "count").unwrap_err().to_string();
        assert!(error.contains("2 rows"), "{error}");
        let error = table.cell(&[filter("core", &["m7"])], "count").unwrap_err().to_string();
        assert!(error.contains("no row"), "{error}");
        let error = table.cell(&[filter("cores", &["m7"])], "count").unwrap_err().to_string();
        assert!(error.contains("the columns are core, shape, count"), "{error}");
    }

    #[test]
    fn a_pivot_has_a_line_for_each_value() {
        let pivot = Table::parse(TEXT).unwrap().pivot("core", "shape", "count").unwrap();
        assert_eq!(
            pivot.markdown(1),
            "| core | a | b |\n|---|---:|---:|\n| m0 | 7483 | 10.2 |\n| m4 | 2116 |  |\n"
        );
    }

    #[test]
    fn tables_are_found_in_markdown() {
        let text = "# One\n\n| a | b |\n|---|---:|\n| **1** | 2\\* |\n\n## Two\ntext | more\n| c |\n| --- |\n| 3 |";
        let found = Table::in_markdown(text);
        let names: Vec<&str> = found.iter().map(|(heading, _)| heading.as_str()).collect();
        assert_eq!(names, ["One", "Two"]);
        assert_eq!(found[0].1.to_csv().unwrap(), "a,b\n1,2\n");
        assert_eq!(found[1].1.to_csv().unwrap(), "c\n3\n");
    }

    #[test]
    fn json_becomes_a_table_and_comes_back_from_csv() {
        let objects = [
            serde_json::json!({ "log": "a", "loss": { "mean": 0.5, "low": 0.25 } }),
            serde_json::json!({ "log": "b", "loss": null, "bytes": 12 }),
        ];
        let table = Table::from_json(&objects).unwrap();
        assert_eq!(Table::parse(&table.to_csv().unwrap()).unwrap(), table);
        assert_eq!(table.cell(&[filter("log", &["a"])], "loss.low").unwrap(), "0.25");
        assert_eq!(table.cell(&[filter("log", &["b"])], "bytes").unwrap(), "12");
    }

    #[test]
    fn tables_join_by_the_names_of_their_columns() {
        let other = Table::parse("count,core\n9,m7\n").unwrap();
        let joined = Table::parse(TEXT).unwrap().join(other);
        assert_eq!(joined.rows[3], ["m7", "", "9"]);
        let without = joined.without("shape").without("shape");
        assert_eq!(
            (without.columns.len(), &without.rows[3][..]),
            (2, &["m7".to_owned(), "9".to_owned()][..])
        );
    }
}
