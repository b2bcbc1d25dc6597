//! The programs that the parts run, and the logs that they run on.

use crate::{images::logs, process::this_program, programs, table::Table};
use anyhow::{Context, Result, ensure};
use std::{fs, path::PathBuf, process::Command};

/// Another command of this program.
pub(super) fn xtask(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(this_program()?);
    command.args(arguments);
    Ok(command)
}

/// `mild` with arguments.
pub(super) fn mild(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(programs::mild()?);
    command.args(arguments);
    Ok(command)
}

/// The configurations of some logs; `None` where the logs are not.
pub(super) fn configurations(names: &[&str]) -> Option<Vec<PathBuf>> {
    let paths: Vec<PathBuf> =
        names.iter().map(|name| logs().join(name).join("mild.toml")).collect();
    paths.iter().all(|path| path.exists()).then_some(paths)
}

/// The configurations of all logs that are there.
pub(super) fn every_configuration() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = match fs::read_dir(logs()) {
        Ok(entries) => entries.flatten().map(|entry| entry.path().join("mild.toml")).collect(),
        Err(_) => Vec::new(),
    };
    paths.retain(|path| path.is_file());
    paths.sort();
    paths
}

/// The configurations of all logs, at least one.
pub(super) fn all_logs() -> Result<Vec<PathBuf>> {
    let paths = every_configuration();
    ensure!(!paths.is_empty(), "expected logs in {} (MILD_DATA)", logs().display());
    Ok(paths)
}

/// The configurations of some logs, which must be there.
pub(super) fn these_logs(names: &[&str]) -> Result<Vec<PathBuf>> {
    configurations(names).with_context(|| {
        format!("expected the logs {} in {} (MILD_DATA)", names.join(", "), logs().display())
    })
}

/// The rows of several tables, each row with a label in front.
pub(super) fn joined(column: &str, tables: impl IntoIterator<Item = (String, Table)>) -> Table {
    let labelled = tables.into_iter().map(|(label, table)| table.labelled(column, &label));
    labelled.reduce(Table::join).unwrap_or_default()
}
