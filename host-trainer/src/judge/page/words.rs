//! What the page's words mean.

use maud::{Markup, html};

use crate::judge::glossary::{TERMS, Term, term};

/// The section on some words of the glossary.
pub(crate) fn section(words: &[&str]) -> Markup {
    debug_assert!(words.iter().all(|word| term(word).is_some()), "{words:?}");
    html! {
        section aria-labelledby="words" {
            h2 id="words" { "Words" }
            dl class="words" {
                @for Term { name, meaning } in TERMS.iter().filter(|term| words.contains(&term.name)) {
                    div { dt { (name) } dd { (meaning) } }
                }
            }
        }
    }
}
