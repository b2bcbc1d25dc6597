//! The reports that are looked at, and what they are made of.

use crate::{
    npm::Package,
    process::{read, run},
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A page with what it was made of.
pub(super) struct Page {
    pub(super) name: String,
    pub(super) config: PathBuf,
    /// The directory of the page, and of the image that it is about.
    pub(super) out: PathBuf,
    /// The name of its file.
    file: &'static str,
    /// Whether its image has probabilities for certain.
    pub(super) has_probabilities: bool,
}

/// The name of the demonstration's page.
const DEMO: &str = "wine";

/// The page of one image.
const REPORT: &str = "report.html";

impl Page {
    /// The file.
    pub(super) fn file(&self) -> PathBuf {
        self.out.join(self.file)
    }

    /// Whether README shows this page.
    pub(super) fn is_pictured(&self) -> bool {
        self.name == DEMO
    }

    /// What `mild eval` says at a threshold and at these prices, `NAME=VALUE`.
    pub(super) fn evaluation(
        &self,
        mild: &Path,
        threshold: i64,
        prices: &[String],
    ) -> Result<Value> {
        let mut command = Command::new(mild);
        command.arg("eval").arg(&self.config).arg("--image").arg(self.out.join("rejector.mild"));
        command.args(["--json", "--threshold", &threshold.to_string()]);
        command.args(prices.iter().flat_map(|price| ["--price", price]));
        Ok(serde_json::from_str(&read(&mut command)?)?)
    }
}

/// Real logs: one on which deferring pays, one on which a constant wins, one that drifts.
const REAL: [&str; 4] = ["letter", "frugalml-yelp", "occupancy-climate", "gas-drift"];

/// Trains on logs that come with the project and on one that is made to be hard to show; with
/// `real` also on those of `$MILD_DATA`, which must be there then.
pub(super) fn make(mild: &Path, directory: &Path, real: bool) -> Result<Vec<Page>> {
    let demo = demo(mild, directory)?;
    let text = fs::read_to_string(&demo.config)?;
    let likely = demo.out.join("likely.toml");
    let mut pages = vec![demo];
    fs::write(&likely, format!("{text}\n[rejector]\nmethod = \"one-vs-all\"\n"))?;
    let likely = train(mild, "probabilities", &likely, &directory.join("probabilities"))?;
    pages.push(Page { has_probabilities: true, ..likely });

    let hostile = directory.join("hostile-log");
    fs::create_dir_all(&hostile)?;
    let (config, log) = hostile_log();
    fs::write(hostile.join("log.csv"), log)?;
    fs::write(hostile.join("mild.toml"), config)?;
    pages.push(train(mild, "hostile", &hostile.join("mild.toml"), &directory.join("hostile"))?);
    pages.push(compare(mild, &pages, &directory.join("compare"))?);
    pages.push(simulate(mild, &pages[0], &directory.join("simulate"))?);
    if real {
        let data = env::var_os("MILD_DATA")
            .map_or_else(|| crate::process::root().join("../shared/data"), PathBuf::from);
        for name in REAL {
            let config = data.join(name).join("mild.toml");
            ensure!(config.is_file(), "{} is not there; set MILD_DATA", config.display());
            pages.push(train(mild, name, &config, &directory.join(name))?);
        }
    }
    Ok(pages)
}

/// Runs the demonstration.
pub(super) fn demo(mild: &Path, directory: &Path) -> Result<Page> {
    let out = directory.join(DEMO);
    run(Command::new(mild).args(["demo", "--quiet", "--out"]).arg(&out))?;
    let (name, config) = (DEMO.to_owned(), out.join("wine.toml"));
    Ok(Page { name, config, out, file: REPORT, has_probabilities: false })
}

fn train(mild: &Path, name: &str, config: &Path, out: &Path) -> Result<Page> {
    let mut command = Command::new(mild);
    command.arg("train").arg(config).arg("--out").arg(out);
    run(command.args(["--effort", "quick", "--quiet"]))?;
    let (name, config, out) = (name.to_owned(), config.to_path_buf(), out.to_path_buf());
    Ok(Page { name, config, out, file: REPORT, has_probabilities: false })
}

/// A comparison on the logs of some pages.
fn compare(mild: &Path, pages: &[Page], out: &Path) -> Result<Page> {
    let mut command = Command::new(mild);
    command.arg("compare").args(pages.iter().map(|page| &page.config)).arg("--out").arg(out);
    command.args([
        "--methods",
        "two-stage,knn,one-stage",
        "--seeds",
        "2",
        "--train-rows",
        "100,all",
    ]);
    run(command.args(["--effort", "quick", "--quiet"]))?;
    let (name, config) = ("compare".to_owned(), pages[0].config.clone());
    Ok(Page {
        name,
        config,
        out: out.to_path_buf(),
        file: "compare.html",
        has_probabilities: false,
    })
}

/// A replay of the image of a page.
fn simulate(mild: &Path, of: &Page, out: &Path) -> Result<Page> {
    let mut command = Command::new(mild);
    command.arg("simulate").arg(&of.config).arg("--image").arg(of.out.join("rejector.mild"));
    run(command.args(["--budget", "0.5", "--quiet", "--out"]).arg(out))?;
    let (name, config) = ("simulate".to_owned(), of.config.clone());
    Ok(Page {
        name,
        config,
        out: out.to_path_buf(),
        file: "simulate.html",
        has_probabilities: false,
    })
}

/// Names that are markup, long ones, many experts, classes and features.
fn hostile_log() -> (String, String) {
    const EXPERTS: usize = 14;
    const FEATURES: usize = 30;
    let expert = |k: usize| match k {
        0 => "local".to_owned(),
        1 => "</script><b>&\\\"'".to_owned(),
        2 => "averyveryverylongname_withoutany".to_owned(),
        k => format!("e{k}"),
    };
    let feature = |input: usize| match input {
        0 => "<img src=x onerror=alert(1)>".to_owned(),
        1 => "a \"\"quoted\"\" & long name of a feature that goes on and on".to_owned(),
        input => format!("x{input}"),
    };
    let mut config =
        "[data]\nlog = 'log.csv'\nfeatures = ['<img*', 'a *', 'x*']\nlabel = 'y'\n".to_owned();
    let mut header: Vec<String> =
        (0..FEATURES).map(|input| format!("\"{}\"", feature(input))).collect();
    header.push("y".to_owned());
    for k in 0..EXPERTS {
        let price = if k == 0 { 0.0 } else { 0.02 + 0.01 * k as f64 };
        config += &format!(
            "[[expert]]\nname = \"{}\"\nprediction = 'p{k}'\nprice = {price}\n",
            expert(k)
        );
        header.push(format!("p{k}"));
    }
    let mut log = header.join(",") + "\n";
    let mut state = 7u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    for row in 0..1500 {
        let class = |number: usize| format!("class <{}> & \"\"co\"\"", number % 50);
        let features: Vec<f64> = (0..FEATURES).map(|_| uniform()).collect();
        let mut cells: Vec<String> = features.iter().map(|value| format!("{value:.3}")).collect();
        cells.push(format!("\"{}\"", class(row)));
        for k in 0..EXPERTS {
            let able = if k == 0 {
                features[0] < 0.6
            } else {
                features[k % 2] > 0.3 || uniform() < 0.05 * k as f64
            };
            cells.push(format!("\"{}\"", class(if able { row } else { row + 1 })));
        }
        log += &(cells.join(",") + "\n");
    }
    (config, log)
}

/// axe-core, which finds what keeps people from reading a page.
pub(super) fn axe() -> Result<String> {
    const AXE: Package = Package { name: "axe-core", version: "4.10.3", file: "axe.min.js" };
    let file = AXE.fetch()?;
    fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
}
