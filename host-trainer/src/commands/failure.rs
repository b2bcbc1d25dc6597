//! What a command says when it fails.

use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;

use super::look;
use super::output::print_all;
use crate::error::{Error, ErrorReport};
use crate::judge::terminal::WIDTH;

/// What `--json` prints in place of the document of the command.
#[derive(Serialize)]
struct Failure {
    error: ErrorReport,
}

/// Says what went wrong: on a terminal with the line of the file and a mark in it, elsewhere in one
/// line. With `--json` standard output gets a document.
pub(super) fn say(error: &Error, json: bool) {
    let mut out = std::io::stderr();
    let text = if out.is_terminal() {
        let width = console_width().unwrap_or(WIDTH);
        error.shown(width, look::has_colours(&out))
    } else {
        format!("error: {error}")
    };
    // There is nobody left to tell if this fails.
    let _ = writeln!(out, "{text}");
    if json && let Ok(document) = serde_json::to_string_pretty(&Failure { error: error.report() }) {
        let _ = print_all(&(document + "\n"));
    }
}

/// The columns of the terminal, as shells tell them.
fn console_width() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|&columns| columns >= 40)
}
