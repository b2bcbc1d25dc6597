//! `mild decide`

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::image::{must_fit, must_have, read_image};
use super::values;
use crate::data::split::Split;
use crate::error::{Error, Result};
use crate::files::Unfinished;
use crate::intake::config::Config;
use crate::intake::log::{self, NewRows};
use crate::judge::decide::{RowDecision, decide_part, decide_table};

/// Arguments of `mild decide`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mild decide mild.toml --image out/rejector.mild
      the test rows of the log
  mild decide mild.toml --image out/rejector.mild --input new.csv
      rows that need no label
  mild decide mild.toml --image out/rejector.mild --json --out decisions.json

A row's columns: its line, the expert that is asked, the margin (by how much
that expert's score plus offset exceeds the next best), each expert's score
(`mild inspect IMAGE` prints the offsets), each expert's probability of being
right if the image has them (method `one-vs-all`), and error, price and deferral
loss of the choice. The last three are empty if the row lacks the data for them.")]
pub(crate) struct DecideArgs {
    /// The configuration of the log (TOML)
    config: PathBuf,
    /// The image that decides
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// The rows of the log to decide on [default: test]
    #[arg(long, value_parser = values::split, value_name = "train|calibration|test")]
    split: Option<Split>,
    /// A table (CSV) to decide on, in place of the log. It must have the features of the log; label,
    /// answers and prices may be missing. `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "split")]
    input: Option<PathBuf>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write a single JSON document instead of CSV
    #[arg(long)]
    json: bool,
    /// Print no summary on standard error
    #[arg(long, short)]
    quiet: bool,
}

impl DecideArgs {
    /// Whether an error may be a document: none of standard output has been written before it.
    pub(super) fn prints_json(&self) -> bool {
        self.json && self.out.is_none() && self.input.is_none()
    }
}

pub(super) fn run(args: &DecideArgs) -> Result<()> {
    let name = args.out.clone().unwrap_or_else(|| PathBuf::from("standard output"));
    let summary = match &args.out {
        Some(out) => {
            let mut file = Unfinished::new(out)?;
            let summary = decide(args, &name, &mut file)?;
            file.finish()?;
            summary
        }
        None => match decide(args, &name, &mut BufWriter::new(io::stdout().lock())) {
            // `mild decide … | head`: nobody reads on.
            Err(Error::Io { path, source })
                if path == name && source.kind() == ErrorKind::BrokenPipe =>
            {
                return Ok(());
            }
            decided => decided?,
        },
    };
    if !args.quiet {
        eprintln!("{}", summary.render());
    }
    Ok(())
}

fn decide(args: &DecideArgs, name: &Path, out: &mut dyn Write) -> Result<Summary> {
    let artifact = read_image(&args.image)?;
    let image = artifact.image();
    let mut config = Config::load(&args.config)?;
    // A log without a split column is split by the seed, and the image's is that of its training.
    config.train.seed = image.provenance().seed;
    let experts: Vec<&str> = image.names().collect();
    let has_probabilities = image.platt_scaling().is_some();
    let form = if args.json { Form::Json } else { Form::Csv };
    let mut writer = Writer {
        form,
        experts: &experts,
        has_probabilities,
        name,
        out,
        summary: Summary::default(),
    };
    match &args.input {
        None => {
            let data = log::read(&config)?;
            must_fit(&args.image, &artifact, &data)?;
            writer.begin(image.offsets())?;
            for row in decide_part(&image, data.part(args.split.unwrap_or(Split::Test))) {
                writer.row(&row)?;
            }
        }
        Some(input) => {
            let rows = NewRows::of_log(&config)?;
            let names: Vec<&str> =
                config.experts.iter().map(|expert| expert.name.as_str()).collect();
            must_have(&args.image, &artifact, rows.inputs(), &names)?;
            writer.begin(image.offsets())?;
            if input.as_os_str() == "-" {
                let name = Path::new("standard input");
                decide_table(&image, &rows, io::stdin().lock(), name, |row| writer.row(&row))?;
            } else {
                let table = File::open(input).map_err(Error::io(input))?;
                decide_table(&image, &rows, table, input, |row| writer.row(&row))?;
            }
        }
    }
    writer.end()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    Json,
}

/// Writes rows as they come.
struct Writer<'a> {
    form: Form,
    experts: &'a [&'a str],
    has_probabilities: bool,
    /// Where the rows go, for messages.
    name: &'a Path,
    out: &'a mut dyn Write,
    summary: Summary,
}

/// All rows together.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Summary {
    /// Rows decided on.
    rows: u64,
    /// Rows that are not answered locally.
    deferred: u64,
    /// Rows that say what the choice cost.
    judged: u64,
    /// Mean deferral loss of these.
    deferral_loss: Option<f64>,
    /// The sum of their deferral losses.
    #[serde(skip)]
    sum: f64,
}

/// A row of the JSON document.
#[derive(Serialize)]
struct JsonRow<'a> {
    line: u64,
    decision: &'a str,
    margin: i32,
    scores: &'a [i32],
    #[serde(skip_serializing_if = "Option::is_none")]
    probabilities: Option<&'a [f64]>,
    error: Option<f32>,
    price: Option<f32>,
    deferral_loss: Option<f32>,
}

impl Writer<'_> {
    fn begin(&mut self, offsets: &[i32]) -> Result<()> {
        match self.form {
            Form::Csv => {
                let mut header = ["line", "decision", "margin"].map(str::to_owned).to_vec();
                header.extend(self.experts.iter().map(|name| format!("score_{name}")));
                if self.has_probabilities {
                    header.extend(self.experts.iter().map(|name| format!("probability_{name}")));
                }
                header.extend(["error", "price", "deferral_loss"].map(str::to_owned));
                self.text(&csv_line(header.iter().map(String::as_str)))
            }
            Form::Json => {
                let head =
                    serde_json::json!({ "experts": self.experts, "offsets": offsets }).to_string();
                let head = head.trim_end_matches('}').to_owned();
                self.text(&format!("{head},\n\"rows\":["))
            }
        }
    }

    fn row(&mut self, row: &RowDecision) -> Result<()> {
        let first = self.summary.rows == 0;
        self.summary.add(row);
        let decision = self.experts[row.expert];
        let (error, price, deferral_loss) = match row.loss {
            Some(loss) => (Some(loss.error), Some(loss.price), Some(loss.deferral_loss())),
            None => (None, None, None),
        };
        match self.form {
            Form::Csv => {
                let number =
                    |number: Option<f32>| number.map_or_else(String::new, |n| n.to_string());
                let mut cells =
                    vec![row.line.to_string(), decision.to_owned(), row.margin.to_string()];
                cells.extend(row.scores.iter().map(i32::to_string));
                cells.extend(row.probabilities.iter().flatten().map(f64::to_string));
                cells.extend([error, price, deferral_loss].map(number));
                self.text(&csv_line(cells.iter().map(String::as_str)))
            }
            Form::Json => {
                let row = JsonRow {
                    line: row.line,
                    decision,
                    margin: row.margin,
                    scores: &row.scores,
                    probabilities: row.probabilities.as_deref(),
                    error,
                    price,
                    deferral_loss,
                };
                self.text(if first { "\n" } else { ",\n" })?;
                let written = serde_json::to_writer(&mut *self.out, &row);
                written.map_err(|error| Error::io(self.name)(error.into()))
            }
        }
    }

    fn end(mut self) -> Result<Summary> {
        if self.summary.judged > 0 {
            self.summary.deferral_loss = Some(self.summary.sum / self.summary.judged as f64);
        }
        if self.form == Form::Json {
            let summary = serde_json::json!(self.summary);
            self.text(&format!("\n],\n\"summary\":{summary}}}\n"))?;
        }
        self.out.flush().map_err(Error::io(self.name))?;
        Ok(self.summary)
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes()).map_err(Error::io(self.name))
    }
}

/// A record as a line of CSV.
fn csv_line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and text stays text.
    let _ = line.write_record(cells);
    line.into_inner().ok().and_then(|line| String::from_utf8(line).ok()).unwrap_or_default()
}

impl Summary {
    fn add(&mut self, row: &RowDecision) {
        self.rows += 1;
        self.deferred += u64::from(row.expert > 0);
        if let Some(loss) = row.loss {
            self.judged += 1;
            self.sum += f64::from(loss.deferral_loss());
        }
    }

    fn render(&self) -> String {
        let share = 100.0 * self.deferred as f64 / self.rows.max(1) as f64;
        let rows = format!("{} rows, {share:.1}% deferred", self.rows);
        match self.deferral_loss {
            None => format!("{rows}; no row says what the choice cost"),
            Some(loss) if self.judged == self.rows => format!("{rows}; deferral loss {loss:.4}"),
            Some(loss) => format!(
                "{rows}; deferral loss {loss:.4} on the {} rows that say what the choice cost",
                self.judged
            ),
        }
    }
}
