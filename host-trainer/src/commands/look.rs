//! What the places can show that a command prints to.

use std::io::IsTerminal;

use crate::judge::terminal::Look;

/// Of standard output. A pipe or a file gets ASCII without colours, whatever the language settings
/// are, so that what is kept looks the same everywhere.
pub(super) fn of_output() -> Look {
    let terminal = std::io::stdout().is_terminal();
    look(terminal, cfg!(windows), |name| std::env::var(name).ok())
}

/// Whether a place gets colours.
pub(super) fn has_colours(place: &impl IsTerminal) -> bool {
    look(place.is_terminal(), cfg!(windows), |name| std::env::var(name).ok()).colours
}

/// `windows`: whether a terminal takes Unicode without saying so. `variable`: of the environment.
fn look(terminal: bool, windows: bool, variable: impl Fn(&str) -> Option<String>) -> Look {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    // The first of these that is set counts.
    let locale = || set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    let utf8 = || {
        let locale = locale().unwrap_or_default().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    };
    let dumb = || set("TERM").is_some_and(|term| term == "dumb");
    Look {
        blocks: terminal && (windows || utf8()),
        colours: terminal && set("NO_COLOR").is_none() && !dumb(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_terminal(variables: &[(&str, &str)]) -> Look {
        look(true, false, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn blocks_need_a_terminal_and_its_locale() {
        assert!(on_terminal(&[("LANG", "de_DE.UTF-8")]).blocks);
        assert!(on_terminal(&[("LC_CTYPE", "C.utf8"), ("LANG", "C")]).blocks);
        assert!(on_terminal(&[("LC_ALL", ""), ("LANG", "en_GB.UTF-8")]).blocks);
        assert!(!on_terminal(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]).blocks);
        assert!(!on_terminal(&[]).blocks);
        assert!(look(true, true, |_| None).blocks);
        assert_eq!(look(false, true, |_| Some("C.UTF-8".to_owned())), Look::PLAIN);
    }

    #[test]
    fn colours_can_be_refused() {
        assert!(on_terminal(&[]).colours);
        assert!(on_terminal(&[("NO_COLOR", "")]).colours);
        assert!(!on_terminal(&[("NO_COLOR", "1")]).colours);
        assert!(!on_terminal(&[("TERM", "dumb")]).colours);
        assert!(!look(false, false, |_| None).colours);
    }
}
