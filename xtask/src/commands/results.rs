//! `cargo xtask results`: the figures of the documents, made and checked.

use super::heading;
use crate::results::{self, PARTS, Part};
use anyhow::{Result, bail};
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
        /// The parts to measure anew; without any, those that are marked `checked` in the list
        #[arg(value_name = "PART", value_parser = part)]
        parts: Vec<&'static Part>,
        /// Measure a few rows of each part instead; without a part, of all that have a sample
        #[arg(long)]
        sample: bool,
        /// Only compare the documents with their tables; measure nothing
        #[arg(long, conflicts_with_all = ["parts", "sample"])]
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
                println!("{:15} {}{checked}", part.name, part.about);
                if let Some(sample) = part.sample {
                    println!("{:15} - sample: {}", "", sample.about);
                }
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
        ResultsCommand::Check { pages: true, .. } => check_parts(&[]),
        ResultsCommand::Check { parts, sample: true, .. } => check_samples(parts),
        ResultsCommand::Check { parts, .. } if !parts.is_empty() => check_parts(parts),
        ResultsCommand::Check { .. } => check(None),
    }
}

/// Checks the documents, and the tables of the parts that can be measured quickly: all of them, or those
/// with times alone, which nothing else must disturb, or those without.
pub(crate) fn check(times: Option<bool>) -> Result<bool> {
    let wanted = |part: &&Part| part.checked && times.is_none_or(|times| part.has_times() == times);
    let parts: Vec<&Part> = PARTS.iter().filter(wanted).collect();
    check_parts(&parts)
}

/// Checks the documents, and the tables of these parts.
fn check_parts(parts: &[&Part]) -> Result<bool> {
    let mut good = results::check_pages()?;
    for part in parts {
        heading(&format!("results: {}", part.name));
        good &= results::check(part)?;
    }
    Ok(with_advice(good))
}

/// Checks some rows of the tables of these parts, or of all that have a sample.
fn check_samples(parts: &[&Part]) -> Result<bool> {
    if let Some(part) = parts.iter().find(|part| part.sample.is_none()) {
        bail!("{}: has no sample; `cargo xtask results list` says which parts have", part.name);
    }
    let mut good = true;
    for part in PARTS
        .iter()
        .filter(|part| parts.is_empty() || parts.iter().any(|named| named.name == part.name))
    {
        let Some(sample) = &part.sample else { continue };
        heading(&format!("results: {}, {}", part.name, sample.about));
        good &= results::check_sample(sample)?;
    }
    Ok(with_advice(good))
}

/// Says how to write the figures anew if they are not good.
fn with_advice(good: bool) -> bool {
    if !good {
        println!("to write the figures anew: cargo xtask results make PART");
    }
    good
}
