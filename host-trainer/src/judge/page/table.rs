//! What the page's tables have in common.

use maud::{Markup, html};

/// A table that scrolls by itself where it is wider than the page. `name`: what it holds, for those
/// who cannot see it.
pub(crate) fn scrolling(name: &str, table: Markup) -> Markup {
    html! {
        div class="wide" role="region" aria-label={ (name) " (table)" } tabindex="0" { (table) }
    }
}

/// The headings of columns: texts first, then numbers.
pub(crate) fn heads(texts: &[&str], numbers: &[&str]) -> Markup {
    html! {
        thead {
            tr {
                @for text in texts { th scope="col" { (text) } }
                @for number in numbers { th scope="col" class="n" { (number) } }
            }
        }
    }
}

/// A row: its name, and numbers.
pub(crate) fn row(name: impl AsRef<str>, numbers: &[String]) -> Markup {
    html! {
        tr {
            th scope="row" { (name.as_ref()) }
            @for number in numbers { td class="n" { (number) } }
        }
    }
}

/// Pairs of a name and a text.
pub(crate) fn pairs(name: &str, of: &[(&str, String)]) -> Markup {
    let table = html! {
        table class="pairs" {
            tbody {
                @for (name, text) in of { tr { th scope="row" { (name) } td { (text) } } }
            }
        }
    };
    scrolling(name, table)
}
