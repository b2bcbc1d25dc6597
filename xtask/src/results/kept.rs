//! The tables that the documents have.

use crate::{
    process::root,
    table::{Filter, Table},
};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Where the tables are.
pub(crate) fn folder() -> PathBuf {
    root().join("docs/results")
}

/// The instructions of a decision by the crate's own firmware, as the documents have them.
pub(crate) fn decision_instructions(core: &str, shape: &str) -> Result<f64> {
    let conditions = [
        Filter::is("implementation", "mild"),
        Filter::is("core", core),
        Filter::is("part", "decision"),
        Filter::is("shape", shape),
    ];
    let cell = Table::read(&folder().join("device.csv"))?.cell(&conditions, "instructions")?;
    cell.parse().with_context(|| format!("instructions of {core}: found {cell}"))
}
