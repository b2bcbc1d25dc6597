//! An image as C source: a header with its numbers, and the bytes as an aligned constant.

use std::fmt::Write;

use mild::image::FORMAT_VERSION;

use super::ImageReport;
use super::c_names::{comment, identifier, literal, unique};
use super::c_windows::{Windows, windows};
use crate::data::dataset::Dataset;
use crate::integers::artifact::Artifact;
use crate::integers::names::{Names, digest};

/// The two files of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CSource {
    /// The header: numbers and a declaration.
    pub header: String,
    /// The definition of the bytes.
    pub source: String,
}

/// The image as C source (C99 and later, C++11 and later) for the library `mild-c`, with the names of
/// inputs and classes, if it holds them.
///
/// All names begin with `name`, made a C identifier: characters that C does not allow become `_`.
/// So do those of experts, and experts whose names then agree get their index behind them.
#[must_use]
pub fn c_source(artifact: &Artifact, name: &str) -> CSource {
    let name = identifier(name);
    source(artifact, &name, Names::of_image(&artifact.image()), Windows::default())
}

/// The same with the names of the log that the image was trained on: a constant for the place of each
/// input and the number of each class, so that `x[REJECTOR_INPUT_TEMP] = 21` needs no counting, and the
/// names as texts. Each `[[window]]` has a type and a function that takes its samples and puts its
/// features among the inputs.
#[must_use]
pub fn c_source_with_names(artifact: &Artifact, name: &str, data: &Dataset) -> CSource {
    let name = identifier(name);
    source(artifact, &name, Some(Names::of_log(data)), windows(&name, data))
}

/// The source whose names begin with the identifier `name`.
fn source(artifact: &Artifact, name: &str, listed: Option<Names>, windows: Windows) -> CSource {
    let image = artifact.image();
    let report = ImageReport::new(&image);
    let upper = name.to_uppercase();
    let words = artifact.words().len();
    let written = format!(
        "/* Written by `mild export --format c`; edit the log or the configuration, not this.\n \
         * Trained by mild {} with seed {} on log {}, configuration {}. */\n",
        report.provenance.version,
        report.provenance.seed,
        report.provenance.log_digest,
        report.provenance.config_digest,
    );
    let mut header = format!(
        "{written}#ifndef {upper}_H\n#define {upper}_H\n\n\
         #include \"mild.h\"\n\n\
         #if MILD_IMAGE_FORMAT_VERSION != {FORMAT_VERSION}\n\
         #error \"this image needs a library mild that reads image format {FORMAT_VERSION}\"\n\
         #endif\n\n\
         #define {upper}_INPUTS {}\n\
         #define {upper}_EXPERTS {}\n\
         #define {upper}_SCRATCH_WORDS {}\n\
         #define {upper}_IMAGE_WORDS {words}\n\
         #define {upper}_CHECKSUM 0x{:08x}u\n\n\
         /* The experts; the first one is the device itself. */\n\
         enum {{\n",
        report.inputs,
        report.experts.len(),
        image.scratch_words(),
        image.checksum(),
    );
    let names = report.experts.iter().map(|expert| expert.name.as_str());
    enumerators(&mut header, &upper, "EXPERT", names);
    header.push_str("};\n\n");
    let digests = listed.as_ref().map(|names| [digest(&names.inputs), digest(&names.classes)]);
    let lists = listed.map(lists).unwrap_or_default();
    // The experts have theirs.
    for List { kind, what, names } in lists.iter().filter(|list| list.kind != "EXPERT") {
        let _ = write!(header, "/* The {what}. */\nenum {{\n");
        enumerators(&mut header, &upper, kind, names.iter().map(String::as_str));
        header.push_str("};\n\n");
    }
    header.push_str(&windows.types);
    let _ = write!(
        header,
        "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n\
         /* The image, for mild_image_open(); its words keep it aligned. */\n\
         extern const uint32_t {name}_image[{upper}_IMAGE_WORDS];\n"
    );
    for List { kind, what, names } in &lists {
        let (kind, count) = (kind.to_lowercase(), names.len());
        let _ = write!(
            header,
            "\n/* The names of the {what}. */\nextern const char *const {name}_{kind}_names[{count}];\n"
        );
    }
    if digests.is_some() {
        let _ = write!(
            header,
            "\n/* The digests of these names, for mild_image_has_names(). */\n\
             extern const uint8_t {name}_inputs_digest[8];\n\
             extern const uint8_t {name}_classes_digest[8];\n"
        );
    }
    header.push_str(&windows.functions);
    header.push_str("\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
    let mut source = format!(
        "{written}#include \"{name}.h\"\n\nconst uint32_t {name}_image[{upper}_IMAGE_WORDS] = {{\n"
    );
    for line in artifact.words().chunks(8) {
        let words: Vec<String> = line.iter().map(|word| format!("0x{word:08x}u")).collect();
        let _ = writeln!(source, "    {},", words.join(", "));
    }
    source.push_str("};\n");
    for List { kind, names, .. } in &lists {
        let (kind, count) = (kind.to_lowercase(), names.len());
        let _ = write!(source, "\nconst char *const {name}_{kind}_names[{count}] = {{\n");
        for name in names {
            let _ = writeln!(source, "    {},", literal(name));
        }
        source.push_str("};\n");
    }
    if let Some([inputs, classes]) = digests {
        source.push('\n');
        for (what, digest) in [("inputs", inputs), ("classes", classes)] {
            let bytes = digest.map(|byte| format!("0x{byte:02x}")).join(", ");
            let _ = writeln!(source, "const uint8_t {name}_{what}_digest[8] = {{{bytes}}};");
        }
    }
    source.push_str(&windows.source);
    CSource { header, source }
}

/// Names that become constants.
struct List {
    /// The first part of the constants.
    kind: &'static str,
    what: &'static str,
    names: Vec<String>,
}

fn lists(Names { inputs, experts, classes }: Names) -> Vec<List> {
    let mut lists = vec![
        List { kind: "INPUT", what: "inputs, in their order", names: inputs },
        List { kind: "EXPERT", what: "experts, by index", names: experts },
    ];
    if !classes.is_empty() {
        lists.push(List { kind: "CLASS", what: "classes, by number", names: classes });
    }
    lists
}

/// The constants of an enum, each with the name that it stands for.
fn enumerators<'a>(
    header: &mut String,
    upper: &str,
    kind: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) {
    for (index, (constant, name)) in unique(kind, names.clone()).into_iter().zip(names).enumerate()
    {
        // Writing to a string cannot fail.
        let _ = writeln!(header, "    {upper}_{constant} = {index}, /* {} */", comment(name));
    }
}
