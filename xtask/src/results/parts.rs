//! What can be measured: for each part the commands that it runs, the tables that it makes, and
//! how like its tables a fresh run must be.

use super::table::Table;
use crate::{
    images::logs,
    process::{cargo, read, run, target_dir},
    toolchain::{Choice, Toolchains},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{
    env,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

/// What a part makes.
pub(super) enum Made {
    Table(Table),
    /// What a command printed.
    Text(String),
}

impl Made {
    /// The ending of its file.
    pub(super) fn extension(&self) -> &'static str {
        match self {
            Self::Table(_) => "csv",
            Self::Text(_) => "txt",
        }
    }

    /// The content of its file.
    pub(super) fn text(&self) -> Result<String> {
        match self {
            Self::Table(table) => table.to_csv(),
            Self::Text(text) => Ok(format!("{}\n", text.trim_end())),
        }
    }
}

/// Each with the name of its file.
type Files = Vec<(&'static str, Made)>;

/// A part of the results.
pub(crate) struct Part {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it measures, and how long that takes on two cores.
    pub(crate) about: &'static str,
    /// Whether `cargo xtask results check` measures it anew.
    pub(crate) checked: bool,
    pub(super) rule: Rule,
    /// Runs it; given `true` for a check, which may leave out what only slows it down.
    pub(super) run: fn(bool) -> Result<Files>,
}

/// How like its tables a fresh run must be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// Every row that was measured must be in the table, to the last digit.
    Exact {
        /// The columns that name a row.
        key: &'static [&'static str],
    },
    /// As `Exact`, but these columns of numbers may differ by this share.
    Band { key: &'static [&'static str], columns: &'static [&'static str], share: f64 },
    /// As `Exact` if the column `compiler` is the same; if not, each number may differ by this share.
    SameCompiler { key: &'static [&'static str], share: f64 },
}

/// What another compiler may make of a count: its code around the hand-written kernels differs.
const OTHER_COMPILER: f64 = 0.1;

/// All parts.
pub(crate) const PARTS: &[Part] = &[
    Part {
        name: "losses",
        about: "deferral losses of the demonstration and of three quick logs; a minute",
        checked: true,
        rule: Rule::Exact { key: &["log", "method"] },
        run: losses,
    },
    Part {
        name: "speed",
        about: "what a selection costs beside one loss, on one thread; a minute",
        checked: true,
        rule: Rule::Band { key: &["log"], columns: &["auto_over_two_stage"], share: 0.3 },
        run: speed,
    },
    Part {
        name: "device",
        about: "instructions, code, stack and scratch on the emulated cores; 10 minutes, a check 4",
        checked: true,
        rule: Rule::SameCompiler {
            key: &["implementation", "core", "shape", "part", "experts"],
            share: OTHER_COMPILER,
        },
        run: device,
    },
    Part {
        name: "comparison",
        about: "every method on every log, 10 seeds, quick effort; 40 minutes",
        checked: false,
        rule: Rule::Exact { key: &["log", "method", "train_rows"] },
        run: comparison,
    },
];

/// Logs that train within seconds.
const QUICK_LOGS: [&str; 3] = ["routellm-gsm8k", "wall-robot", "frugalml-yelp"];

impl Rule {
    /// What of `fresh` is not as it is in the kept file, a sentence each.
    pub(super) fn differences(self, kept: &str, fresh: &Made) -> Result<Vec<String>> {
        match fresh {
            Made::Table(fresh) => self.table_differences(&Table::parse(kept)?, fresh),
            Made::Text(_) => {
                let fresh = fresh.text()?;
                let line = kept.lines().zip(fresh.lines()).position(|(a, b)| a != b);
                let difference = || match line {
                    Some(line) => format!("line {} is another one", line + 1),
                    None => "another number of lines".to_owned(),
                };
                Ok((kept != fresh).then(difference).into_iter().collect())
            }
        }
    }

    fn table_differences(self, kept: &Table, fresh: &Table) -> Result<Vec<String>> {
        let (key, banded, share) = match self {
            Self::Exact { key } => (key, &[][..], 0.0),
            Self::Band { key, columns, share } => (key, columns, share),
            Self::SameCompiler { key, share } => (key, &[][..], share),
        };
        let by_compiler = matches!(self, Self::SameCompiler { .. });
        let name = |table: &Table, row: &[String]| -> Result<Vec<String>> {
            // A table of several may lack a column of the key.
            let cell = |column: &&str| table.column(column).map(|index| row[index].clone());
            Ok(key.iter().filter_map(|column| cell(column).ok()).collect())
        };
        let mut kept_rows = Vec::new();
        for row in &kept.rows {
            kept_rows.push((name(kept, row)?, row));
        }
        let mut differences = Vec::new();
        for row in &fresh.rows {
            let key = name(fresh, row)?;
            let Some((_, kept_row)) = kept_rows.iter().find(|(known, _)| *known == key) else {
                differences.push(format!("{}: not in the table", key.join(", ")));
                continue;
            };
            let other_compiler = by_compiler
                && kept_row[kept.column("compiler")?] != row[fresh.column("compiler")?];
            for (column, cell) in fresh.columns.iter().zip(row) {
                let before = &kept_row[kept.column(column)?];
                let alike = match (before.parse::<f64>(), cell.parse::<f64>()) {
                    (Ok(before), Ok(now))
                        if other_compiler || banded.contains(&column.as_str()) =>
                    {
                        before == now || (now / before).ln().abs() <= (1.0 + share).ln()
                    }
                    _ if other_compiler => true,
                    _ => before == cell,
                };
                if !alike {
                    let row = key.join(", ");
                    differences.push(format!("{row}: {column} is {cell}, the table has {before}"));
                }
            }
        }
        Ok(differences)
    }
}

/// `mild` with arguments, built for release.
fn mild(arguments: &[&str]) -> Result<Command> {
    run(cargo().args(["build", "--release", "--quiet", "-p", "mild-trainer", "--bin", "mild"]))?;
    let mut command = Command::new(target_dir().join("release/mild"));
    command.args(arguments);
    Ok(command)
}

/// The configurations of some logs; `None` where the logs are not.
fn configurations(names: &[&str]) -> Option<Vec<PathBuf>> {
    let paths: Vec<PathBuf> =
        names.iter().map(|name| logs().join(name).join("mild.toml")).collect();
    paths.iter().all(|path| path.exists()).then_some(paths)
}

fn losses(_: bool) -> Result<Files> {
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
    let text = read(&mut mild(&["demo", "--quiet"])?)?;
    Ok(vec![("losses", Made::Table(table)), ("demo", Made::Text(text))])
}

fn device(check: bool) -> Result<Files> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(env::current_exe()?);
    command.args(["device", "bench", "--csv"]).arg(folder.path());
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

fn speed(_: bool) -> Result<Files> {
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

fn comparison(_: bool) -> Result<Files> {
    let mut paths = Vec::new();
    for entry in logs().read_dir().with_context(|| logs().display().to_string())? {
        let path = entry?.path().join("mild.toml");
        if path.exists() {
            paths.push(path);
        }
    }
    paths.sort();
    ensure!(!paths.is_empty(), "no log in {}", logs().display());
    // Runs that are done are kept, so that an interrupted comparison goes on.
    let kept = target_dir().join("results/comparison");
    let mut command = mild(&["compare", "--methods", "all", "--seeds", "10", "--csv"])?;
    command.args(["--effort", "quick", "--confidence", "x_conf", "--out"]).arg(kept).args(paths);
    Ok(vec![("comparison", Made::Table(Table::parse(&read(&mut command)?)?))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_moved_is_a_difference() {
        let kept = Table::parse("log,loss,ratio\na,0.125,2\nb,0.5,3\n").unwrap();
        let exact = Rule::Exact { key: &["log"] };
        let fresh = Table::parse("log,loss,ratio\nb,0.5,3\n").unwrap();
        assert_eq!(exact.table_differences(&kept, &fresh).unwrap(), Vec::<String>::new());
        let fresh = Table::parse("log,loss,ratio\nb,0.51,3\nc,1,1\n").unwrap();
        assert_eq!(
            exact.table_differences(&kept, &fresh).unwrap(),
            ["b: loss is 0.51, the table has 0.5", "c: not in the table"]
        );
    }

    #[test]
    fn counts_of_another_compiler_have_a_band() {
        let kept = Table::parse("core,count,compiler\nm0,100,1.95\n").unwrap();
        let rule = Rule::SameCompiler { key: &["core"], share: 0.1 };
        for (fresh, differences) in
            [("100,1.95", 0), ("101,1.95", 1), ("101,1.96", 0), ("111,1.96", 1)]
        {
            let fresh = Table::parse(&format!("core,count,compiler\nm0,{fresh}\n")).unwrap();
            assert_eq!(rule.table_differences(&kept, &fresh).unwrap().len(), differences);
        }
    }

    #[test]
    fn a_ratio_may_move_within_its_band() {
        let kept = Table::parse("log,ratio\na,2\n").unwrap();
        let band = Rule::Band { key: &["log"], columns: &["ratio"], share: 0.25 };
        for (ratio, differences) in [("2.4", 0), ("1.7", 0), ("2.6", 1), ("1.5", 1)] {
            let fresh = Table::parse(&format!("log,ratio\na,{ratio}\n")).unwrap();
            assert_eq!(
                band.table_differences(&kept, &fresh).unwrap().len(),
                differences,
                "{ratio}"
            );
        }
    }
}
