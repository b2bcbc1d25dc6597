//! Studies of one question each.

use super::commands::{mild, these_logs};
use crate::{
    process::read,
    results::made::{Files, Made},
    table::Table,
};
use anyhow::{Context, Result, bail};

pub(in super::super) fn margins(_: bool) -> Result<Files> {
    let logs = ["mnist-specialists-3", "mnist-specialists-10", "letter", "routellm-mmlu"];
    let (over_logs, by_log) = margins_of("300,1000", "0.0000001,0.01", &logs)?;
    Ok(vec![("margins", Made::Table(over_logs)), ("margins-by-log", Made::Table(by_log))])
}

/// As [`margins`], some numbers of rows and penalties on some logs: over all logs, and by log.
pub(in super::super) fn margins_of(
    rows: &str,
    penalties: &str,
    logs: &[&str],
) -> Result<(Table, Table)> {
    let mut command = mild(&["study", "margins", "--widths=64", "--iterations=100", "--tau=max"])?;
    command.args(["--seeds=3", "--train-rows", rows, "--l2", penalties]);
    let document = read(command.args(these_logs(logs)?))?;
    let mut tables = Table::in_markdown(&document).into_iter().map(|(_, table)| table);
    let (Some(over_logs), Some(by_log)) = (tables.next(), tables.next()) else {
        bail!("`mild study margins` wrote fewer than two tables");
    };
    Ok((over_logs, by_log))
}

/// Logs with experts that come back, and which of them; all in turn where none is named.
pub(in super::super) const NEW_EXPERTS: [(&str, Option<&str>); 5] = [
    ("mnist-specialists-3", None),
    ("letter", Some("specialist_a")),
    ("wall-robot", None),
    ("mnist-specialists-10", Some("s456")),
    ("frugalml-command", None),
];

pub(in super::super) fn new_expert(_: bool) -> Result<Files> {
    let table = known_from_answers(&NEW_EXPERTS, "10,30,100,300")?;
    Ok(vec![("new-expert", Made::Table(table))])
}

/// As [`new_expert`], some logs and numbers of answers.
pub(in super::super) fn known_from_answers<'a>(
    logs: impl IntoIterator<Item = &'a (&'static str, Option<&'static str>)>,
    answers: &str,
) -> Result<Table> {
    let mut tables = Vec::new();
    for &(log, expert) in logs {
        let arguments = ["study", "new-expert", "--method", "two-stage", "--seeds", "3"];
        let mut command = mild(&arguments)?;
        command.args(["--answers", answers, "--effort", "quick"]);
        command.args(these_logs(&[log])?).args(expert.map(|name| format!("--expert={name}")));
        tables.extend(Table::in_markdown(&read(&mut command)?));
    }
    let table = tables.into_iter().map(|(_, table)| table).reduce(Table::join);
    Ok(table.unwrap_or_default())
}

pub(in super::super) fn promises(_: bool) -> Result<Files> {
    let names = [
        "letter",
        "frugalml-command",
        "frugalml-ferplus",
        "frugalml-yelp",
        "mnist-specialists-3",
        "routellm-mmlu",
        "wall-robot",
        "dreem-dodh",
    ];
    Ok(vec![("promises", Made::Table(promised(&names)?))])
}

/// As [`promises`], some logs.
pub(in super::super) fn promised(logs: &[&str]) -> Result<Table> {
    let document = read(mild(&["study", "guarantees"])?.args(these_logs(logs)?))?;
    Ok(Table::in_markdown(&document).pop().context("`mild study` wrote no table")?.1)
}
