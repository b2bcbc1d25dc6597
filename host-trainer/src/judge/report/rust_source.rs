//! An image as Rust source.

use std::fmt::Write;

use super::ImageReport;
use super::rust_names::{constant_of, identifiers};
use super::rust_windows::windows;
use crate::data::dataset::Dataset;
use crate::integers::artifact::Artifact;
use crate::integers::names::{Names, digest};

/// The image as Rust source, with the names that it holds, if it holds them. It compiles only against
/// a crate `mild` that reads this format.
#[must_use]
pub fn rust_source(artifact: &Artifact) -> String {
    source(artifact, Names::of_image(&artifact.image()).as_ref())
}

/// The image as Rust source with the names of the log that it was trained on: constants for inputs,
/// experts and classes, a function that says whether another image has the same ones, and a struct with
/// a field for each input, so that none can be mistaken for another. Each window of samples has a type
/// that makes its features, and `inputs` puts them where the image takes them.
#[must_use]
pub fn rust_source_with_names(artifact: &Artifact, data: &Dataset) -> String {
    let names = Names::of_log(data);
    let mut source = source(artifact, Some(&names));
    windows(&mut source, data, &identifiers(&names.inputs));
    source
}

fn source(artifact: &Artifact, names: Option<&Names>) -> String {
    let mut source = image_source(artifact);
    if let Some(names) = names {
        push_names(&mut source, names);
    }
    source
}

fn image_source(artifact: &Artifact) -> String {
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

fn push_names(source: &mut String, names: &Names) {
    let mut constant = |name: &str, what: &str, names: &[String]| {
        constant_of(source, "", name, &format!("The names of the {what}."), names);
    };
    constant("INPUTS", "inputs, in their order", &names.inputs);
    constant("EXPERTS", "experts, by index", &names.experts);
    if !names.classes.is_empty() {
        constant("CLASSES", "classes, by number", &names.classes);
    }
    push_digests(source, names);
    let fields = identifiers(&names.inputs);
    let _ = write!(
        source,
        "\n/// The inputs by name: `f32` in the units of the log, `i16` readings, or `i8` codes.\n\
         #[allow(dead_code, unreachable_pub)]\n#[derive(Debug, Clone, Copy, PartialEq)]\n\
         pub struct Inputs<T> {{\n"
    );
    for (field, name) in fields.iter().zip(&names.inputs) {
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
}

/// By which a program tells whether an image that it reads at run time has these names.
fn push_digests(source: &mut String, names: &Names) {
    for (constant, what, names) in
        [("INPUTS", "inputs", &names.inputs), ("CLASSES", "classes", &names.classes)]
    {
        let bytes = digest(names).map(|byte| format!("0x{byte:02x}"));
        let _ = write!(
            source,
            "\n/// The digest of the names of the {what}, as an image has it.\n\
             #[allow(dead_code, unreachable_pub)]\n\
             pub const {constant}_DIGEST: [u8; 8] =\n    [{}];\n",
            bytes.join(", ")
        );
    }
    source.push_str(HAS_THESE_NAMES);
}

/// A function of the source.
const HAS_THESE_NAMES: &str = "
/// Whether an image, as one from a flash slot, has these inputs, experts and classes. One without
/// digests (`[image] names`) does not say, and counts as another.
#[allow(dead_code, unreachable_pub)]
pub fn has_these_names(image: &::mild::Image<'_>) -> bool {
    image.names().eq(EXPERTS)
        && image.name_table().is_some_and(|table| {
            table.inputs_digest() == INPUTS_DIGEST && table.classes_digest() == CLASSES_DIGEST
        })
}
";
