//! Categorical columns: their values are collected while the log is read and become one-hot inputs
//! at its end, when all values of the train split are known.

use std::collections::HashMap;

use super::cell;
use super::numbered::Numbered;

/// The most categories that a column may have, counted over the whole log.
pub(super) const MAX_CATEGORIES: usize = 256;

/// The name of the category that a cell holds: 3 and 3.0 are the same one.
pub(super) fn name(text: &str) -> String {
    cell::integer(text).map_or_else(|| text.to_owned(), |number| number.to_string())
}

/// The categories of one column, numbered in the order of their first appearance.
#[derive(Default)]
pub(super) struct Categories {
    names: Numbered,
    /// The codes of cells that are written otherwise than the name of their category.
    aliases: HashMap<String, u16>,
}

impl Categories {
    /// The code of a cell, or `None` if it would be one category too many.
    pub(super) fn code(&mut self, text: &str) -> Option<u16> {
        if let Some(code) = self.names.get(text) {
            return Some(code as u16);
        }
        if let Some(&code) = self.aliases.get(text) {
            return Some(code);
        }
        let name = name(text);
        let code = match self.names.get(&name) {
            Some(code) => code,
            None if self.names.texts().len() == MAX_CATEGORIES => return None,
            None => self.names.push(&name),
        } as u16;
        if name != text {
            self.aliases.insert(text.to_owned(), code);
        }
        Some(code)
    }

    /// The categories that have a code in `train`, sorted: their names, and for every code its
    /// position among them.
    pub(super) fn inputs(
        &self,
        train: impl Iterator<Item = u16>,
    ) -> (Vec<&str>, Vec<Option<usize>>) {
        let names = self.names.texts();
        let mut seen = vec![false; names.len()];
        train.for_each(|code| seen[usize::from(code)] = true);
        let mut order: Vec<usize> = (0..seen.len()).filter(|&code| seen[code]).collect();
        let number = |code: usize| names[code].parse::<i64>().ok();
        if order.iter().all(|&code| number(code).is_some()) {
            order.sort_by_key(|&code| number(code));
        } else {
            order.sort_by_key(|&code| &names[code]);
        }
        let mut positions = vec![None; seen.len()];
        for (position, &code) in order.iter().enumerate() {
            positions[code] = Some(position);
        }
        (order.into_iter().map(|code| names[code].as_str()).collect(), positions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_sort_as_numbers_and_text_as_text() {
        let mut categories = Categories::default();
        let codes: Vec<u16> =
            ["10", "9.0", "-1", "9", "7"].map(|text| categories.code(text).unwrap()).into();
        assert_eq!(codes, [0, 1, 2, 1, 3]);
        let (names, positions) = categories.inputs(codes[..4].iter().copied());
        assert_eq!(names, ["-1", "9", "10"]);
        assert_eq!(positions, [Some(2), Some(1), Some(0), None]);
        let text = categories.code("b").unwrap();
        assert_eq!(categories.inputs([0, 1, text].into_iter()).0, ["10", "9", "b"]);
    }

    #[test]
    fn there_is_a_most() {
        let mut categories = Categories::default();
        for i in 0..MAX_CATEGORIES {
            assert!(categories.code(&format!("c{i}")).is_some());
        }
        assert_eq!(categories.code("one more"), None);
        assert_eq!(categories.code("c7"), Some(7));
    }
}
