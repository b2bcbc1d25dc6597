//! Texts that come again and again, and their numbers.

use std::collections::HashMap;

/// So few texts are compared with one another sooner than they are hashed.
const FEW: usize = 8;

/// Different texts, numbered in the order of their first appearance.
#[derive(Default)]
pub(super) struct Numbered {
    texts: Vec<String>,
    /// Once there are more than a few.
    numbers: HashMap<String, usize>,
}

impl Numbered {
    /// The texts, each at its number.
    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The number of a text that has one.
    pub(super) fn get(&self, text: &str) -> Option<usize> {
        if self.texts.len() <= FEW {
            return self.texts.iter().position(|known| known == text);
        }
        self.numbers.get(text).copied()
    }

    /// Numbers a text that has no number yet.
    pub(super) fn push(&mut self, text: &str) -> usize {
        debug_assert!(self.get(text).is_none(), "`{text}` has a number");
        let number = self.texts.len();
        self.texts.push(text.to_owned());
        match number {
            ..FEW => {}
            FEW => self.numbers.extend(self.texts.iter().cloned().zip(0..)),
            _ => _ = self.numbers.insert(text.to_owned(), number),
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_texts_keep_their_numbers() {
        let mut numbered = Numbered::default();
        for number in 0..5 * FEW {
            let text = format!("class {number}");
            assert_eq!((numbered.get(&text), numbered.push(&text)), (None, number));
            for (known, text) in numbered.texts().iter().enumerate() {
                assert_eq!(numbered.get(text), Some(known), "{number}");
            }
        }
    }
}
