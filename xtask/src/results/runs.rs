//! The commands behind the parts: what they run, and how its output becomes tables.

use super::{
    kept::decision_instructions,
    made::{Files, Made},
};
use crate::{
    energy::{self, Estimates},
    flash,
    images::logs,
    process::{cargo, read, root, run, target_dir},
    programs,
    python::{Environment, Profile},
    table::Table,
    toolchain::{Choice, Toolchains},
    window_features,
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Logs that train within seconds.
const QUICK_LOGS: [&str; 3] = ["routellm-gsm8k", "wall-robot", "frugalml-yelp"];

/// Another command of this program. Cargo starts it: the file of this process may be gone by now,
/// because building the workspace's programs replaces it.
fn xtask(arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.arg("xtask").args(arguments);
    command
}

/// `mild` with arguments.
fn mild(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(programs::mild()?);
    command.args(arguments);
    Ok(command)
}

/// The configurations of some logs; `None` where the logs are not.
fn configurations(names: &[&str]) -> Option<Vec<PathBuf>> {
    let paths: Vec<PathBuf> =
        names.iter().map(|name| logs().join(name).join("mild.toml")).collect();
    paths.iter().all(|path| path.exists()).then_some(paths)
}

pub(super) fn losses(_: bool) -> Result<Files> {
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

pub(super) fn init(_: bool) -> Result<Files> {
    let mut paths: Vec<PathBuf> = match fs::read_dir(logs()) {
        Ok(entries) => entries.flatten().map(|entry| entry.path().join("mild.toml")).collect(),
        Err(_) => Vec::new(),
    };
    paths.retain(|path| path.is_file());
    paths.sort();
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

pub(super) fn device(check: bool) -> Result<Files> {
    let folder = tempfile::tempdir()?;
    let mut command = xtask(&["device", "bench", "--csv"]);
    command.arg(folder.path());
    // Peers do not change with this code.
    run(if check { command.arg("--no-peers") } else { &mut command })?;
    let compiler = Toolchains::new(Choice::Auto).prepare("thumbv7em-none-eabihf")?.version()?;
    let mut files = Vec::new();
    for name in ["device", "device-policy", "device-bars", "device-estimates"] {
        let table = Table::read(&folder.path().join(name).with_extension("csv"))?;
        files.push((name, Made::Table(table.with_column("compiler", &compiler))));
    }
    Ok(if check { files.into_iter().take(2).collect() } else { files })
}

pub(super) fn signatures(_: bool) -> Result<Files> {
    let folder = tempfile::tempdir()?;
    run(xtask(&["device", "signatures", "--csv"]).arg(folder.path()))?;
    let compiler = Toolchains::new(Choice::Auto).prepare("thumbv7em-none-eabihf")?.version()?;
    let table = Table::read(&folder.path().join("signatures.csv"))?;
    Ok(vec![("signatures", Made::Table(table.with_column("compiler", &compiler)))])
}

pub(super) fn window_features(_: bool) -> Result<Files> {
    let compiler = Toolchains::new(Choice::Auto).prepare("thumbv7em-none-eabihf")?.version()?;
    let table = window_features::measure()?.with_column("compiler", &compiler);
    Ok(vec![("window-features", Made::Table(table))])
}

pub(super) fn flash(_: bool) -> Result<Files> {
    let compiler = Toolchains::new(Choice::Auto).prepare("thumbv7em-none-eabihf")?.version()?;
    Ok(vec![("flash", Made::Table(flash::measure()?.with_column("compiler", &compiler)))])
}

pub(super) fn energies(_: bool) -> Result<Files> {
    let instructions = decision_instructions(energy::CORE, energy::SHAPE)?;
    let Estimates { table, frames, assumptions } = energy::estimates(instructions)?;
    let text = format!("{frames}\n{assumptions}");
    Ok(vec![("energy", Made::Table(table)), ("energy-assumptions", Made::Text(text))])
}

pub(super) fn speed(_: bool) -> Result<Files> {
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

/// The configurations of all logs.
fn all_logs() -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in logs().read_dir().with_context(|| logs().display().to_string())? {
        let path = entry?.path().join("mild.toml");
        if path.exists() {
            paths.push(path);
        }
    }
    paths.sort();
    ensure!(!paths.is_empty(), "no log in {}", logs().display());
    Ok(paths)
}

/// The configurations of some logs, which must be there.
fn these_logs(names: &[&str]) -> Result<Vec<PathBuf>> {
    configurations(names).with_context(|| {
        format!("expected the logs {} in {} (MILD_DATA)", names.join(", "), logs().display())
    })
}

/// Runs `mild compare` at quick effort and returns the document that it writes. Runs that are done
/// are kept, so that an interrupted comparison goes on.
fn compare(name: &str, arguments: &[&str], configurations: &[PathBuf]) -> Result<String> {
    let finished = target_dir().join("results").join(name);
    let mut command = mild(&["compare", "--effort", "quick", "--out"])?;
    run(command.arg(&finished).args(arguments).args(configurations).stdout(Stdio::null()))?;
    let path = finished.join("compare.md");
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// The rows of several tables, each row with a label in front.
fn joined(column: &str, tables: impl IntoIterator<Item = (String, Table)>) -> Table {
    let labelled = tables.into_iter().map(|(label, table)| table.labelled(column, &label));
    labelled.reduce(Table::join).unwrap_or_default()
}

pub(super) fn comparison(_: bool) -> Result<Files> {
    let (losses, methods, by_log) = comparison_of("comparison", "all", &all_logs()?)?;
    // Both of them test losses of the same rows; the script says which difference is within 0.01.
    let mut script = Command::new("python3");
    script.arg(root().join("host-trainer/python/reference.py"));
    script.arg(target_dir().join("results/comparison/compare.json"));
    let document = read(script.arg(logs().join("reference.json")))?;
    let reference = Table::in_markdown(&document).pop().context("reference.py wrote no table")?.1;
    Ok(vec![
        ("reference", Made::Table(reference)),
        ("comparison", Made::Table(losses)),
        ("comparison-methods", Made::Table(methods)),
        ("comparison-by-log", Made::Table(by_log)),
    ])
}

/// As [`comparison`], some methods on some logs: the losses by log and method, the methods, and each
/// method on each log.
pub(super) fn compared(name: &str, methods: &str, logs: &[&str]) -> Result<(Table, Table, Table)> {
    comparison_of(name, methods, &these_logs(logs)?)
}

fn comparison_of(name: &str, methods: &str, logs: &[PathBuf]) -> Result<(Table, Table, Table)> {
    let arguments = ["--methods", methods, "--seeds", "10", "--confidence", "x_conf"];
    let document = compare(name, &arguments, logs)?;
    let mut tables = Table::in_markdown(&document).into_iter();
    let (Some((_, losses)), Some((_, of_methods))) = (tables.next(), tables.next()) else {
        bail!("`mild compare` wrote fewer than two tables");
    };
    let by_log = tables.map(|(heading, table)| (log_of(&heading), table));
    Ok((losses, of_methods, joined("log", by_log)))
}

/// The log in a heading like `letter, all train rows`.
fn log_of(heading: &str) -> String {
    heading.split(',').next().unwrap_or_default().to_owned()
}

pub(super) fn learning_curves(_: bool) -> Result<Files> {
    let methods = "two-stage,mild,one-vs-all,auto,knn";
    let (overall, by_log) =
        curves_of("learning-curves", methods, "1000,3000,all", "10", &all_logs()?)?;
    Ok(vec![
        ("learning-curves", Made::Table(overall)),
        ("learning-curves-by-log", Made::Table(by_log)),
    ])
}

/// As [`learning_curves`], some methods and numbers of rows on some logs: over all logs, and by log.
pub(super) fn curves(
    name: &str,
    methods: &str,
    rows: &str,
    logs: &[&str],
) -> Result<(Table, Table)> {
    curves_of(name, methods, rows, "10", &these_logs(logs)?)
}

pub(super) fn few_rows(_: bool) -> Result<Files> {
    let methods = "mild,two-stage,auto,knn,reference-logistic";
    let (overall, by_log) = curves_of("few-rows", methods, "100,300", "5", &all_logs()?)?;
    Ok(vec![("few-rows", Made::Table(overall)), ("few-rows-by-log", Made::Table(by_log))])
}

pub(super) fn margins(_: bool) -> Result<Files> {
    let logs = ["mnist-specialists-3", "mnist-specialists-10", "letter", "routellm-mmlu"];
    let (over_logs, by_log) = margins_of("300,1000", "0.0000001,0.01", &logs)?;
    Ok(vec![("margins", Made::Table(over_logs)), ("margins-by-log", Made::Table(by_log))])
}

/// As [`margins`], some numbers of rows and penalties on some logs: over all logs, and by log.
pub(super) fn margins_of(rows: &str, penalties: &str, logs: &[&str]) -> Result<(Table, Table)> {
    let mut command = mild(&["study", "margins", "--widths=64", "--iterations=100", "--tau=max"])?;
    command.args(["--seeds=3", "--train-rows", rows, "--l2", penalties]);
    let document = read(command.args(these_logs(logs)?))?;
    let mut tables = Table::in_markdown(&document).into_iter().map(|(_, table)| table);
    let (Some(over_logs), Some(by_log)) = (tables.next(), tables.next()) else {
        bail!("`mild study margins` wrote fewer than two tables");
    };
    Ok((over_logs, by_log))
}

fn curves_of(
    name: &str,
    methods: &str,
    rows: &str,
    seeds: &str,
    logs: &[PathBuf],
) -> Result<(Table, Table)> {
    let arguments = ["--methods", methods, "--train-rows", rows, "--seeds", seeds];
    let document = compare(name, &arguments, logs)?;
    let by_log = Table::in_markdown(&document)
        .into_iter()
        .find(|(_, table)| table.columns.iter().take(2).eq(["log", "train rows"]))
        .context("`mild compare` wrote no learning curves")?
        .1;
    // One heading `21 logs, 100 train rows` for each number, with the losses and then the methods.
    let overall = Table::in_markdown(&document)
        .into_iter()
        .filter(|(heading, table)| heading.contains(" logs, ") && table.columns[0] == "method")
        .map(|(heading, table)| {
            let rows = heading.split(", ").nth(1).unwrap_or_default();
            (rows.trim_end_matches(" train rows").to_owned(), table)
        });
    Ok((joined("train rows", overall), by_log))
}

pub(super) fn number_of_experts(_: bool) -> Result<Files> {
    let methods = "one-stage,picce-one-stage,one-stage-one-vs-all,picce-one-vs-all,two-stage,picce";
    Ok(vec![("experts", Made::Table(by_experts("experts", methods, "2,4,6,8,10")?))])
}

/// As [`number_of_experts`], some methods and numbers of experts.
pub(super) fn by_experts(name: &str, methods: &str, experts: &str) -> Result<Table> {
    let arguments = ["--experts", experts, "--seeds", "10", "--methods", methods];
    let document = compare(name, &arguments, &these_logs(&["mnist-specialists-10"])?)?;
    let views = ["system", "system without offsets", "own classifier"];
    let tables = Table::in_markdown(&document)
        .into_iter()
        .filter(|(_, table)| table.columns.get(1).is_some_and(|column| column == "experts"));
    let labelled = views.iter().zip(tables).map(|(view, (_, table))| ((*view).to_owned(), table));
    Ok(joined("share right", labelled))
}

/// Logs with experts that come back, and which of them; all in turn where none is named.
pub(super) const NEW_EXPERTS: [(&str, Option<&str>); 5] = [
    ("mnist-specialists-3", None),
    ("letter", Some("specialist_a")),
    ("wall-robot", None),
    ("mnist-specialists-10", Some("s456")),
    ("frugalml-command", None),
];

pub(super) fn new_expert(_: bool) -> Result<Files> {
    let table = known_from_answers(&NEW_EXPERTS, "10,30,100,300")?;
    Ok(vec![("new-expert", Made::Table(table))])
}

/// As [`new_expert`], some logs and numbers of answers.
pub(super) fn known_from_answers<'a>(
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

pub(super) fn promises(_: bool) -> Result<Files> {
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
pub(super) fn promised(logs: &[&str]) -> Result<Table> {
    let document = read(mild(&["study", "guarantees"])?.args(these_logs(logs)?))?;
    Ok(Table::in_markdown(&document).pop().context("`mild study` wrote no table")?.1)
}

pub(super) fn drift(_: bool) -> Result<Files> {
    let folder = tempfile::tempdir()?;
    let configuration = these_logs(&["gas-drift"])?;
    let mut train = mild(&["train", "--effort", "quick", "--quiet", "--out"])?;
    run(train.arg(folder.path()).args(&configuration))?;
    let image = folder.path().join("rejector.mild");
    let mut simulate = mild(&["simulate", "--by", "batch", "--image"])?;
    let text = read(simulate.arg(image).args(&configuration))?;
    Ok(vec![("drift", Made::Text(text))])
}

pub(super) fn training_speed(_: bool) -> Result<Files> {
    run(cargo().args(["build", "--release", "-p", "mild-trainer", "--example", "full_batch"]))?;
    let mut python = Command::new("python3");
    let document = read(python.arg(root().join("host-trainer/python/speed.py")))?;
    let table = Table::in_markdown(&document).pop().context("speed.py wrote no table")?.1;
    Ok(vec![("training-speed", Made::Table(table))])
}

pub(super) fn python(_: bool) -> Result<Files> {
    let environment = Environment::prepare(Profile::Release)?;
    let document = read(&mut environment.bench(&["--json".to_owned()]))?;
    let rows: Vec<Value> = serde_json::from_str(&document)?;
    Ok(vec![("python", Made::Table(Table::from_json(&rows)?))])
}

pub(super) fn memory(_: bool) -> Result<Files> {
    let test = ["test", "-p", "mild-trainer", "--test", "memory", "--", "--ignored"];
    let output = read(cargo().args(test).arg("--nocapture"))?;
    let line = output.lines().find(|line| line.starts_with("log of "));
    let line = line.context("the memory test printed no line `log of …`")?;
    Ok(vec![("memory", Made::Text(line.to_owned()))])
}
