//! What the page's words mean.

use maud::{Markup, html};

use crate::judge::glossary::{TERMS, Term};

/// The words that the page uses.
const WORDS: [&str; 11] = [
    "advantage",
    "calibration rows",
    "deferral loss",
    "deferred",
    "error",
    "expert",
    "interval",
    "oracle",
    "price",
    "promise",
    "threshold",
];

/// The section.
pub(super) fn section() -> Markup {
    html! {
        section aria-labelledby="words" {
            h2 id="words" { "Words" }
            dl class="words" {
                @for Term { name, meaning } in TERMS.iter().filter(|term| WORDS.contains(&term.name)) {
                    div { dt { (name) } dd { (meaning) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::glossary::term;

    #[test]
    fn every_word_has_a_meaning() {
        let unknown: Vec<&str> = WORDS.into_iter().filter(|word| term(word).is_none()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
