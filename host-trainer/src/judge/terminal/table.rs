//! Tables that fit.

use std::cmp::Reverse;

use super::look::{WIDTH, columns};
use super::prose::{fill, pieces, tokens};

/// Between two columns.
const GAP: usize = 2;

/// Longer words are names, and may be broken.
const LONGEST_WORD: usize = 18;

/// A table that is split gives a column of words this much at most.
const COMFORTABLE: usize = 30;

/// Columns of equal width, the first to the left and the others to the right; the first row is the
/// header. What is too wide for [`WIDTH`] breaks its header at spaces, then its longest words, and
/// goes on below with the first column repeated if that is not enough.
#[must_use]
pub(crate) fn align(cells: &[Vec<String>]) -> String {
    let all = all(cells);
    let blocks = blocks(&all).into_iter();
    let blocks: Vec<String> =
        blocks.map(|block| rows_of(cells, &all, &block, WIDTH).concat()).collect();
    blocks.join("\n")
}

/// The rows of a table of few columns, each in its lines, at most `width` wide.
pub(super) fn rows(cells: &[Vec<String>], width: usize) -> Vec<String> {
    let all = all(cells);
    let block: Vec<usize> = (0..all.len()).collect();
    rows_of(cells, &all, &block, width)
}

fn all(cells: &[Vec<String>]) -> Vec<Column> {
    let count = cells.iter().map(Vec::len).max().unwrap_or(0);
    (0..count).map(|column| Column::new(cells, column)).collect()
}

fn rows_of(cells: &[Vec<String>], all: &[Column], block: &[usize], width: usize) -> Vec<String> {
    let widths = widths(&block.iter().map(|&column| &all[column]).collect::<Vec<_>>(), width);
    let rows = cells.iter().enumerate();
    rows.map(|(index, row)| lines(row, block, &widths, all, index == 0)).collect()
}

/// What a column needs.
struct Column {
    /// Columns of the terminal without any break.
    natural: usize,
    /// With a broken header.
    body: usize,
    /// With all breaks that words allow.
    least: usize,
    /// Whether it holds words: broken ones stand to the left.
    words: bool,
}

impl Column {
    fn new(cells: &[Vec<String>], column: usize) -> Self {
        let all = || cells.iter().filter_map(|row| row.get(column));
        let widest = |cells: &mut dyn Iterator<Item = &str>| cells.map(columns).max().unwrap_or(0);
        let word = |cell: &str| {
            tokens(cell, &['(']).into_iter().map(|token| least(token, cell)).max().unwrap_or(0)
        };
        let header = all().next().map_or(0, |header| word(header));
        Self {
            natural: widest(&mut all().map(String::as_str)),
            body: widest(&mut all().skip(1).map(String::as_str)).max(header),
            least: all().map(|cell| word(cell)).max().unwrap_or(0),
            words: all().skip(1).any(|cell| cell.starts_with(|one: char| one.is_alphabetic())),
        }
    }
}

/// The narrowest that a token of a cell can be.
fn least(token: &str, cell: &str) -> usize {
    // An interval is read as a whole where it stands behind its figure.
    if token.starts_with('(') && token.len() < cell.len() && columns(token) <= COMFORTABLE {
        return columns(token);
    }
    columns(token).min(LONGEST_WORD)
}

/// The columns that stand beside each other.
fn blocks(all: &[Column]) -> Vec<Vec<usize>> {
    let together = |width: &dyn Fn(&Column) -> usize| total(all.iter().map(width)) <= WIDTH;
    if all.len() < 3 || together(&|column| column.least) {
        return vec![(0..all.len()).collect()];
    }
    let comfortable = |column: &Column| match column.words {
        true => column.body.min(COMFORTABLE).max(column.least),
        false => column.body,
    };
    let room = |block: &[usize], column: usize| {
        let all = block.iter().chain([&column]).map(|&column| comfortable(&all[column]));
        total(all) <= WIDTH
    };
    let mut blocks: Vec<Vec<usize>> = vec![vec![0]];
    for column in 1..all.len() {
        match blocks.last_mut() {
            Some(block) if block.len() == 1 || room(block, column) => block.push(column),
            _ => blocks.push(vec![0, column]),
        }
    }
    blocks
}

fn total(widths: impl Iterator<Item = usize>) -> usize {
    widths.map(|width| width + GAP).sum::<usize>().saturating_sub(GAP)
}

/// The widths of the columns of a block that has `room`.
fn widths(block: &[&Column], room: usize) -> Vec<usize> {
    let natural: Vec<usize> = block.iter().map(|column| column.natural).collect();
    if total(natural.iter().copied()) <= room {
        return natural;
    }
    let mut widths: Vec<usize> = block.iter().map(|column| column.body).collect();
    while total(widths.iter().copied()) > room {
        // The widest gives way; numbers only after all words.
        let slack = |&column: &usize| widths[column] > block[column].least;
        let shrunk = (0..block.len())
            .filter(slack)
            .max_by_key(|&column| (block[column].words, widths[column], Reverse(column)));
        match shrunk {
            Some(column) => widths[column] -= 1,
            None => break,
        }
    }
    // Headers are not broken more than they must be.
    for (column, natural) in natural.into_iter().enumerate() {
        let used = total(widths.iter().copied());
        let wanted = natural - widths[column].min(natural);
        if block[column].body == widths[column] && used + wanted <= room {
            widths[column] += wanted;
        }
    }
    widths
}

/// A row, which takes as many lines as its highest cell. Headers stand on the ground.
fn lines(
    row: &[String],
    block: &[usize],
    widths: &[usize],
    all: &[Column],
    header: bool,
) -> String {
    let broken: Vec<Vec<String>> = block
        .iter()
        .zip(widths)
        .map(|(&column, &width)| {
            row.get(column).map_or_else(Vec::new, |cell| broken(cell, width, column == 0))
        })
        .collect();
    let height = broken.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = String::new();
    for at in 0..height {
        let mut line = String::new();
        for ((cell, &width), &column) in broken.iter().zip(widths).zip(block) {
            let skipped = if header { height - cell.len() } else { 0 };
            let part = at.checked_sub(skipped).and_then(|at| cell.get(at)).map_or("", |part| part);
            let space = " ".repeat(width.saturating_sub(columns(part)));
            let left = column == 0 || (all[column].words && all[column].body > width);
            line += if column == 0 { "" } else { "  " };
            line += &if left { format!("{part}{space}") } else { format!("{space}{part}") };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// A cell in lines; a name that goes on is indented.
fn broken(cell: &str, width: usize, name: bool) -> Vec<String> {
    if columns(cell) <= width {
        return vec![cell.to_owned()];
    }
    let indent = if name { 2 } else { 0 };
    let room = width.saturating_sub(indent).max(1);
    let tokens: Vec<&str> = tokens(cell, &['('])
        .into_iter()
        .flat_map(|token| match columns(token) > width {
            true => pieces(token, room),
            false => vec![token],
        })
        .collect();
    let lines = fill(&tokens, width, room).into_iter().enumerate();
    lines.map(|(at, line)| if at == 0 { line } else { format!("{:indent$}{line}", "") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect()
    }

    fn fits(text: &str) {
        assert!(text.lines().all(|line| columns(line) <= WIDTH), "{text}");
    }

    #[test]
    fn what_fits_stays_in_one_line() {
        let text =
            align(&cells(&[&["", "deferral loss"], &["always \u{96f2}", "0.2"], &["b", ""]]));
        assert_eq!(text, "           deferral loss\nalways \u{96f2}            0.2\nb\n");
        assert_eq!(align(&[]), "");
    }

    #[test]
    fn headers_break_before_figures_do() {
        let heads = ["", "deferral rate", "deferral loss", "drift flags", "instructions a second"];
        let name = "a segment of the log";
        let text = align(&cells(&[&heads, &[name, "12.50%", "0.1234", "3", "1000"]]));
        fits(&text);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.lines().last().unwrap().starts_with(name), "{text}");
        assert!(
            text.contains("a second\n") || text.lines().next().unwrap().ends_with("a"),
            "{text}"
        );
    }

    #[test]
    fn long_names_are_broken_and_lose_nothing() {
        let name =
            "always the_expert_in_the_basement_of_the_other_building_of_the_same_company_abroad";
        let text = align(&cells(&[
            &["", "deferral loss", "95 % interval", "accuracy", "price", "coverage"],
            &[name, "0.2915", "0.2336 to 0.3469", "0.708", "0.0000", "100.0%"],
            &["b", "0.2915", "0.2336 to 0.3469", "0.708", "0.0000", "100.0%"],
        ]));
        fits(&text);
        assert_eq!(text.matches("0.2336 to 0.3469").count(), 2, "{text}");
        let first: String = text.lines().map(|line| line.get(..24).unwrap_or(line)).collect();
        let first: String = first.split_whitespace().collect();
        assert!(first.contains(&name.replace(' ', "")), "{first}\n{text}");
    }

    #[test]
    fn columns_that_find_no_room_go_below() {
        let heads: Vec<String> = (0..30).map(|k| format!("expert-{k}")).collect();
        let figures: Vec<String> = (0..30).map(|k| format!("{k}.5%")).collect();
        let row = |name: &str, cells: &[String]| [&[name.to_owned()], cells].concat();
        let text = align(&[row("", &heads), row("rejector", &figures)]);
        fits(&text);
        let repeated = text.matches("rejector").count();
        assert!(repeated > 2 && text.matches("\n\n").count() == repeated - 1, "{text}");
        for cell in heads.iter().chain(&figures) {
            assert!(text.contains(cell.as_str()), "{cell}\n{text}");
        }
    }

    #[test]
    fn an_interval_goes_under_its_figure() {
        let against = "-0.0123 (-0.0456 to 0.0089)";
        let heads = ["method", "deferral loss (95 %)", "- best method", "- best single", "chosen"];
        let row = ["two-stage", against, against, against, "two-stage-exp tau=one l2=0.01"];
        let text = align(&cells(&[&heads, &row]));
        fits(&text);
        assert_eq!(text.matches("(-0.0456 to 0.0089)").count(), 3, "{text}");
    }
}
