//! Beside the tools of Python.

use crate::{
    process::{cargo, read, root, run},
    python::{Environment, Profile},
    results::made::{Files, Made},
    table::Table,
};
use anyhow::{Context, Result};
use serde_json::Value;
use std::process::Command;

pub(in super::super) fn training_speed(_: bool) -> Result<Files> {
    run(cargo().args(["build", "--release", "-p", "mild-trainer", "--example", "full_batch"]))?;
    let mut python = Command::new("python3");
    let document = read(python.arg(root().join("host-trainer/python/speed.py")))?;
    let table = Table::in_markdown(&document).pop().context("speed.py wrote no table")?.1;
    Ok(vec![("training-speed", Made::Table(table))])
}

pub(in super::super) fn python(_: bool) -> Result<Files> {
    let environment = Environment::prepare(Profile::Release)?;
    let document = read(&mut environment.bench(&["--json".to_owned()]))?;
    let rows: Vec<Value> = serde_json::from_str(&document)?;
    Ok(vec![("python", Made::Table(Table::from_json(&rows)?))])
}
