//! `mild export`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::image::{must_fit, read_image};
use super::output::print_all;
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::files;
use crate::intake::config::Config;
use crate::intake::log;
use crate::integers::artifact::Artifact;
use crate::integers::vectors::golden_vectors;
use crate::judge::report::{
    c_source, c_source_with_names, linker_script, rust_source, rust_source_with_names,
};

/// Arguments of `mild export`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mild export out/rejector.mild --format rust --config mild.toml \\
      --out src/rejector.rs
  mild export out/rejector.mild --format c --config mild.toml --out rejector
  mild export out/rejector.mild --format bin --out rejector
  mild export out/rejector.mild --format vectors --rows 10000 --out vectors.bin")]
pub(crate) struct ExportArgs {
    /// The image
    image: PathBuf,
    /// What to write
    #[arg(long)]
    format: Format,
    /// The file to write [default for Rust source: standard output]; for `c` and `bin`, the name of
    /// both files, without extension
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The configuration that the image was trained from. Source then names inputs, experts and
    /// classes; vectors also take inputs from the test rows of its log
    #[arg(long, value_name = "CONFIG")]
    config: Option<PathBuf>,
    /// For vectors: write at least this many, from the whole log (test rows first), then from
    /// random inputs
    #[arg(long, value_name = "NUMBER")]
    rows: Option<usize>,
    /// The seed of the random inputs and masks
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Rust source with the image as a constant that is checked at compile time
    Rust,
    /// C source for the library `mild-c`: a header and a file with the image as a constant
    C,
    /// The image itself and a script for GNU ld that puts it into an object file: `.bin` and `.ld`
    Bin,
    /// Golden vectors: inputs with the scores and decisions that a device must reproduce
    Vectors,
}

pub(super) fn run(args: &ExportArgs) -> Result<()> {
    let artifact = read_image(&args.image)?;
    match args.format {
        Format::Rust => {
            let source = match &args.config {
                None => rust_source(&artifact),
                Some(config) => {
                    rust_source_with_names(&artifact, &named(&args.image, &artifact, config)?)
                }
            };
            match &args.out {
                Some(out) => files::write(out, source.as_bytes()),
                None => print_all(&source),
            }
        }
        Format::C => {
            let out = file(args, "the name of two files, `.h` and `.c` to be added")?;
            let name = out.file_name().unwrap_or_default().to_string_lossy();
            let written = match &args.config {
                None => c_source(&artifact, &name),
                Some(config) => {
                    let data = named(&args.image, &artifact, config)?;
                    c_source_with_names(&artifact, &name, &data)
                }
            };
            files::write(&out.with_added_extension("h"), written.header.as_bytes())?;
            files::write(&out.with_added_extension("c"), written.source.as_bytes())
        }
        Format::Bin => {
            let out = file(args, "the name of two files, `.bin` and `.ld` to be added")?;
            let name = out.file_name().unwrap_or_default().to_string_lossy();
            // As it is, with the trailer of a signed one.
            let bytes = std::fs::read(&args.image).map_err(Error::io(&args.image))?;
            files::write(&out.with_added_extension("bin"), &bytes)?;
            files::write(&out.with_added_extension("ld"), linker_script(&name).as_bytes())
        }
        Format::Vectors => {
            let out = file(args, "a file, because vectors are binary")?;
            files::write(out, &golden(args, &artifact)?)
        }
    }
}

/// The argument `--out`, where it is needed.
fn file<'a>(args: &'a ExportArgs, expected: &str) -> Result<&'a Path> {
    args.out.as_deref().ok_or_else(|| Error::Argument {
        option: "--out",
        found: "nothing".to_owned(),
        expected: expected.to_owned(),
    })
}

/// The log that the image was trained on, with its names, and no other.
fn named(path: &Path, artifact: &Artifact, config: &Path) -> Result<Dataset> {
    let mut config = Config::load(config)?;
    let provenance = artifact.image().provenance();
    config.train.seed = provenance.seed;
    let data = log::read(&config)?;
    must_fit(path, artifact, &data)?;
    if provenance.log_digest != data.log_digest {
        return Err(Error::ImageLog { path: path.to_path_buf(), log: config.data.log.name() });
    }
    Ok(data)
}

fn golden(args: &ExportArgs, artifact: &Artifact) -> Result<Vec<u8>> {
    let image = artifact.image();
    let Some(config) = &args.config else {
        return Ok(golden_vectors(&image, None, args.rows, args.seed));
    };
    let mut config = Config::load(config)?;
    config.train.seed = image.provenance().seed;
    let data = log::read(&config)?;
    must_fit(&args.image, artifact, &data)?;
    Ok(golden_vectors(&image, Some(&data), args.rows, args.seed))
}
