//! What commands print on standard output.

use std::io::Write as _;
use std::path::Path;

use clap::Args;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::judge::terminal::fitted;
use crate::warnings::Warning;

/// What is printed, and in which form.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// Print a single JSON document on standard output instead of tables
    #[arg(long)]
    pub(crate) json: bool,
    /// Print only errors (and, with --json, the document)
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

impl Output {
    /// Prints the document, or the text (its long lines broken), or nothing.
    pub(crate) fn print(self, document: &impl Serialize, text: &str) -> Result<()> {
        let printed = if self.json {
            let mut json = serde_json::to_string_pretty(document)
                .map_err(|error| Error::io(Path::new("standard output"))(error.into()))?;
            json.push('\n');
            json
        } else if self.quiet {
            return Ok(());
        } else {
            fitted(text)
        };
        print_all(&printed)
    }
}

/// Tells on standard error what looks wrong about a log.
pub(crate) fn warn(warnings: &[Warning], quiet: bool) {
    if !quiet {
        warnings
            .iter()
            .for_each(|warning| eprintln!("{}", fitted(&format!("warning: {}", warning.text))));
    }
}

/// Prints to standard output. A closed pipe (`mild … | head`) is not an error.
pub(crate) fn print_all(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io(Path::new("standard output"))(error))
        }
        _ => Ok(()),
    }
}

/// The command line that this process was started with, as one would type it: for pages that say
/// how they were made.
pub(crate) fn command_line() -> String {
    let arguments = std::env::args_os().skip(1);
    let quoted = arguments.map(|argument| quoted(&argument.to_string_lossy()));
    std::iter::once("mild".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

/// An argument as a shell takes it.
fn quoted(argument: &str) -> String {
    let plain = |one: char| one.is_ascii_alphanumeric() || "-_./:,=+@%".contains(one);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_where_a_shell_would_change_them() {
        let cases = [
            ("logs/mild.toml", "logs/mild.toml"),
            ("--rates=0.1,0.2", "--rates=0.1,0.2"),
            ("my log.toml", "'my log.toml'"),
            ("it's", r"'it'\''s'"),
            ("part-*.csv", "'part-*.csv'"),
            ("", "''"),
        ];
        for (argument, expected) in cases {
            assert_eq!(quoted(argument), expected);
        }
    }
}
