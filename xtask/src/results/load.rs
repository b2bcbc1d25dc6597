//! The gateway under load: `mild-gateway` three times on this machine, as the gateway, as an expert
//! and as many nodes.

use super::made::{Files, Made};
use crate::{
    background::{HOST, Ports, Process},
    process::{cargo, read, run, target_dir},
    table::Table,
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{fmt::Write, fs, path::Path, process::Command};

/// Seconds of load for each row of the table.
const SECONDS: u64 = 8;

/// Rows that the nodes ask about.
const ROWS: u32 = 1_000;

const COLUMNS: [&str; 10] = [
    "nodes",
    "places",
    "requests",
    "answered",
    "refused as busy",
    "lost",
    "replies/s",
    "median ms",
    "99 % ms",
    "memory MB",
];

/// A gateway whose expert answers so many requests at once while so many others wait.
#[derive(Clone, Copy)]
struct Places {
    concurrency: u32,
    queue: u32,
}

/// Room for all nodes.
const ENOUGH: Places = Places { concurrency: 16, queue: 2_048 };

/// Room for a few: most requests are refused.
const FEW: Places = Places { concurrency: 8, queue: 32 };

pub(super) fn gateway(_: bool) -> Result<Files> {
    run(cargo().args(["build", "--release", "--quiet", "-p", "mild-gateway"]))?;
    let loads = [(1, ENOUGH), (100, ENOUGH), (1_000, ENOUGH), (1_000, FEW)];
    let mut table = Table::new(COLUMNS);
    for (nodes, places) in loads {
        table.push(row(nodes, places)?);
    }
    Ok(vec![("gateway", Made::Table(table))])
}

/// One row of the table.
fn row(nodes: u32, places: Places) -> Result<[String; COLUMNS.len()]> {
    let folder = tempfile::tempdir()?;
    let ports = Ports::free()?;
    let expert = start_expert(folder.path(), ports.expert)?;
    let config = folder.path().join("gateway.toml");
    fs::write(&config, configuration(&ports, places))?;
    let mut serve = program();
    serve.arg("serve").arg(&config).env("RUST_LOG", "warn");
    let gateway = Process::start(&mut serve, folder.path(), "gateway", ports.gateway)?;
    let mut load = program();
    load.args(["load", &format!("{HOST}:{}", ports.gateway), "--json"]);
    load.args(["--nodes", &nodes.to_string(), "--seconds", &SECONDS.to_string()]);
    let report: Value = serde_json::from_str(&read(load.args(["--rows", &ROWS.to_string()]))?)?;
    let memory = gateway.peak_memory_mb()?;
    ensure!(gateway.end()? && expert.end()?, "the gateway or its expert failed");
    let replies = |status: &str| report["replies"][status].as_u64().unwrap_or(0);
    let number = |name: &str| report[name].as_f64().with_context(|| format!("no {name}"));
    Ok([
        nodes.to_string(),
        (places.concurrency + places.queue).to_string(),
        report["sent"].to_string(),
        replies("ok").to_string(),
        replies("busy").to_string(),
        report["lost"].to_string(),
        format!("{:.0}", number("per_second")?),
        format!("{:.2}", number("p50_ms")?),
        format!("{:.2}", number("p99_ms")?),
        format!("{memory:.1}"),
    ])
}

fn program() -> Command {
    Command::new(target_dir().join("release/mild-gateway"))
}

/// An expert that answers every row at once.
fn start_expert(folder: &Path, port: u16) -> Result<Process> {
    let log = folder.join("log.csv");
    let mut text = "answer\n".to_owned();
    // Writing to a string cannot fail.
    for row in 0..ROWS {
        let _ = writeln!(text, "{}", row % 3);
    }
    fs::write(&log, text)?;
    let mut command = program();
    command.arg("expert").arg("--answers").arg(&log).args(["--column", "answer"]);
    command.args(["--http", &format!("{HOST}:{port}")]);
    Process::start(&mut command, folder, "expert", port)
}

/// A gateway that limits no node.
fn configuration(ports: &Ports, Places { concurrency, queue }: Places) -> String {
    format!(
        "[listen]\ntcp = [\"{HOST}:{}\"]\n[limits]\nrequests_per_s = 1000000.0\nburst = 1000000\n\
         [[expert]]\nindex = 1\nname = \"expert\"\nhttp = \"http://{HOST}:{}/\"\n\
         timeout_ms = 10000\nconcurrency = {concurrency}\nqueue = {queue}\n",
        ports.gateway, ports.expert
    )
}
