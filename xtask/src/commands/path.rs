//! `cargo xtask path`: a node decides, a deferral travels, an expert answers, and the node acts.

use crate::{
    path::{Report, Setup},
    process::root,
    toolchain::Choice,
};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct PathArgs {
    /// The configuration of a deferral log without categorical features; default: `letter` beside the project if it is
    /// there, else the log of `mild demo`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Test rows to run, from the first on
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(20..))]
    rows: u32,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// The compiler to build the node with
    #[arg(long, value_enum, default_value_t)]
    toolchain: Choice,
}

/// Both runs. The figures of the first are at the top level.
#[derive(Debug, Serialize)]
struct Both {
    #[serde(flatten)]
    calm: Report,
    /// The same rows while the broker and an expert are killed and restarted.
    with_outages: Report,
}

impl PathArgs {
    /// A few rows, for the tests.
    pub(crate) fn short(toolchain: Choice) -> Self {
        Self { config: None, rows: 300, json: false, toolchain }
    }
}

/// Runs both, prints the results, and returns whether nothing was lost and the calm run has the predicted loss.
pub(crate) fn path(args: &PathArgs) -> Result<bool> {
    let beside = root().join("../shared/data/letter/mild.toml");
    let config = args.config.clone().or_else(|| beside.is_file().then_some(beside));
    let mut setup = Setup::prepare(config.as_deref(), args.rows as usize, args.toolchain)?;
    eprintln!("{}", setup.describe());
    let both = Both { calm: setup.run(false)?, with_outages: setup.run(true)? };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&both)?);
    } else {
        println!("{}", setup.describe());
        println!("nothing fails:\n{}", both.calm.render());
        println!(
            "broker killed at 20 % of the rows and restarted at 45 %, an expert killed at 55 % and restarted at 75 %:\n{}",
            both.with_outages.render()
        );
    }
    let problems = problems(&both);
    for problem in &problems {
        eprintln!("FAILED: {problem}");
    }
    Ok(problems.is_empty())
}

fn problems(both: &Both) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, report) in [("nothing fails", &both.calm), ("outages", &both.with_outages)] {
        for (what, count) in [
            ("lost", report.lost),
            ("duplicated", report.duplicated),
            ("mistaken", report.mistaken),
        ] {
            if count > 0 {
                problems.push(format!("{name}: {count} {what}"));
            }
        }
    }
    let calm = &both.calm;
    if calm.instead > 0 {
        problems.push(format!(
            "nothing fails: {} rows were answered by somebody who was not chosen",
            calm.instead
        ));
    }
    if (calm.deferral_loss - calm.predicted_deferral_loss).abs() > 1e-9 {
        problems.push("nothing fails: the deferral loss differs from the predicted one".to_owned());
    }
    if both.with_outages.instead == 0 {
        problems.push("outages: no row was affected".to_owned());
    }
    if calm.deferred_in_last_tenth > 0 && both.with_outages.deferred_in_last_tenth == 0 {
        problems.push("outages: no expert was asked at the end".to_owned());
    }
    problems
}
