//! Names in messages.

use std::fmt;

/// The candidate that `name` is probably a misspelling of.
pub(crate) fn suggest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let allowed = 1 + name.chars().count() / 4;
    candidates
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|&(distance, known)| distance <= allowed && distance < known.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, known)| known.to_owned())
}

/// Names in backticks, the first few of them if there are many.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 16;
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "nothing".to_owned(),
        n if n > SHOWN => format!("{} and {} more", names[..SHOWN].join(", "), n - SHOWN),
        _ => names.join(", "),
    }
}

/// " (did you mean `name`?)", or nothing.
pub(super) fn hint(suggestion: &Option<String>) -> impl fmt::Display {
    match suggestion {
        Some(name) => format!(" (did you mean `{name}`?)"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested() {
        let known = ["label", "log", "split"];
        assert_eq!(suggest("lable", known).as_deref(), Some("label"));
        assert_eq!(suggest("splits", known).as_deref(), Some("split"));
        assert_eq!(suggest("weather", known), None);
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..20).map(|i| format!("x{i}")).collect();
        let text = list(names.iter().map(String::as_str));
        assert!(text.ends_with("`x15` and 4 more"), "{text}");
        assert_eq!(list([]), "nothing");
    }
}
