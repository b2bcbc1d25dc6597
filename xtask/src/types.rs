//! Names of public types.

use std::collections::BTreeMap;

/// The names that several public types of a crate have, each with the files that define one.
/// `files` are those of the crate, each with its name and text.
pub(crate) fn repeated<'f>(
    files: impl IntoIterator<Item = &'f (String, String)>,
) -> Vec<(&'f str, Vec<&'f str>)> {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (file, text) in files {
        for name in text.lines().filter_map(defined) {
            places.entry(name).or_default().push(file);
        }
    }
    places.into_iter().filter(|(_, files)| files.len() > 1).collect()
}

/// The public type that a line defines.
fn defined(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub ")?;
    let kinds = ["struct ", "enum ", "trait ", "union ", "type "];
    let name = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
    let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    // A macro and a text that become a definition name none: `pub enum $name`.
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_two_types_have_is_found_with_both_files() {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let files = [
            file("a.rs", "pub struct One<'a> {\n/// pub struct Two\npub(crate) enum Two {}"),
            file("b.rs", "    pub trait Two: Copy {}\npub enum One {\npub fn struct_() {}"),
            file("c.rs", "pub enum $name {"),
            file("d.rs", "pub struct {} {{"),
        ];
        assert_eq!(repeated(&files), [("One", vec!["a.rs", "b.rs"])]);
    }
}
