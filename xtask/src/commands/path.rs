//! `cargo xtask path`: a node decides, a deferral travels, an expert answers, and the node acts.

use crate::{
    path::{Language, Report, Setup},
    process::root,
    programs,
    toolchain::Choice,
};
use anyhow::Result;
use clap::Args;
use mild::governor::Rate;
use serde::Serialize;
use std::path::PathBuf;

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct PathArgs {
    /// The configuration of a deferral log without categorical features; default: `letter` beside
    /// the project if it is there, else the log of `mild demo`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Test rows to run, from the first on
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(20..))]
    rows: u32,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// The folder of `mild` and `mild-gateway`, if they are built already
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// The compiler to build the node with
    #[arg(long, value_enum, default_value_t)]
    toolchain: Choice,
}

/// The share of rows that a governed node may defer.
const BUDGET: Rate = Rate::ratio(1, 10);

/// All runs. The first one's figures are at the top.
#[derive(Debug, Serialize)]
struct Runs {
    #[serde(flatten)]
    calm: Report,
    /// The same rows while the broker and an expert are killed and restarted.
    with_outages: Report,
    /// The same outages, under a governor.
    governed: Report,
    /// A node in C; nothing fails.
    in_c: Report,
    /// A node in C with the outages, under a governor.
    governed_in_c: Report,
}

impl PathArgs {
    /// A few rows, for the tests.
    pub(crate) fn short(toolchain: Choice) -> Self {
        Self { config: None, rows: 300, json: false, programs: None, toolchain }
    }
}

/// Does all runs, prints the results, and returns whether nothing was lost, the calm run has the
/// predicted loss, and the governed one was charged for what it sent.
pub(crate) fn path(args: &PathArgs) -> Result<bool> {
    let beside = root().join("../shared/data/letter/mild.toml");
    let config = args.config.clone().or_else(|| beside.is_file().then_some(beside));
    let programs = match &args.programs {
        Some(folder) => folder.clone(),
        None => programs::folder(&["mild-trainer", "mild-gateway"])?,
    };
    let rows = args.rows as usize;
    let mut setup = Setup::prepare(programs, config.as_deref(), rows, args.toolchain)?;
    eprintln!("{}", setup.describe());
    let runs = Runs {
        calm: setup.run(Language::Rust, false, None)?,
        with_outages: setup.run(Language::Rust, true, None)?,
        governed: setup.run(Language::Rust, true, Some(BUDGET))?,
        in_c: setup.run(Language::C, false, None)?,
        governed_in_c: setup.run(Language::C, true, Some(BUDGET))?,
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&runs)?);
    } else {
        println!("{}", setup.describe());
        println!("nothing fails:\n{}", runs.calm.render());
        println!(
            "broker killed at 20 % of the rows and restarted at 45 %, an expert killed at 55 % and restarted at 75 %:\n{}",
            runs.with_outages.render()
        );
        println!(
            "the same outages, at most {:.0} % of the rows deferred:\n{}",
            f64::from(BUDGET.bits()) / 655.36,
            runs.governed.render()
        );
        println!("a node in C, nothing fails:\n{}", runs.in_c.render());
        println!("a node in C, the same outages and budget:\n{}", runs.governed_in_c.render());
    }
    let problems = problems(&runs);
    for problem in &problems {
        eprintln!("FAILED: {problem}");
    }
    Ok(problems.is_empty())
}

fn problems(runs: &Runs) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, report) in [
        ("nothing fails", &runs.calm),
        ("outages", &runs.with_outages),
        ("governed", &runs.governed),
        ("in C", &runs.in_c),
        ("in C, governed", &runs.governed_in_c),
    ] {
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
    let calm = &runs.calm;
    for (name, calm) in [("nothing fails", calm), ("in C", &runs.in_c)] {
        if calm.instead > 0 {
            problems.push(format!(
                "{name}: {} rows were answered by somebody who was not chosen",
                calm.instead
            ));
        }
        if (calm.deferral_loss - calm.predicted_deferral_loss).abs() > 1e-9 {
            problems.push(format!("{name}: the deferral loss differs from the predicted one"));
        }
    }
    if runs.in_c.answered_by != calm.answered_by {
        problems.push(format!(
            "in C: answered by {:?}, in Rust by {:?}",
            runs.in_c.answered_by, calm.answered_by
        ));
    }
    if runs.with_outages.instead == 0 {
        problems.push("outages: no row was affected".to_owned());
    }
    if calm.deferred_in_last_tenth > 0 && runs.with_outages.deferred_in_last_tenth == 0 {
        problems.push("outages: no expert was asked at the end".to_owned());
    }
    problems.extend(overspent(&runs.governed));
    problems.extend(overspent(&runs.governed_in_c));
    problems
}

/// What the governor counted, against what the node said of each row: one decision a row, and one
/// deferral for each row for which anything was sent, however many experts failed.
fn overspent(report: &Report) -> Option<String> {
    let spent = report.governor?;
    if spent.decisions != report.rows || spent.deferred != report.asked {
        return Some(format!(
            "governed: {} decisions and {} deferrals charged for {} rows, {} of which were sent",
            spent.decisions, spent.deferred, report.rows, report.asked
        ));
    }
    // From where it starts, the threshold of the node's settings can rise by 50 steps, and by one
    // more.
    let most = report.rows as f64 * f64::from(BUDGET.bits()) / 65_536.0 + 51.0;
    (spent.deferred as f64 > most)
        .then(|| format!("governed: {} rows deferred, at most {most:.0} allowed", spent.deferred))
}
