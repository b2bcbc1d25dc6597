//! A line of a file, with a mark under what is wrong in it.

use std::ops::Range;

use serde::Serialize;

/// The part of a line that a message shows, and where in it the mark stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// The text that is shown; `…` stands for what is left out.
    pub text: String,
    /// The bytes of the text that are marked.
    pub mark: Range<usize>,
}

/// Cells that are shown on each side of the marked one.
const NEIGHBOURS: usize = 4;

/// The longest cell that is shown whole, in characters.
const SHOWN: usize = 40;

impl Excerpt {
    /// The marked cell of a row with some of its neighbours.
    pub(crate) fn of_cells<'a>(
        cells: impl Iterator<Item = &'a str>,
        marked: usize,
        delimiter: char,
    ) -> Self {
        let cells: Vec<&str> = cells.collect();
        let count = cells.len();
        let shown = marked.saturating_sub(NEIGHBOURS)..(marked + NEIGHBOURS + 1).min(count);
        let mut text = String::from(if shown.start > 0 { "… " } else { "" });
        let mut mark = 0..0;
        for (index, cell) in cells.into_iter().enumerate().take(shown.end).skip(shown.start) {
            if index > shown.start {
                text.push(delimiter);
            }
            let start = text.len();
            let end = cell.char_indices().nth(SHOWN).map(|(end, _)| end);
            // A line end inside a cell would end the excerpt.
            text += &cell[..end.unwrap_or(cell.len())].replace('\n', " ");
            text += if end.is_some() { "…" } else { "" };
            if index == marked {
                mark = start..text.len();
            }
        }
        text += if shown.end < count { " …" } else { "" };
        Self { text, mark }
    }

    /// The line of a text that has the byte `at`, the bytes from there to `end` marked.
    pub(crate) fn of_text(text: &str, at: usize, end: usize) -> Self {
        let at = floor(text, at);
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        let mark = (at - start).min(line.len());
        let end = floor(text, end.max(at)) - start;
        Self { text: line.to_owned(), mark: mark..end.clamp(mark, line.len()) }
    }
}

/// The nearest place at or before `at` at which a character begins.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_marked_among_their_neighbours() {
        let cells: Vec<String> = (0..20).map(|i| format!("c{i}")).collect();
        let excerpt = |marked| Excerpt::of_cells(cells.iter().map(String::as_str), marked, ';');
        let Excerpt { text, mark } = excerpt(10);
        assert_eq!(text, "… c6;c7;c8;c9;c10;c11;c12;c13;c14 …");
        assert_eq!(&text[mark], "c10");
        assert_eq!(excerpt(0).text, "c0;c1;c2;c3;c4 …");
        assert_eq!(excerpt(19).text, "… c15;c16;c17;c18;c19");
        let long = "é".repeat(100);
        let excerpt = Excerpt::of_cells(["a\nb", &long].into_iter(), 1, ',');
        assert_eq!(excerpt.text, format!("a b,{}…", "é".repeat(SHOWN)));
    }

    #[test]
    fn lines_are_found_in_their_text() {
        let text = "[data]\nlog = 3 # é\n";
        let excerpt = Excerpt::of_text(text, 13, 14);
        assert_eq!(
            (excerpt.text.as_str(), &excerpt.text[excerpt.mark.clone()]),
            ("log = 3 # é", "3")
        );
        assert_eq!(Excerpt::of_text(text, 13, 100).mark, 6..12);
        assert_eq!(Excerpt::of_text("", 5, 9), Excerpt { text: String::new(), mark: 0..0 });
    }
}
