//! `mild log`: making a log.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[cfg(feature = "collect")]
use super::collect::CollectArgs;
use super::output::Output;
use crate::error::{Error, Result};
use crate::files::Unfinished;
use crate::intake::join::{Joined, Part, join};

/// Arguments of `mild log`.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// Make one log from a table of features, one of labels, and a file of answers for each expert
    Join(JoinArgs),
    /// Ask experts about the rows of a table, and make a log from their answers
    #[cfg(feature = "collect")]
    Collect(Box<CollectArgs>),
}

/// Arguments of `mild log join`.
#[derive(Debug, Args)]
#[command(after_help = "\
The rows of the first table stay in their order. With --key, these columns say
which rows of the other tables belong to them; without it, all tables must have
the same rows in the same order. The column `answer` (or `pred`, `prediction`)
of NAME=FILE becomes `pred_NAME`, and any other column becomes `COLUMN_NAME`, so
that `mild init` finds the experts.

Examples:
  mild log join features.csv labels.csv --answers local=tiny.csv \\
      --answers cloud=api.csv --key id --out log.csv
  mild log join table.csv --answers local=tiny.csv --answers cloud=api.csv \\
      --out log.csv
      row by row")]
struct JoinArgs {
    /// The table (CSV) of the features; it may have other columns, too
    features: PathBuf,
    /// Further tables (CSV), such as one of the labels
    tables: Vec<PathBuf>,
    /// An expert and the table (CSV) of its answers; given once for each expert
    #[arg(long, value_name = "NAME=FILE", value_parser = answers)]
    answers: Vec<Part>,
    /// The column that says which rows belong together, or several columns, separated by commas
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    key: Vec<String>,
    /// Keep rows that some table lacks, with empty cells, instead of leaving them out
    #[arg(long, requires = "key")]
    keep_unmatched: bool,
    /// The log to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    output: Output,
}

impl LogArgs {
    /// What is printed, and in which form.
    // Without the cargo feature `collect` there is one command.
    #[cfg_attr(not(feature = "collect"), allow(clippy::match_single_binding))]
    pub(super) fn output(&self) -> Output {
        match &self.command {
            LogCommand::Join(args) => args.output,
            #[cfg(feature = "collect")]
            LogCommand::Collect(args) => args.output,
        }
    }
}

fn answers(text: &str) -> std::result::Result<Part, String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok(Part { file: PathBuf::from(file), expert: Some(name.to_owned()) })
        }
        _ => Err("expected NAME=FILE, such as `cloud=answers.csv`".to_owned()),
    }
}

#[cfg_attr(not(feature = "collect"), allow(clippy::match_single_binding))]
pub(super) fn run(args: &LogArgs) -> Result<()> {
    match &args.command {
        LogCommand::Join(args) => joined(args),
        #[cfg(feature = "collect")]
        LogCommand::Collect(args) => super::collect::run(args),
    }
}

fn joined(args: &JoinArgs) -> Result<()> {
    let tables = args.tables.iter().map(|file| Part { file: file.clone(), expert: None });
    let parts: Vec<Part> = tables.chain(args.answers.iter().cloned()).collect();
    if parts.is_empty() {
        return Err(Error::Argument {
            option: "--answers",
            found: "nothing".to_owned(),
            expected: "a second table, or NAME=FILE with the answers of an expert".to_owned(),
        });
    }
    let mut file = Unfinished::new(&args.out)?;
    let joined =
        join(&args.features, &parts, &args.key, args.keep_unmatched, &mut file, &args.out)?;
    file.finish()?;
    args.output.print(&joined, &render(args, &joined))
}

fn render(args: &JoinArgs, joined: &Joined) -> String {
    let mut text = format!("{}: {} rows\n", args.features.display(), joined.rows);
    for part in &joined.parts {
        text += &format!("{}: {} rows", part.file.display(), part.rows);
        if !args.key.is_empty() {
            text += &format!(
                ", {} of them in no row of the first table, {} missing there",
                part.unused, part.missing
            );
        }
        text.push('\n');
    }
    let out = args.out.display();
    text += &format!("written: {out}, {} rows, {} columns\n", joined.written, joined.columns.len());
    text + &format!("next: mild init {out}\n")
}
