//! Names in generated Rust.

use std::fmt::Write as _;

/// What stands before an item that a program may leave unused.
pub(super) const ITEM: &str = "#[allow(dead_code, unreachable_pub)]\n";

/// Adds a constant of texts, indented by `indent`; indented ones are of a type.
pub(super) fn constant_of(
    source: &mut String,
    indent: &str,
    constant: &str,
    what: &str,
    names: &[String],
) {
    let (item, lifetime) = if indent.is_empty() { (ITEM, "") } else { ("", "'static ") };
    let _ = write!(
        source,
        "\n{indent}/// {what}\n{item}{indent}pub const {constant}: [&{lifetime}str; {}] = [\n",
        names.len()
    );
    for name in names {
        let _ = writeln!(source, "{indent}    {name:?},");
    }
    let _ = writeln!(source, "{indent}];");
}

/// Words of Rust that are no names of fields.
const KEYWORDS: &str = " as async await break const continue crate dyn else enum extern false fn for gen if impl in \
    let loop match mod move mut pub ref return self static struct super trait true try type unsafe \
    use where while abstract become box do final macro override priv typeof unsized virtual yield ";

/// Names as Rust writes fields: small letters, digits and `_`, each once.
pub(super) fn identifiers(names: &[String]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let mut field: String = name.chars().map(letter).collect();
        if !field.starts_with(|c: char| c.is_ascii_lowercase()) {
            field.insert_str(0, "input_");
        }
        if KEYWORDS.contains(&format!(" {field} ")) {
            field.push('_');
        }
        while fields.contains(&field) {
            field.push('_');
        }
        fields.push(field);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_identifiers_and_differ() {
        let names = ["cell 1", "Cell-1", "0", "type", "room=große Halle", ""].map(str::to_owned);
        let expected = ["cell_1", "cell_1_", "input_0", "type_", "room_gro_e_halle", "input_"];
        assert_eq!(identifiers(&names), expected);
    }
}
