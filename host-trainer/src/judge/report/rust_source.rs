//! An image as Rust source.

use std::fmt::Write;

use super::ImageReport;
use crate::data::dataset::Dataset;
use crate::integers::artifact::Artifact;

/// The image as Rust source. It compiles only against a crate `mild` that reads this format.
#[must_use]
pub fn rust_source(artifact: &Artifact) -> String {
    let report = ImageReport::new(&artifact.image());
    let names: Vec<&str> = report.experts.iter().map(|expert| expert.name.as_str()).collect();
    let mut source = format!(
        "// Written by `mild export --format rust`; edit the log or the configuration, not this.\n\
         // Trained by mild {} with seed {} on log {}, configuration {}.\n\n\
         /// A rejector with {} inputs; the experts are {}.\n\
         #[allow(long_running_const_eval, unreachable_pub)]\n\
         pub const IMAGE: ::mild::Image<'static> = ::mild::image::checked(&WORDS);\n\n\
         static WORDS: [u32; {}] = [\n",
        report.provenance.version,
        report.provenance.seed,
        report.provenance.log_digest,
        report.provenance.config_digest,
        report.inputs,
        names.join(", "),
        artifact.words().len(),
    );
    for line in artifact.words().chunks(8) {
        let words: Vec<String> = line.iter().map(|word| format!("0x{word:08x}")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(source, "    {},", words.join(", "));
    }
    source.push_str("];\n");
    source
}

/// The image as Rust source with the names of the log that it was trained on: constants for inputs,
/// experts and classes, and a struct with a field for each input, so that none can be mistaken for
/// another.
#[must_use]
pub fn rust_source_with_names(artifact: &Artifact, data: &Dataset) -> String {
    let mut source = rust_source(artifact);
    let experts: Vec<String> = data.experts.iter().map(|expert| expert.name.clone()).collect();
    constant(&mut source, "INPUTS", "inputs, in their order", &data.feature_names);
    constant(&mut source, "EXPERTS", "experts, by index", &experts);
    if !data.class_names.is_empty() {
        constant(&mut source, "CLASSES", "classes, by number", &data.class_names);
    }
    let fields = identifiers(&data.feature_names);
    let _ = write!(
        source,
        "\n/// The inputs by name: `f32` in the units of the log, `i16` readings, or `i8` codes.\n\
         #[allow(dead_code, unreachable_pub)]\n#[derive(Debug, Clone, Copy, PartialEq)]\n\
         pub struct Inputs<T> {{\n"
    );
    for (field, name) in fields.iter().zip(&data.feature_names) {
        let _ = writeln!(source, "    /// {}\n    pub {field}: T,", name.escape_debug());
    }
    let inputs = fields.len();
    let _ = write!(
        source,
        "}}\n\n#[allow(dead_code, unreachable_pub)]\nimpl<T> Inputs<T> {{\n    \
         /// In the order that the image takes.\n    \
         pub fn in_order(self) -> [T; {inputs}] {{\n        [\n"
    );
    for field in &fields {
        let _ = writeln!(source, "            self.{field},");
    }
    source.push_str("        ]\n    }\n}\n");
    source
}

fn constant(source: &mut String, constant: &str, what: &str, names: &[String]) {
    let _ = write!(
        source,
        "\n/// The names of the {what}.\n#[allow(dead_code, unreachable_pub)]\n\
         pub const {constant}: [&str; {}] = [\n",
        names.len()
    );
    for name in names {
        let _ = writeln!(source, "    {name:?},");
    }
    source.push_str("];\n");
}

/// Words of Rust that are no names of fields.
const KEYWORDS: &str = " as async await break const continue crate dyn else enum extern false fn for gen if impl in \
    let loop match mod move mut pub ref return self static struct super trait true try type unsafe \
    use where while abstract become box do final macro override priv typeof unsized virtual yield ";

/// Names as Rust writes fields: small letters, digits and `_`, each once.
fn identifiers(names: &[String]) -> Vec<String> {
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
