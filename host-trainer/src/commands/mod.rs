//! The commands of the binary `mild`: one file each.

mod compare;
mod demo;
mod eval;
mod export;
mod extend;
mod image;
mod inspect;
mod output;
mod progress;
mod simulate;
mod study;
mod train;
mod values;

use clap::{Parser, Subcommand};

use crate::error::Result;

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
