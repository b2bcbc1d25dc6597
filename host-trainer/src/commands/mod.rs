//! The commands of the binary `mild`: one file each.

mod compare;
mod demo;
mod eval;
mod export;
mod extend;
mod inspect;
mod progress;
mod simulate;
mod study;
mod train;
mod values;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::integers::artifact::Artifact;

/// Learning to defer on microcontrollers: trains a rejector from a deferral log, proves what it is
/// worth, and writes one image that the `mild` crate runs.
#[derive(Debug, Parser)]
#[command(name = "mild", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train on the wine log that comes with the program, and show what it is worth
    Demo(demo::DemoArgs),
    /// Train a rejector from a log; write its image, its figures and golden vectors
    Train(train::TrainArgs),
    /// Add an expert that the log does not know to a rejector, from some of its labelled answers
    Extend(extend::ExtendArgs),
    /// Judge an image on the test rows of a log, with the device's own integer inference
    Eval(eval::EvalArgs),
    /// Train several methods on several logs and set them beside each other
    Compare(compare::CompareArgs),
    /// Say what an image holds, or how unequally the experts of a log are needed
    Inspect(inspect::InspectArgs),
    /// Replay a log through an image in time order, with a governor and without
    Simulate(simulate::SimulateArgs),
    /// Put the program's claims to the test
    Study(study::StudyArgs),
    /// Write an image in another form
    Export(export::ExportArgs),
}

/// How much is said, and in which form.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// Print one JSON document on standard output, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
    /// Print nothing but errors (and, with --json, the document)
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

impl Output {
    /// Prints the document, or the text, or nothing.
    pub(crate) fn print(self, document: &impl Serialize, text: &str) -> Result<()> {
        let printed = if self.json {
            let mut json = serde_json::to_string_pretty(document)
                .map_err(|error| Error::io(Path::new("standard output"))(error.into()))?;
            json.push('\n');
            json
        } else if self.quiet {
            return Ok(());
        } else {
            text.to_owned()
        };
        print_all(&printed)
    }
}

/// Prints to standard output. A reader that has gone away (`mild … | head`) is no error.
pub(crate) fn print_all(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io(Path::new("standard output"))(error))
        }
        _ => Ok(()),
    }
}

/// Reads and checks an image.
pub(crate) fn read_image(path: &PathBuf) -> Result<Artifact> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    Artifact::from_bytes(&bytes).map_err(|error| Error::Image { path: path.clone(), source: error })
}

/// An image must be for the log that it is judged on.
pub(crate) fn must_fit(path: &Path, artifact: &Artifact, data: &Dataset) -> Result<()> {
    let image = artifact.image();
    let mismatch = |what: &str, found: String, expected: String| {
        Err(Error::Invalid { what: format!("{}: {what}", path.display()), found, expected })
    };
    if image.inputs() != data.inputs() {
        let expected = format!("{} as in the log", data.inputs());
        return mismatch("inputs of the image", image.inputs().to_string(), expected);
    }
    let names: Vec<&str> = image.names().collect();
    let expected: Vec<&str> = data.experts.iter().map(|expert| expert.name.as_str()).collect();
    if names != expected {
        return mismatch(
            "experts of the image",
            names.join(", "),
            format!("those of the configuration: {}", expected.join(", ")),
        );
    }
    Ok(())
}

/// Runs the command line.
///
/// # Errors
/// Whatever the command found wrong.
pub fn run() -> Result<()> {
    match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Extend(args) => extend::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Study(args) => study::run(&args),
        Command::Export(args) => export::run(&args),
    }
}
