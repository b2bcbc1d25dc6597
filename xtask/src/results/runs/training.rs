//! What trainings give, and what they take.

use super::commands::{configurations, every_configuration, mild, these_logs};
use crate::{
    images::logs,
    process::{cargo, read, run},
    results::made::{Files, Made},
    table::Table,
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// Logs that train within seconds.
const QUICK_LOGS: [&str; 3] = ["routellm-gsm8k", "wall-robot", "frugalml-yelp"];

pub(in super::super) fn losses(_: bool) -> Result<Files> {
    let document: Value = serde_json::from_str(&read(&mut mild(&["demo", "--json"])?)?)?;
    let figure = |pointer: &str| {
        document.pointer(pointer).cloned().with_context(|| format!("`mild demo` has no {pointer}"))
    };
    let wine = json!({
        "log": "wine",
        "method": "auto",
        "loss": figure("/test/deferral_loss")?,
        "image_bytes": figure("/image/image_bytes")?,
        "chosen": figure("/chosen")?,
    });
    let mut table = Table::from_json(&[wine])?;
    match configurations(&QUICK_LOGS) {
        Some(paths) => {
            let methods = "two-stage,mild,one-vs-all,auto,knn";
            let mut command = mild(&["compare", "--effort", "quick", "--csv", "--quiet"])?;
            command.args(["--methods", methods]).args(paths);
            let columns = ["log", "method", "loss", "image_bytes", "chosen"].map(str::to_owned);
            table = table.join(Table::parse(&read(&mut command)?)?.project(&columns)?);
        }
        None => println!(
            "the logs {} are not in {} (MILD_DATA): only the demonstration's figures are measured",
            QUICK_LOGS.join(", "),
            logs().display()
        ),
    }
    let text = read(&mut mild(&["demo"])?)?;
    ensure!(!text.is_empty(), "`mild demo` printed nothing");
    Ok(vec![("losses", Made::Table(table)), ("demo", Made::Text(text))])
}

pub(in super::super) fn init(_: bool) -> Result<Files> {
    let paths = every_configuration();
    if paths.is_empty() {
        println!("no logs in {} (MILD_DATA): nothing is guessed", logs().display());
        return Ok(Vec::new());
    }
    let document = read(mild(&["init", "--compare", "--json"])?.args(&paths))?;
    let compared: Vec<Value> = serde_json::from_str(&document)?;
    let row = |one: &Value| -> Result<Value> {
        let config = PathBuf::from(one["config"].as_str().context("a path")?);
        let log = config.parent().and_then(|folder| folder.file_name()).context("a folder")?;
        let wrong: Vec<&str> =
            one["wrong"].as_array().context("a list")?.iter().filter_map(Value::as_str).collect();
        Ok(json!({
            "log": log.to_string_lossy(),
            "keys": one["keys"],
            "right": one["right"],
            "otherwise": wrong.join(", "),
            "prices above 0": one["prices"],
            "prices right": one["right_prices"],
        }))
    };
    let rows: Vec<Value> = compared.iter().map(row).collect::<Result<_>>()?;
    Ok(vec![("init", Made::Table(Table::from_json(&rows)?))])
}

pub(in super::super) fn speed(_: bool) -> Result<Files> {
    let Some(paths) = configurations(&["wall-robot"]) else {
        println!("no real logs in {} (MILD_DATA): speed is not measured", logs().display());
        return Ok(Vec::new());
    };
    let time = |method: &str| -> Result<Duration> {
        let mut least = Duration::MAX;
        for _ in 0..3 {
            let mut command = mild(&["compare", "--effort", "quick", "--csv", "--quiet"])?;
            command.args(["--methods", method]).args(&paths).env("RAYON_NUM_THREADS", "1");
            let start = Instant::now();
            read(&mut command)?;
            least = least.min(start.elapsed());
        }
        Ok(least)
    };
    let ratio = time("auto")?.as_secs_f64() / time("two-stage")?.as_secs_f64();
    let row = json!({ "log": "wall-robot", "auto_over_two_stage": format!("{ratio:.2}") });
    Ok(vec![("speed", Made::Table(Table::from_json(&[row])?))])
}

pub(in super::super) fn drift(_: bool) -> Result<Files> {
    let folder = tempfile::tempdir()?;
    let configuration = these_logs(&["gas-drift"])?;
    let mut train = mild(&["train", "--effort", "quick", "--quiet", "--out"])?;
    run(train.arg(folder.path()).args(&configuration))?;
    let image = folder.path().join("rejector.mild");
    let mut simulate = mild(&["simulate", "--by", "batch", "--image"])?;
    let text = read(simulate.arg(image).args(&configuration))?;
    Ok(vec![("drift", Made::Text(text))])
}

pub(in super::super) fn memory(_: bool) -> Result<Files> {
    let test = ["test", "-p", "mild-trainer", "--test", "memory", "--", "--ignored"];
    let output = read(cargo().args(test).arg("--nocapture"))?;
    let line = output.lines().find(|line| line.starts_with("log of "));
    let line = line.context("the memory test printed no line `log of …`")?;
    Ok(vec![("memory", Made::Text(line.to_owned()))])
}
