//! The commands of the binary `mild`: one file each.

mod check;
#[cfg(feature = "collect")]
mod collect;
mod compare;
mod decide;
mod demo;
#[cfg(test)]
mod documents;
mod eval;
mod explain;
mod export;
mod extend;
mod failure;
mod image;
mod init;
mod inspect;
mod interrupt;
mod keygen;
mod keys;
mod log;
mod look;
mod output;
mod progress;
mod report;
mod shell;
mod sign;
mod simulate;
mod study;
mod train;
mod values;
mod verify;

pub(crate) use image::must_fit;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::error::{Error, Result};

/// Learning to defer on microcontrollers: trains a rejector from a deferral log, measures what it
/// is worth, and writes an image that the `mild` crate runs.
#[derive(Debug, Parser)]
#[command(
    name = "mild",
    version,
    max_term_width = 80,
    after_help = "\
Start with `mild demo`, or with your own log: `mild init log.csv`, then
`mild train mild.toml --out out`. `mild help COMMAND` shows examples.
`mild explain` says what the words of reports mean.

Exit status: 0 if all went well; 1 if the command failed, with the reason on
standard error; 2 if the command line is wrong; 130 after Ctrl-C, which leaves
no file half written.

Tables and reports fit 80 columns. Their charts have block characters on a
terminal with a UTF-8 locale, and ASCII elsewhere. Only terminals get colours,
and NO_COLOR turns them off."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train on a log of wines that comes with the program, and report the result
    Demo(demo::DemoArgs),
    /// Guess from a log which column is what, and write the configuration beside it
    Init(init::InitArgs),
    /// Make a log from several tables
    Log(log::LogArgs),
    /// Describe a log without training: what each column is, splits, experts, warnings
    Check(check::CheckArgs),
    /// Train a rejector: reads a log, writes an image, a report and golden vectors
    Train(train::TrainCommand),
    /// Add an expert that is not in the log, from a sample of its labelled answers
    Extend(extend::ExtendArgs),
    /// Evaluate an image on the test rows of a log, with the device's integer inference
    Eval(eval::EvalArgs),
    /// Write the report page of an image: how well it does on the test rows of a log
    Report(report::ReportArgs),
    /// List an image's decisions, row by row: who is asked, with which scores, and at which cost
    Decide(decide::DecideArgs),
    /// Train several methods on several logs and compare them
    Compare(compare::CompareArgs),
    /// Describe an image; or a log: how often each expert is the cheapest correct one, and how much
    /// deferring could gain at most
    Inspect(inspect::InspectArgs),
    /// Replay a log through an image in time order, with and without a governor
    Simulate(simulate::SimulateArgs),
    /// Test the program's claims by experiment
    Study(study::StudyArgs),
    /// Write an image as Rust source, or write golden vectors for it
    Export(export::ExportArgs),
    /// Make a key pair for signing images: a secret key, and a public key, also as source for firmware
    Keygen(keygen::KeygenArgs),
    /// Sign an image, so that devices can tell who made it
    Sign(sign::SignArgs),
    /// Verify the signature of an image, as a device does
    Verify(verify::VerifyArgs),
    /// Print the documentation of all keys of a configuration, as Markdown
    Keys,
    /// Explain the words of reports and tables, and the methods
    Explain(explain::ExplainArgs),
    /// Print a completion script for a shell
    Completions(shell::CompletionsArgs),
    /// Write manual pages
    Man(shell::ManArgs),
}

/// Runs the command line, and says what went wrong if something did.
#[must_use]
pub fn run() -> ExitCode {
    let command = Cli::parse().command;
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Cancelled) => {
            let resumed = ": the same command continues where it stopped";
            eprintln!("interrupted{}", if command.resumes() { resumed } else { "" });
            ExitCode::from(interrupt::STATUS)
        }
        Err(error) => {
            failure::say(&error, command.prints_json());
            ExitCode::FAILURE
        }
    }
}

impl Command {
    fn run(&self) -> Result<()> {
        match self {
            Self::Demo(args) => demo::run(args),
            Self::Init(args) => init::run(args),
            Self::Log(args) => log::run(args),
            Self::Check(args) => check::run(args),
            Self::Train(args) => train::run(args),
            Self::Extend(args) => extend::run(args),
            Self::Eval(args) => eval::run(args),
            Self::Report(args) => report::run(args),
            Self::Decide(args) => decide::run(args),
            Self::Compare(args) => compare::run(args),
            Self::Inspect(args) => inspect::run(args),
            Self::Simulate(args) => simulate::run(args),
            Self::Study(args) => study::run(args),
            Self::Export(args) => export::run(args),
            Self::Keygen(args) => keygen::run(args),
            Self::Sign(args) => sign::run(args),
            Self::Verify(args) => verify::run(args),
            Self::Keys => keys::run(),
            Self::Explain(args) => explain::run(args),
            Self::Completions(args) => shell::completions(args, Cli::command()),
            Self::Man(args) => shell::man(args, Cli::command()),
        }
    }

    /// Whether it keeps what it has found, to go on from.
    fn resumes(&self) -> bool {
        match self {
            Self::Train(_) | Self::Extend(_) => true,
            Self::Compare(args) => args.keeps_runs(),
            _ => false,
        }
    }

    /// Whether it prints a document.
    fn prints_json(&self) -> bool {
        match self {
            Self::Demo(args) => args.output.json,
            Self::Init(args) => args.output.json,
            Self::Log(args) => args.output().json,
            Self::Check(args) => args.output.json,
            Self::Train(args) => args.train.output.json,
            Self::Extend(args) => args.output().json,
            Self::Eval(args) => args.output.json,
            Self::Decide(args) => args.prints_json(),
            Self::Compare(args) => args.output.json,
            Self::Inspect(args) => args.output.json,
            Self::Simulate(args) => args.output.json,
            Self::Study(args) => args.output().json,
            Self::Keygen(args) => args.output.json,
            Self::Sign(args) => args.print.json,
            Self::Verify(args) => args.output.json,
            Self::Explain(args) => args.output.json,
            Self::Completions(_)
            | Self::Export(_)
            | Self::Keys
            | Self::Man(_)
            | Self::Report(_) => false,
        }
    }
}
