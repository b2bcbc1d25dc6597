//! The documentation of the configuration, made from the list of keys.

use std::fmt::Write as _;

use super::keys::SECTIONS;
use super::kind::Kind;
use super::section::{IfMissing, Key};
use crate::loss::Method;

const INTRO: &str = "\
# The configuration

<!-- Written by `mild keys`: edit host-trainer/src/intake/config/keys.rs, not this. -->

One TOML file describes a deferral log and what is trained from it. Only `[data]` and the `[[expert]]`
sections are required. An unknown key or an unsuitable value is an error with a line number. Types:
*text*, *number* (finite, as a 32-bit float too), *integer*, *per column* (one number, or a table from
column names or globs to numbers).
";

/// Every section and every key of a configuration, as Markdown: the text of
/// `docs/configuration.md`.
#[must_use]
pub fn reference() -> String {
    let mut page = INTRO.to_owned();
    for section in SECTIONS {
        let name = section.name;
        let heading = if section.repeated { format!("[[{name}]]") } else { format!("[{name}]") };
        // Writing to a string cannot fail.
        let _ = writeln!(page, "\n## `{heading}`\n");
        for line in section.intro {
            let _ = writeln!(page, "{}", line.trim());
        }
        page += "\n| Key | Type | Default | Meaning |\n|---|---|---|---|\n";
        for key in section.keys {
            let (kind, default) = (key.kind.documented(), key.default_text());
            let _ = writeln!(page, "| `{}` | {kind} | {default} | {} |", key.name, key.meaning());
        }
        if section.keys.iter().any(|key| key.name == "method") {
            page += &methods();
        }
    }
    page
}

/// The methods, as their losses describe themselves.
fn methods() -> String {
    let mut table = "\n| Method | What it is | Tried by `auto` |\n|---|---|---|\n".to_owned();
    for method in Method::all() {
        let tried = if method.is_in_auto() { "yes" } else { "" };
        let _ = writeln!(table, "| `{method}` | {} | {tried} |", method.about());
    }
    table
}

impl Key {
    fn default_text(&self) -> String {
        match (&self.if_missing, &self.kind) {
            (IfMissing::Words(words), _) => (*words).to_owned(),
            (IfMissing::Value(value), Kind::Choice(_)) => format!("`{}`", value()),
            (IfMissing::Value(value), _) => value(),
        }
    }

    fn meaning(&self) -> String {
        let lines: Vec<&str> = self.doc.iter().map(|line| line.trim()).collect();
        let older = self.older.map(|older| format!(" Older spelling: `{older}`."));
        lines.join(" ") + &older.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_documentation_is_this_one() {
        let file =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
        assert!(
            std::fs::read_to_string(file).unwrap() == reference(),
            "docs/configuration.md is not what the keys say. To write it anew: cargo run -p \
             mild-trainer -- keys > docs/configuration.md"
        );
    }

    #[test]
    fn no_key_is_there_twice_and_each_says_what_it_means() {
        let mut seen = std::collections::BTreeSet::new();
        for section in SECTIONS {
            for key in section.keys {
                assert!(key.meaning().ends_with('.'), "{}.{}", section.name, key.name);
                for name in std::iter::once(key.name).chain(key.older) {
                    assert!(seen.insert((section.name, name)), "{}.{name}", section.name);
                }
            }
        }
    }
}
