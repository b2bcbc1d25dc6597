//! An image as Rust source.

use std::fmt::Write;

use super::ImageReport;
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
