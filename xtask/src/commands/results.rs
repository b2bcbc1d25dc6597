//! `cargo xtask results`: the figures of the documents, made and checked.

use super::heading;
use crate::results::{self, PARTS, Part};
use anyhow::Result;
use clap::{Args, Subcommand};

/// What to do with the figures.
#[derive(Debug, Args)]
pub(crate) struct ResultsArgs {
    #[command(subcommand)]
    command: ResultsCommand,
}

#[derive(Debug, Subcommand)]
enum ResultsCommand {
    /// List the parts: what each measures, and how long it takes
    List,
    /// Measure parts, write their tables to docs/results/, and refresh the documents
    Make {
        /// The parts to measure; without any, all of them
        #[arg(value_name = "PART", value_parser = part)]
        parts: Vec<&'static Part>,
    },
    /// Refresh the figures of the documents from the tables that are there
    Pages,
    /// Fail if a document shows another figure than its table, or a table another than a fresh run
    Check {
        /// Only compare the documents with their tables; measure nothing
        #[arg(long)]
        pages: bool,
    },
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

fn part(name: &str) -> Result<&'static Part, String> {
    PARTS.iter().find(|part| part.name == name).ok_or_else(|| {
        let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// Carries the command out; says whether all figures are as they should be.
pub(crate) fn results(args: &ResultsArgs) -> Result<bool> {
    match &args.command {
        ResultsCommand::List => {
            for part in PARTS {
                let checked = if part.checked { " (checked)" } else { "" };
                println!("{:12} {}{checked}", part.name, part.about);
            }
            Ok(true)
        }
        ResultsCommand::Make { parts } => {
            let all: Vec<&Part> = PARTS.iter().collect();
            for part in if parts.is_empty() { &all } else { parts } {
                heading(&format!("results: {}", part.name));
                results::make(part)?;
            }
            results::write_pages()?;
            Ok(true)
        }
        ResultsCommand::Pages => results::write_pages().map(|()| true),
        ResultsCommand::Check { pages } => check(!pages),
    }
}

/// Checks the documents and, if asked to, the tables of the parts that can be measured quickly.
pub(crate) fn check(measure: bool) -> Result<bool> {
    let mut good = results::check_pages()?;
    for part in PARTS.iter().filter(|part| part.checked && measure) {
        heading(&format!("results: {}", part.name));
        good &= results::check(part)?;
    }
    if !good {
        println!("to write the figures anew: cargo xtask results make PART");
    }
    Ok(good)
}
