//! The example `digits` end to end: an int8 model and a larger one answer about images, and gates on the
//! int8 model's confidence stand beside a rejector.

use crate::{
    process::{root, run, target_dir},
    programs,
    python::Environment,
    table::Table,
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// The gates, two rejectors, and nobody's choice.
const METHODS: &str = "entropy,margin,dime,max-softmax,two-stage,auto,random";
const SEEDS: &str = "10";

/// The share of rows on which the gateway must answer as onnxruntime does. Where a code lies between
/// two, the last bit of a sum may decide.
const LEAST_ALIKE: f64 = 0.99;

/// What a run found.
pub(crate) struct Digits {
    /// Each method with its deferral loss.
    pub(crate) methods: Table,
    /// Rows on which the gateway's answer of the int8 model is onnxruntime's, of all.
    pub(crate) alike: [usize; 2],
}

impl Digits {
    /// Whether the gateway runs the int8 model as onnxruntime does.
    pub(crate) fn passed(&self) -> bool {
        let [alike, rows] = self.alike;
        rows > 0 && alike as f64 >= LEAST_ALIKE * rows as f64
    }
}

/// Makes the models and the log, and compares.
pub(crate) fn digits() -> Result<Digits> {
    let directory = target_dir().join("digits");
    let example = root().join("examples/digits");
    let list = example.join("requirements.txt");
    let environment = Environment::with(&directory.join("environment"), &list)?;
    let made = directory.join("made");
    if made.exists() {
        // Answers that are kept would be those of earlier models.
        fs::remove_dir_all(&made)?;
    }
    let mut python = environment.program("python");
    run(python.arg(example.join("make_models.py")).arg("--out").arg(&made))?;

    let programs = programs::with_models()?;
    collect(&programs, &made)?;
    let mut compare = Command::new(programs.join("mild"));
    compare.current_dir(&made).args(["compare", "mild.toml", "--effort", "quick"]);
    compare.args(["--methods", METHODS, "--seeds", SEEDS, "--out", "comparison"]);
    run(compare.stdout(Stdio::null()))?;
    let document = fs::read_to_string(made.join("comparison/compare.md"))?;
    // The last table has the methods on the only log.
    let (_, compared) = Table::in_markdown(&document).pop().context("no table in compare.md")?;
    let methods = shown(&compared)?;
    let log = Table::read(&made.join("log.csv"))?;
    let reference = Table::read(&made.join("reference.csv"))?;
    Ok(Digits { methods, alike: alike(&log, &reference)? })
}

/// Of what a comparison says of a method: its loss, how that stands to the best single expert, and how
/// much stays on the device.
fn shown(compared: &Table) -> Result<Table> {
    let method = compared.column("method")?;
    let loss = compared.column("deferral loss (95 %)")?;
    let difference = compared.column("- best single")?;
    let local = compared.column("local")?;
    let mut shown = Table::new(["method", "deferral loss", "beside best single", "local"]);
    for row in &compared.rows {
        shown.push([method, loss, difference, local].map(|column| row[column].clone()));
    }
    Ok(shown)
}

/// Asks both models about all rows.
fn collect(programs: &Path, made: &Path) -> Result<()> {
    let gateway = programs.join("mild-gateway");
    let expert = |name: &str, model: &str| {
        format!("{name}={} expert --model {model} --lines", quoted(&gateway))
    };
    let mut collect = Command::new(programs.join("mild"));
    collect.current_dir(made).args(["log", "collect", "rows.csv", "--send", "pixel*", "--expert"]);
    collect.arg(expert("local", "tiny-int8.onnx")).arg("--expert");
    collect.arg(expert("gateway", "wide.onnx")).args(["--price", "gateway=0.002"]);
    collect.args(["--money-per-error", "0.04", "--out", "log.csv", "--quiet"]);
    run(&mut collect)
}

/// A path as a word of a command line.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}

/// Rows on which the answer of the gateway is the reference, and all rows.
fn alike(log: &Table, reference: &Table) -> Result<[usize; 2]> {
    let (found, expected) = (log.column("pred_local")?, reference.column("reference")?);
    let rows = log.rows.len();
    ensure!(rows == reference.rows.len(), "{rows} rows in the log, {} asked", reference.rows.len());
    let both = log.rows.iter().zip(&reference.rows);
    Ok([both.filter(|(log, reference)| log[found] == reference[expected]).count(), rows])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_are_others_are_counted() {
        let log = Table::parse("label,pred_local\n3,3\n4,4\n5,5\n").unwrap();
        let reference = Table::parse("reference\n3\n4\n6\n").unwrap();
        let alike = alike(&log, &reference).unwrap();
        let found = Digits { methods: Table::default(), alike };
        assert_eq!(found.alike, [2, 3]);
        assert!(!found.passed());
        assert!(Digits { alike: [3, 3], ..found }.passed());
    }
}
