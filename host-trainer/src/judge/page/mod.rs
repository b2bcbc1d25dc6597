//! What all pages for people share: the document, its style, plots, tables and figures.
//!
//! A page holds everything it needs and asks nobody for anything: its style sheet and its script, if
//! it has one, are allowed by their digests in a content security policy that forbids all else.

pub(crate) mod number;
pub(crate) mod plot;
pub(crate) mod table;
pub(crate) mod words;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");

/// A page.
pub(crate) struct Document<'a> {
    /// What the page is about, for its head and the title of the window.
    pub(crate) title: &'a str,
    /// Its sections.
    pub(crate) sections: Markup,
    /// What moves on it.
    pub(crate) script: Option<Script<'a>>,
}

/// A script and what it reads.
pub(crate) struct Script<'a> {
    /// The program.
    pub(crate) code: &'a str,
    /// A JSON document.
    pub(crate) data: &'a str,
}

impl Document<'_> {
    /// The whole file.
    pub(crate) fn render(&self) -> String {
        let Self { title, sections, script } = self;
        let scripts = script.as_ref().map_or_else(|| "'none'".to_owned(), |one| allowed(one.code));
        let policy = format!(
            "default-src 'none'; style-src {}; script-src {scripts}; img-src data:; base-uri 'none'; \
             form-action 'none'",
            allowed(STYLE),
        );
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    link rel="icon" href="data:,";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header { p { "mild" span { (title) } } }
                    main { (sections) }
                    @if let Some(Script { code, data }) = script {
                        // Inside of a script only this could end it.
                        script type="application/json" id="data" {
                            (PreEscaped(data.replace('<', "\\u003c")))
                        }
                        script { (PreEscaped(code)) }
                    }
                }
            }
        };
        markup.into_string()
    }
}

/// How a content security policy names this text.
fn allowed(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}
