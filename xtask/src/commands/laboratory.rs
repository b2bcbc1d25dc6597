//! `cargo xtask laboratory`: gateways, broker, experts and nodes under faults.

use crate::laboratory::{self, Plan};
use anyhow::Result;
use clap::Args;
use std::time::Duration;

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct LaboratoryArgs {
    /// Schedules of faults to run
    #[arg(long, default_value_t = 100, value_name = "N")]
    schedules: u64,
    /// The seed of the first schedule; each further one has the next seed
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// Begin no further schedule after so many seconds
    #[arg(long, default_value_t = 1200, value_name = "SECONDS")]
    seconds: u64,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl LaboratoryArgs {
    /// What fits into the tests.
    pub(crate) fn short() -> Self {
        Self { schedules: 200, seed: 1, seconds: 60, json: false }
    }
}

/// Runs the schedules, prints what was seen, and says whether the invariant held.
pub(crate) fn laboratory(args: &LaboratoryArgs) -> Result<bool> {
    let limit = Duration::from_secs(args.seconds);
    let summary = laboratory::run(Plan { schedules: args.schedules, seed: args.seed, limit })?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&summary)?);
    } else {
        println!("{}", summary.render());
    }
    if summary.failure.is_some() {
        return Ok(false);
    }
    summary.check().map(|()| true)
}
