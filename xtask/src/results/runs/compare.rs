//! Comparisons of methods.

use super::commands::{all_logs, joined, mild, these_logs};
use crate::{
    digits,
    images::logs,
    process::{read, root, run, target_dir},
    results::made::{Files, Made},
    table::Table,
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

/// Runs `mild compare` at quick effort and returns the document that it writes. Runs that are done
/// are kept, so that an interrupted comparison goes on.
fn compare(name: &str, arguments: &[&str], configurations: &[PathBuf]) -> Result<String> {
    let finished = target_dir().join("results").join(name);
    let mut command = mild(&["compare", "--effort", "quick", "--out"])?;
    run(command.arg(&finished).args(arguments).args(configurations).stdout(Stdio::null()))?;
    let path = finished.join("compare.md");
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

pub(in super::super) fn comparison(_: bool) -> Result<Files> {
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

/// The gates on the confidence of an int8 model, and a rejector, on the log of `examples/digits`.
pub(in super::super) fn digits(_: bool) -> Result<Files> {
    let digits = digits::digits()?;
    ensure!(digits.passed(), "the gateway runs the int8 model in another way than onnxruntime");
    let [alike, rows] = digits.alike;
    let mut models = Table::new(["rows", "as onnxruntime"]);
    models.push([rows.to_string(), alike.to_string()]);
    Ok(vec![("digits", Made::Table(digits.methods)), ("digits-models", Made::Table(models))])
}

/// As [`comparison`], some methods on some logs: the losses by log and method, the methods, and each
/// method on each log.
pub(in super::super) fn compared(
    name: &str,
    methods: &str,
    logs: &[&str],
) -> Result<(Table, Table, Table)> {
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

pub(in super::super) fn learning_curves(_: bool) -> Result<Files> {
    let methods = "two-stage,mild,one-vs-all,auto,knn";
    let (overall, by_log) =
        curves_of("learning-curves", methods, "1000,3000,all", "10", &all_logs()?)?;
    Ok(vec![
        ("learning-curves", Made::Table(overall)),
        ("learning-curves-by-log", Made::Table(by_log)),
    ])
}

/// As [`learning_curves`], some methods and numbers of rows on some logs: over all logs, and by log.
pub(in super::super) fn curves(
    name: &str,
    methods: &str,
    rows: &str,
    logs: &[&str],
) -> Result<(Table, Table)> {
    curves_of(name, methods, rows, "10", &these_logs(logs)?)
}

pub(in super::super) fn few_rows(_: bool) -> Result<Files> {
    let methods = "mild,two-stage,auto,knn,reference-logistic";
    let (overall, by_log) = curves_of("few-rows", methods, "100,300", "5", &all_logs()?)?;
    Ok(vec![("few-rows", Made::Table(overall)), ("few-rows-by-log", Made::Table(by_log))])
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

pub(in super::super) fn number_of_experts(_: bool) -> Result<Files> {
    let methods = "one-stage,picce-one-stage,one-stage-one-vs-all,picce-one-vs-all,two-stage,picce";
    Ok(vec![("experts", Made::Table(by_experts("experts", methods, "2,4,6,8,10")?))])
}

/// As [`number_of_experts`], some methods and numbers of experts.
pub(in super::super) fn by_experts(name: &str, methods: &str, experts: &str) -> Result<Table> {
    let arguments = ["--experts", experts, "--seeds", "10", "--methods", methods];
    let document = compare(name, &arguments, &these_logs(&["mnist-specialists-10"])?)?;
    let views = ["system", "system without offsets", "own classifier"];
    let tables = Table::in_markdown(&document)
        .into_iter()
        .filter(|(_, table)| table.columns.get(1).is_some_and(|column| column == "experts"));
    let labelled = views.iter().zip(tables).map(|(view, (_, table))| ((*view).to_owned(), table));
    Ok(joined("share right", labelled))
}
