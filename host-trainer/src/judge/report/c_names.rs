//! Names and texts of a log in C source.

/// A text of C, its UTF-8 in octal digits, of which an escape has three at most.
pub(super) fn literal(text: &str) -> String {
    let plain = |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && !b"\"\\?".contains(&byte);
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match plain(byte) {
            true => quoted.push(char::from(byte)),
            false => quoted += &format!("\\{byte:03o}"),
        }
    }
    quoted + "\""
}

/// A C identifier like `name`; it begins with a letter.
pub(super) fn identifier(name: &str) -> String {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if safe.starts_with(|c: char| c.is_ascii_alphabetic()) { safe } else { format!("image_{safe}") }
}

/// Upper-case identifiers, each only once.
pub(super) fn unique<'a>(kind: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for (index, name) in names.enumerate() {
        let mut safe = format!("{kind}_{}", identifier_part(name));
        while taken.contains(&safe) {
            safe = format!("{safe}_{index}");
        }
        taken.push(safe);
    }
    taken
}

fn identifier_part(name: &str) -> String {
    let upper = name.to_uppercase();
    upper.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// Text that can neither end a comment nor its line.
pub(super) fn comment(text: &str) -> String {
    text.replace("*/", "* /").replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers_and_stay_apart() {
        let names = ["local", "gpt-4", "gpt 4", "4x", "é*/"];
        assert_eq!(
            unique("EXPERT", names.into_iter()),
            ["EXPERT_LOCAL", "EXPERT_GPT_4", "EXPERT_GPT_4_2", "EXPERT_4X", "EXPERT____"]
        );
        assert_eq!(identifier("my-rejector"), "my_rejector");
        assert_eq!(identifier("2nd"), "image_2nd");
        assert_eq!(comment("a*/b\n"), "a* /b ");
        assert_eq!(
            unique("INPUT", ["a", "a", "a_1"].into_iter()),
            ["INPUT_A", "INPUT_A_1", "INPUT_A_1_2"]
        );
        assert_eq!(literal("a \"é\\?1"), "\"a \\042\\303\\251\\134\\0771\"");
    }
}
