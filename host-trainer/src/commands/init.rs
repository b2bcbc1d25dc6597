//! `mild init`

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::{Output, print_all};
use crate::error::{Error, Result};
use crate::files;
use crate::intake::config::Config;
use crate::intake::guess::{Comparison, Guess, compare, guess, toml_text};
use crate::intake::log;
use crate::intake::warnings::warnings;
use crate::judge::terminal::align;
use crate::warnings::Warning;

/// Arguments of `mild init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Looks at the header and the rows, guesses which column is what, and writes
`mild.toml` beside the log. The file is written only if the log can be read with
it. Columns such as `pred_cloud`, `loss_cloud`, `score_cloud` and `price_cloud`
mean that there is an expert `cloud`; `local` is the device itself.

Examples:
  mild init log.csv
  mild init log.csv --print
      on standard output, even if the log cannot be read with it
  mild init --compare a/mild.toml b/mild.toml
      how many keys are guessed right")]
pub(crate) struct InitArgs {
    /// The log (CSV)
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Replace an existing `mild.toml`
    #[arg(long)]
    force: bool,
    /// Print the configuration instead of writing it
    #[arg(long, conflicts_with_all = ["force", "compare"])]
    print: bool,
    /// Guess from the logs of these configurations, and count the keys that are guessed right
    #[arg(long)]
    compare: bool,
    #[command(flatten)]
    pub(super) output: Output,
}

/// The name of the configuration beside a log.
const NAME: &str = "mild.toml";

/// What was guessed.
#[derive(Serialize)]
struct Report<'a> {
    /// The configuration that was written.
    written: Option<PathBuf>,
    #[serde(flatten)]
    guess: &'a Guess,
    /// What looks wrong about the log.
    warnings: &'a [Warning],
}

pub(super) fn run(args: &InitArgs) -> Result<()> {
    if args.compare {
        return compared(args);
    }
    let [file] = args.files.as_slice() else {
        return Err(Error::Argument {
            option: "FILE",
            found: format!("{} files", args.files.len()),
            expected: "one log; `mild log join` makes one of several tables".to_owned(),
        });
    };
    let path = file.with_file_name(NAME);
    if path.exists() && !args.force && !args.print {
        return Err(Error::Argument {
            option: "FILE",
            found: format!("{}, which is there already", path.display()),
            expected: "no configuration beside the log, or `--force` to replace it".to_owned(),
        });
    }
    let guess = guess(file)?;
    let log_name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let text = toml_text(&guess, &log_name, "Guessed by `mild init` from");
    if args.print {
        return print_all(&text);
    }
    let found = fits(&text, &path).map_err(|error| Error::Guess { source: Box::new(error) })?;
    files::write(&path, text.as_bytes())?;
    let report = Report { written: Some(path.clone()), guess: &guess, warnings: &found };
    args.output.print(&report, &render(&report, &path))
}

/// Reads the log with a configuration that is not written yet; what looks wrong about it.
fn fits(text: &str, path: &Path) -> Result<Vec<Warning>> {
    let config = Config::parse(text, path)?;
    let data = log::read(&config)?;
    warnings(&config, &data)
}

fn render(report: &Report<'_>, path: &Path) -> String {
    let mut text = String::new();
    for guessed in &report.guess.guessed {
        text += &format!("guessed  {guessed}\n");
    }
    for (name, reason) in &report.guess.left_out {
        text += &format!("left out `{name}` ({reason})\n");
    }
    for open in &report.guess.open {
        text += &format!("to do    {open}\n");
    }
    for warning in report.warnings {
        text += &format!("warning: {}\n", warning.text);
    }
    let path = path.display();
    text + &format!("written: {path}\nnext: read it through, then mild check {path}\n")
}

/// A configuration, and how well its keys are guessed.
#[derive(Serialize)]
struct Compared {
    config: PathBuf,
    #[serde(flatten)]
    comparison: Comparison,
}

fn compared(args: &InitArgs) -> Result<()> {
    let mut all = Vec::new();
    for path in &args.files {
        let comparison = compare(&Config::load(path)?)?;
        all.push(Compared { config: path.clone(), comparison });
    }
    let header =
        ["log", "keys", "right", "prices", "right", "otherwise"].map(str::to_owned).to_vec();
    let line = |of: &Compared| {
        let Comparison { keys, right, prices, right_prices, wrong } = &of.comparison;
        let name = of.config.parent().and_then(Path::file_name).unwrap_or(of.config.as_os_str());
        let numbers = [keys, right, prices, right_prices].map(|number| number.to_string());
        let [keys, right, prices, right_prices] = numbers;
        let name = name.to_string_lossy().into_owned();
        vec![name, keys, right, prices, right_prices, wrong.join(", ")]
    };
    let text = align(&[header].into_iter().chain(all.iter().map(line)).collect::<Vec<_>>());
    args.output.print(&all, &text)
}
