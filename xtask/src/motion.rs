//! The example `motion` end to end: raw samples that a Python package carries become a log, a
//! rejector is trained, and an emulated core decides on the same samples by the source that `mild`
//! exports.

use crate::{
    cores::{self, Core},
    firmware::Firmware,
    parity,
    process::{read, root, run, target_dir},
    programs,
    python::Environment,
    qemu::{Options, Qemu},
    table::Table,
    toolchain::{Choice, Toolchains},
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// The package that carries the recordings; none of its own requirements is needed.
const CARRIER: &str = "aeon==1.6.0";
const WHEEL: &str = "aeon-1.6.0-py3-none-any.whl";

/// The cores that it runs on if none is named: without an FPU, and with one.
const CORES: [&str; 2] = ["m0", "m4"];

/// Those.
pub(crate) fn default_cores() -> Result<Vec<&'static Core>> {
    let found = CORES.map(|name| cores::find(name).with_context(|| format!("no core {name}")));
    found.into_iter().collect()
}

/// What a run found.
#[derive(Debug)]
pub(crate) struct Motion {
    /// What `mild train` says.
    training: Value,
    /// Experts and margins of the test rows, by the host.
    decisions: Vec<(usize, i64)>,
    /// The cores, each with the rows on which it decides as the host does.
    cores: Vec<(&'static Core, usize)>,
}

/// Makes the log, trains, and decides on each core.
pub(crate) fn motion(cores: &[&'static Core], toolchain: Choice) -> Result<Motion> {
    let directory = target_dir().join("motion");
    make_log(&directory)?;
    let mild = programs::mild()?;
    let config = directory.join("mild.toml");
    fs::copy(example().join("mild.toml"), &config)?;
    let image = directory.join("image");
    let mut train = Command::new(&mild);
    train.arg("train").arg(&config).args(["--quiet", "--json", "--out"]).arg(&image);
    let training = serde_json::from_str(&read(&mut train)?)?;
    let file = image.join("rejector.mild");
    let mut export = Command::new(&mild);
    export.arg("export").arg(&file).args(["--format", "rust", "--config"]).arg(&config);
    run(export.arg("--out").arg(image.join("rejector.rs")))?;
    let mut decide = Command::new(&mild);
    let decided = read(decide.args(["decide", "--quiet"]).arg(&config).arg("--image").arg(&file))?;
    let decisions = decisions(&Table::parse(&decided)?, &training)?;
    let mut motion = Motion { training, decisions, cores: Vec::new() };
    let chosen = &motion.training["chosen"];
    ensure!(
        motion.decides(),
        "the training ended in {chosen}: every row goes to one expert, so equal decisions show nothing"
    );
    let qemu = Qemu::find(cores.iter().copied())?;
    let mut toolchains = Toolchains::new(toolchain);
    for &core in cores {
        let firmware = Firmware { package: "motion", core, image: Some(&image) };
        let elf = firmware.build_with(core.features(), &mut toolchains)?;
        let options = Options {
            directory: directory.clone(),
            limit: Duration::from_secs(300),
            icount: None,
            slot: None,
        };
        let run = qemu.run(core, &elf, &options)?;
        if !run.success() {
            bail!("{}: {}\n{}", core.name, parity::describe_status(&run), run.stdout);
        }
        let found = reported(&run.stdout)?;
        ensure!(
            found.len() == motion.decisions.len(),
            "{}: {} decisions, expected {}",
            core.name,
            found.len(),
            motion.decisions.len()
        );
        motion.cores.push((core, alike(&found, &motion.decisions)));
    }
    Ok(motion)
}

fn example() -> PathBuf {
    root().join("examples/motion")
}

/// Has the log and the raw samples of its test rows written.
fn make_log(directory: &Path) -> Result<()> {
    let environment =
        Environment::with(&directory.join("environment"), &example().join("requirements.txt"))?;
    let wheel = directory.join(WHEEL);
    if !wheel.is_file() {
        eprintln!("downloading with pip: {CARRIER}, for the recordings in it");
        let mut pip = environment.program("pip");
        pip.args(["download", "--quiet", "--disable-pip-version-check", "--no-deps", CARRIER]);
        run(pip.arg("--dest").arg(directory)).with_context(|| {
            format!("no {WHEEL} in {}, and pip cannot download it", directory.display())
        })?;
    }
    let mut python = environment.program("python");
    python.arg(example().join("make_log.py")).arg("--wheel").arg(&wheel);
    run(python.arg("--out").arg(directory))
}

/// Experts and margins of what `mild decide` wrote.
fn decisions(table: &Table, training: &Value) -> Result<Vec<(usize, i64)>> {
    let experts = training["test"]["experts"].as_array().context("no experts in the training")?;
    let (expert, margin) = (table.column("decision")?, table.column("margin")?);
    let decision = |row: &Vec<String>| -> Result<(usize, i64)> {
        let place = experts.iter().position(|known| known["name"] == row[expert].as_str());
        let place = place.with_context(|| format!("no expert {}", row[expert]))?;
        Ok((place, row[margin].parse()?))
    };
    table.rows.iter().map(decision).collect()
}

/// What a program reports.
fn reported(stdout: &str) -> Result<Vec<(usize, i64)>> {
    let decision = |line: &str| -> Result<(usize, i64)> {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["decision", expert, margin] => Ok((expert.parse()?, margin.parse()?)),
            _ => bail!("the board says: {line}"),
        }
    };
    stdout.lines().map(decision).collect()
}

fn alike(found: &[(usize, i64)], expected: &[(usize, i64)]) -> usize {
    found.iter().zip(expected).filter(|(found, expected)| found == expected).count()
}

impl Motion {
    /// Whether every core decides as the host does.
    pub(crate) fn passed(&self) -> bool {
        self.cores.iter().all(|&(_, alike)| alike == self.decisions.len())
    }

    /// Whether rows go to more than one expert.
    fn decides(&self) -> bool {
        self.decisions.windows(2).any(|pair| pair[0].0 != pair[1].0)
    }

    fn deferred(&self) -> usize {
        self.decisions.iter().filter(|(expert, _)| *expert > 0).count()
    }

    /// A row for each core.
    pub(crate) fn by_core(&self) -> Table {
        let mut table = Table::new(["core", "rows", "deferred", "as on the host"]);
        for (core, alike) in &self.cores {
            table.push([
                core.name.to_owned(),
                self.decisions.len().to_string(),
                self.deferred().to_string(),
                alike.to_string(),
            ]);
        }
        table
    }

    /// Deferral losses on the test rows, with their intervals over recordings.
    pub(crate) fn losses(&self) -> Result<Table> {
        let mut table = Table::new(["choice", "deferral loss", "from", "to"]);
        let lines = self.training["table"]["lines"].as_array();
        for line in lines.context("no table in the training")? {
            let loss = |of: &str| -> Result<String> {
                let loss = line["deferral_loss"][of].as_f64();
                Ok(format!("{:.4}", loss.with_context(|| format!("no loss in {line}"))?))
            };
            let name = line["name"].as_str().context("a line without a name")?.to_owned();
            table.push([name, loss("mean")?, loss("low")?, loss("high")?]);
        }
        Ok(table)
    }

    /// What each feature is worth, and what it takes.
    pub(crate) fn features(&self) -> Result<Table> {
        let mut table = Table::new(["feature", "rise", "from", "to", "m0", "m4"]);
        let features = self.training["importance"]["features"].as_array();
        for feature in features.context("no importance in the training")? {
            let rise = |end: &str| {
                let rise = feature["rise"][end].as_f64().unwrap_or(f64::NAN);
                format!("{rise:.4}")
            };
            let instructions = |core: &str| feature["instructions"][core].to_string();
            let name = feature["name"].as_str().context("a feature without a name")?;
            table.push([
                name.to_owned(),
                rise("mean"),
                rise("low"),
                rise("high"),
                instructions("m0"),
                instructions("m4"),
            ]);
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_that_differs_is_not_alike() {
        let training = serde_json::json!({
            "test": { "experts": [{ "name": "local" }, { "name": "cloud" }] }
        });
        let table = Table::parse("line,decision,margin\n2,cloud,7\n3,local,9\n").unwrap();
        let expected = decisions(&table, &training).unwrap();
        assert_eq!(expected, [(1, 7), (0, 9)]);
        let found = reported("decision 1 7\ndecision 0 8\n").unwrap();
        assert_eq!(alike(&found, &expected), 1);
        assert!(reported("panicked").is_err());
        let strange = Table::parse("line,decision,margin\n2,nobody,7\n").unwrap();
        assert!(decisions(&strange, &training).is_err());
    }
}
