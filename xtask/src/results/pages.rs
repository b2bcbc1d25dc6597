//! Figures in the documents: where they stand, and what the tables say there.
//!
//! A document marks what comes from a table under `docs/results/`:
//!
//! - a figure by a comment right after it:
//!   `2,116<!-- device[core=m4 part=decision].instructions | , -->`. The format is `,` for groups
//!   of three digits, `.N` for N decimals, `%` for a share in percent with one decimal; without it
//!   the cell is taken as it is;
//! - a table by a pair of comments: `<!-- table device[part=decision] core instructions | .2 -->`,
//!   the Markdown table, `<!-- end -->`. Columns follow the conditions; `down/across/value` in
//!   place of them makes a pivot;
//! - what a command printed by `<!-- text demo -->`, a fenced block, `<!-- end -->`; the text is in
//!   `demo.txt`.
//!
//! Conditions are `column=value` with `value|value` for several, separated by spaces; an underscore
//! in a name also stands for a space.

use crate::table::{Filter, Table};
use anyhow::{Context, Result, bail};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    rc::Rc,
};

/// A figure or table of a document that is not what its source says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The line of the mark, from 1.
    pub(crate) line: usize,
    /// The mark.
    pub(crate) mark: String,
    pub(crate) found: String,
    pub(crate) expected: String,
}

/// A document with every marked figure and table as its source says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refreshed {
    pub(crate) text: String,
    /// The number of marks.
    pub(crate) marks: usize,
    /// What was different.
    pub(crate) mismatches: Vec<Mismatch>,
}

/// The tables under a folder, read when they are first asked for.
#[derive(Debug)]
pub(crate) struct Tables {
    folder: PathBuf,
    read: RefCell<BTreeMap<String, Rc<Table>>>,
}

impl Tables {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), read: RefCell::default() }
    }

    fn get(&self, name: &str) -> Result<Rc<Table>> {
        if let Some(table) = self.read.borrow().get(name) {
            return Ok(Rc::clone(table));
        }
        let table = Rc::new(Table::read(&self.folder.join(name).with_extension("csv"))?);
        self.read.borrow_mut().insert(name.to_owned(), Rc::clone(&table));
        Ok(table)
    }
}

/// Compares a document with its sources, and writes what is marked anew.
pub(crate) fn refresh(text: &str, tables: &Tables) -> Result<Refreshed> {
    let mut fresh = String::with_capacity(text.len());
    let (mut marks, mut mismatches) = (0, Vec::new());
    let mut rest = text;
    while let Some((before, mark, after)) = next_mark(rest) {
        marks += 1;
        let position = text.len() - rest.len() + before.len();
        let line = text[..position].matches('\n').count() + 1;
        let place = || format!("line {line}: <!-- {mark} -->");
        let mut compare = |found: &str, expected: &str| {
            if found != expected {
                let (found, expected) = first_difference(found, expected);
                mismatches.push(Mismatch { line, mark: mark.to_owned(), found, expected });
            }
        };
        if let Some(block) = Block::parse(mark) {
            let Some((found, after_end)) = after.split_once("<!-- end -->") else {
                bail!("{}: no <!-- end --> after it", place());
            };
            let expected = format!("\n{}", block.text(tables).with_context(place)?);
            compare(found, &expected);
            fresh += &format!("{before}<!-- {mark} -->{expected}<!-- end -->");
            rest = after_end;
        } else {
            let (before, found) = before.split_at(before.len() - trailing_figure(before).len());
            let expected = figure_of(mark, tables).with_context(place)?;
            compare(found, &expected);
            fresh += &format!("{before}{expected}<!-- {mark} -->");
            rest = after;
        }
    }
    fresh += rest;
    Ok(Refreshed { text: fresh, marks, mismatches })
}

/// A mark that has a block of text after it.
enum Block<'m> {
    Table(&'m str),
    Text(&'m str),
}

impl<'m> Block<'m> {
    fn parse(mark: &'m str) -> Option<Self> {
        mark.strip_prefix("table ")
            .map(Self::Table)
            .or_else(|| mark.strip_prefix("text ").map(Self::Text))
    }

    fn text(&self, tables: &Tables) -> Result<String> {
        match self {
            Self::Table(query) => table_of(query, tables),
            Self::Text(name) => {
                let path = tables.folder.join(name).with_extension("txt");
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read the text {}", path.display()))?;
                Ok(format!("```text\n{}\n```\n", text.trim_end()))
            }
        }
    }
}

/// The text before the next mark, the mark, and the text after it. Other comments are no marks.
fn next_mark(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("<!-- ")?;
        let inside = start + "<!-- ".len();
        let end = inside + text.get(inside..)?.find(" -->")?;
        let mark = &text[inside..end];
        let after = end + " -->".len();
        let figure = mark.contains('[') && mark.contains("].");
        if figure || Block::parse(mark).is_some() {
            return Some((&text[..start], mark, &text[after..]));
        }
        from = after;
    }
}

/// The figure at the end of a text: digits with their signs, separators and percent sign, or
/// `5 of 21`.
fn trailing_figure(text: &str) -> &str {
    let digits = |text: &str| {
        let belongs = |c: char| c.is_ascii_digit() || ".,+-".contains(c);
        text.len() - text.trim_end_matches(belongs).len()
    };
    let trimmed = text.strip_suffix(" %").unwrap_or(text);
    let length = digits(trimmed);
    if length == 0 {
        return "";
    }
    let start = trimmed.len() - length;
    let first = text[..start].strip_suffix(" of ").map_or(0, digits);
    if first == 0 { &text[start..] } else { &text[start - " of ".len() - first..] }
}

/// A query apart: the table's name, the conditions, what follows them, and the format.
struct Query<'q> {
    table: &'q str,
    filters: Vec<Filter>,
    rest: &'q str,
    format: &'q str,
}

impl<'q> Query<'q> {
    fn parse(text: &'q str) -> Result<Self> {
        let (table, after) = text.split_once('[').context("expected `table[conditions]`")?;
        let (conditions, after) = after.split_once(']').context("the conditions lack a `]`")?;
        let mut filters = Vec::new();
        for condition in conditions.split_whitespace() {
            let (column, values) =
                condition.split_once('=').context("a condition is `column=value`")?;
            let values = values.split('|').map(str::to_owned).collect();
            filters.push(Filter { column: column.to_owned(), values });
        }
        let (rest, format) = after.split_once(" | ").unwrap_or((after, ""));
        Ok(Self { table: table.trim(), filters, rest: rest.trim(), format: format.trim() })
    }
}

fn figure_of(mark: &str, tables: &Tables) -> Result<String> {
    let query = Query::parse(mark)?;
    let column = query.rest.strip_prefix('.').context("expected `].column`")?;
    let table = tables.get(query.table)?;
    formatted(&table.cell(&query.filters, column)?, query.format)
}

fn table_of(text: &str, tables: &Tables) -> Result<String> {
    let query = Query::parse(text)?;
    let digits = match query.format.strip_prefix('.') {
        Some(digits) => digits.parse().context("a format of a table is `.N`")?,
        None => 4,
    };
    let rows = tables.get(query.table)?.select(&query.filters)?;
    let table = match *query.rest.split('/').collect::<Vec<_>>() {
        [down, across, value] => rows.pivot(down, across, value)?,
        _ => {
            let columns: Vec<String> = query.rest.split_whitespace().map(str::to_owned).collect();
            rows.project(&columns)?
        }
    };
    if table.rows.is_empty() {
        bail!("no row meets the conditions");
    }
    Ok(table.markdown(digits))
}

fn formatted(cell: &str, format: &str) -> Result<String> {
    let number = || {
        cell.parse::<f64>().with_context(|| format!("found `{cell}`, expected a number to format"))
    };
    if format.is_empty() {
        return Ok(cell.to_owned());
    }
    if format == "," {
        return Ok(grouped(&format!("{:.0}", number()?)));
    }
    if format == "%" {
        return Ok(format!("{:.1} %", number()? * 100.0));
    }
    match format.strip_prefix('.').and_then(|digits| digits.parse::<usize>().ok()) {
        Some(digits) => Ok(format!("{:.digits$}", number()?)),
        None => bail!("found the format `{format}`, expected `,`, `%` or `.N`"),
    }
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && digit != '-' {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The first line in which two texts differ.
fn first_difference(found: &str, expected: &str) -> (String, String) {
    let mut lines = expected.lines();
    let mut others = found.lines();
    loop {
        match (others.next(), lines.next()) {
            (Some(found), Some(expected)) if found == expected => {}
            (found, expected) => {
                let text = |line: Option<&str>| line.unwrap_or("nothing").to_owned();
                return (text(found), text(expected));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> (tempfile::TempDir, Tables) {
        let folder = tempfile::tempdir().unwrap();
        let text = "core,part,count,share\nm0,decision,7483,0.125\nm4,decision,2116,0.5\n";
        std::fs::write(folder.path().join("device.csv"), text).unwrap();
        let tables = Tables::new(folder.path());
        (folder, tables)
    }

    #[test]
    fn a_stale_figure_is_found_and_mended() {
        let (_folder, tables) = tables();
        let stale = "It takes **2,056<!-- device[core=m4].count | , -->** instructions,\n\
                     12.5 %<!-- device[core=m0].share | % --> of them here. <!-- a remark -->\n";
        let Refreshed { text: fresh, marks, mismatches } = refresh(stale, &tables).unwrap();
        assert_eq!((fresh.as_str(), marks), (stale.replace("2,056", "2,116").as_str(), 2));
        assert_eq!(
            mismatches,
            [Mismatch {
                line: 1,
                mark: "device[core=m4].count | ,".to_owned(),
                found: "2,056".to_owned(),
                expected: "2,116".to_owned(),
            }]
        );
        assert_eq!(refresh(&fresh, &tables).unwrap().mismatches, []);
    }

    #[test]
    fn a_table_is_written_anew() {
        let (_folder, tables) = tables();
        let stale = "<!-- table device[core=m0|m4] core count -->\n| old |\n<!-- end -->\nafter";
        let Refreshed { text: fresh, marks, mismatches } = refresh(stale, &tables).unwrap();
        let expected = "<!-- table device[core=m0|m4] core count -->\n| core | count |\n|---|---:|\n\
                        | m0 | 7483 |\n| m4 | 2116 |\n<!-- end -->\nafter";
        assert_eq!(fresh, expected);
        assert_eq!((marks, mismatches.len()), (1, 1));
        assert_eq!(mismatches[0].found, "| old |");
        assert_eq!(refresh(&fresh, &tables).unwrap().mismatches, []);
    }

    #[test]
    fn a_text_is_fenced() {
        let (folder, tables) = tables();
        std::fs::write(folder.path().join("demo.txt"), "one\ntwo\n").unwrap();
        let stale = "<!-- text demo -->\n<!-- end -->";
        let fresh = refresh(stale, &tables).unwrap().text;
        assert_eq!(fresh, "<!-- text demo -->\n```text\none\ntwo\n```\n<!-- end -->");
    }

    #[test]
    fn a_query_that_finds_nothing_says_where_it_stands() {
        let (_folder, tables) = tables();
        for (text, reason) in [
            ("\n1<!-- device[core=m9].count -->", "no row"),
            ("\n1<!-- device[part=decision].count -->", "2 rows"),
            ("\n1<!-- device[core=m4].counts -->", "no column `counts`"),
            ("\n1<!-- missing[core=m4].count -->", "cannot read the table"),
            ("\n1<!-- device[core=m4].core | , -->", "expected a number"),
            ("\n<!-- table device[] core -->", "no <!-- end -->"),
        ] {
            let error = format!("{:#}", refresh(text, &tables).unwrap_err());
            assert!(error.contains("line 1") || error.contains("line 2"), "{error}");
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_figure_ends_where_the_words_begin() {
        for (text, figure) in [
            ("takes 2,116", "2,116"),
            ("**-0.5", "-0.5"),
            ("about 12.5 %", "12.5 %"),
            ("on 5 of 21", "5 of 21"),
            ("of 21", "21"),
            ("none", ""),
        ] {
            assert_eq!(trailing_figure(text), figure);
        }
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!(
            ["7", "483", "7483", "1234567"].map(grouped),
            ["7", "483", "7,483", "1,234,567"]
        );
    }
}
