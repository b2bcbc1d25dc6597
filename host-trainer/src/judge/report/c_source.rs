//! An image as C source: a header with its numbers, and the bytes as an aligned constant.

use std::fmt::Write;

use mild::image::FORMAT_VERSION;

use super::ImageReport;
use crate::integers::artifact::Artifact;

/// The two files of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CSource {
    /// The header: numbers and a declaration.
    pub header: String,
    /// The definition of the bytes.
    pub source: String,
}

/// The image as C source (C99 and later, C++11 and later) for the library `mild-c`.
///
/// All names begin with `name`, made a C identifier: characters that C does not allow become `_`.
/// So do those of experts, and experts whose names then agree get their index behind them.
#[must_use]
pub fn c_source(artifact: &Artifact, name: &str) -> CSource {
    let image = artifact.image();
    let report = ImageReport::new(&image);
    let name = identifier(name);
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
    for (index, (expert, original)) in unique(names.clone()).into_iter().zip(names).enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(header, "    {upper}_{expert} = {index}, /* {} */", comment(original));
    }
    let _ = write!(
        header,
        "}};\n\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n\
         /* The image, for mild_image_open(); its words keep it aligned. */\n\
         extern const uint32_t {name}_image[{upper}_IMAGE_WORDS];\n\n\
         #ifdef __cplusplus\n}}\n#endif\n\n#endif\n"
    );
    let mut source = format!(
        "{written}#include \"{name}.h\"\n\nconst uint32_t {name}_image[{upper}_IMAGE_WORDS] = {{\n"
    );
    for line in artifact.words().chunks(8) {
        let words: Vec<String> = line.iter().map(|word| format!("0x{word:08x}u")).collect();
        let _ = writeln!(source, "    {},", words.join(", "));
    }
    source.push_str("};\n");
    CSource { header, source }
}

/// A C identifier like `name`; it begins with a letter.
fn identifier(name: &str) -> String {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if safe.starts_with(|c: char| c.is_ascii_alphabetic()) { safe } else { format!("image_{safe}") }
}

/// Upper-case identifiers of experts, each only once.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for (index, name) in names.enumerate() {
        let mut safe = format!("EXPERT_{}", identifier_part(name));
        if taken.contains(&safe) {
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

/// Text that cannot end a comment.
fn comment(text: &str) -> String {
    text.replace("*/", "* /")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers_and_stay_apart() {
        let names = ["local", "gpt-4", "gpt 4", "4x", "é*/"];
        assert_eq!(
            unique(names.into_iter()),
            ["EXPERT_LOCAL", "EXPERT_GPT_4", "EXPERT_GPT_4_2", "EXPERT_4X", "EXPERT____"]
        );
        assert_eq!(identifier("my-rejector"), "my_rejector");
        assert_eq!(identifier("2nd"), "image_2nd");
        assert_eq!(comment("a*/b"), "a* /b");
    }
}
