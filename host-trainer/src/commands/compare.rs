//! `mild compare`

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{Output, command_line, print_all};
use super::{progress, values};
use crate::error::{Error, Result};
use crate::experiments::compare::record::Archive;
use crate::experiments::compare::{ComparedLog, Comparison, ComparisonPlan, page, plot};
use crate::experiments::methods::Contender;
use crate::files;
use crate::intake::config::{ConfidenceColumns, Config};
use crate::intake::log;
use crate::judge::terminal::from_markdown;
use crate::learn::store;
use crate::loss::Effort;

/// Arguments of `mild compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
`mild explain METHOD` explains a method, and `mild explain WORD` a word of the
tables. With --out, an interrupted comparison continues where it stopped;
compare.md has the tables as Markdown.

Examples:
  mild compare mild.toml
  mild compare mild.toml --methods auto,two-stage,knn --seeds 5 --effort quick
  mild compare a/mild.toml b/mild.toml --train-rows 100,300,all --out tables")]
pub(crate) struct CompareArgs {
    /// The configurations of the logs (TOML)
    #[arg(required = true)]
    configs: Vec<PathBuf>,
    /// The methods to compare, or `all`
    #[arg(
        long, value_delimiter = ',', default_value = "auto", value_parser = parse_method,
        long_help = methods_help()
    )]
    methods: Vec<String>,
    /// How often to train each method on each log, with the seeds 0, 1, 2, …
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// How long each training searches, instead of the effort in the configurations
    #[arg(long, value_parser = values::effort, value_name = "quick|normal|thorough")]
    effort: Option<Effort>,
    /// For learning curves: the numbers of train rows to use, or `all`; calibration rows are taken
    /// in proportion
    #[arg(long, value_delimiter = ',', default_value = "all", value_parser = parse_rows, value_name = "ROWS")]
    train_rows: Vec<Rows>,
    /// The column of the local model's largest softmax, for gates, if the configuration of a log
    /// names none
    #[arg(long, value_name = "COLUMN")]
    confidence: Option<String>,
    /// Use only the first experts of each log, `local` included: one comparison for each of these
    /// numbers
    #[arg(long, value_delimiter = ',', value_parser = parse_experts, value_name = "EXPERTS")]
    experts: Vec<usize>,
    /// Write tables, plots and a page to this directory, and keep finished runs there to continue from
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Also use runs that were kept by another build of this program
    #[arg(long, requires = "out")]
    any_build: bool,
    /// Print comma-separated values
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    pub(super) output: Output,
}

/// The names of all methods.
fn methods_help() -> String {
    let names: Vec<&str> = Contender::all().map(|contender| contender.name()).collect();
    format!(
        "The methods to compare, separated by commas, or `all` of them; `mild explain` says what each \
         is: {}",
        names.join(", ")
    )
}

/// The name of a method, or `all`.
fn parse_method(name: &str) -> std::result::Result<String, String> {
    Contender::named(&[name]).map(|_| name.to_owned()).map_err(|error| error.to_string())
}

/// A number of train rows, or all.
#[derive(Debug, Clone, Copy)]
struct Rows(Option<usize>);

fn parse_rows(text: &str) -> std::result::Result<Rows, String> {
    if text == "all" {
        return Ok(Rows(None));
    }
    match text.parse() {
        Ok(rows) if rows >= 20 => Ok(Rows(Some(rows))),
        _ => Err("expected `all` or a number of rows, at least 20".to_owned()),
    }
}

fn parse_experts(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(experts) if experts >= 2 => Ok(experts),
        _ => Err("expected a number of experts, at least 2".to_owned()),
    }
}

impl CompareArgs {
    /// Whether finished runs are kept.
    pub(super) fn keeps_runs(&self) -> bool {
        self.out.is_some()
    }
}

pub(super) fn run(args: &CompareArgs) -> Result<()> {
    let methods = Contender::named(&args.methods)?;
    let mut logs: Vec<ComparedLog> = Vec::new();
    for path in &args.configs {
        let mut config = Config::load(path)?;
        if let Some(effort) = args.effort {
            config.train.effort = effort;
        }
        if let (None, Some(column)) = (&config.confidence, &args.confidence)
            && log::header(&config)?.names().contains(column)
        {
            config.confidence = Some(ConfidenceColumns::Largest(column.clone()));
        }
        let data = log::read(&config)?;
        let log = ComparedLog::new(config, data, &logs);
        if args.experts.is_empty() {
            logs.push(log);
            continue;
        }
        for &experts in &args.experts {
            if experts > log.data.experts.len() {
                return Err(Error::Argument {
                    option: "--experts",
                    found: experts.to_string(),
                    expected: format!(
                        "at most {}, the experts of {}",
                        log.data.experts.len(),
                        path.display()
                    ),
                });
            }
            logs.push(ComparedLog {
                name: format!("{}-{experts}", log.name),
                experts: Some(experts),
                config: log.config.clone(),
                data: log.data.first_experts(experts),
            });
        }
    }
    let plan = ComparisonPlan {
        logs,
        methods,
        seeds: args.seeds,
        train_rows: args.train_rows.iter().map(|Rows(rows)| *rows).collect(),
        archive: args.out.as_deref().map(|out| Archive::new(out, store::build(), args.any_build)),
    };
    let comparison = plan.run(&*progress::shown("comparing", args.output.quiet))?;
    let tables = comparison.markdown();
    if let Some(out) = &args.out {
        write(out, &comparison, &tables)?;
        let origin = page::Origin::new(&plan.logs, command_line());
        files::write(&out.join(page::FILE_NAME), page::page(&comparison, &origin).as_bytes())?;
    }
    if args.csv {
        return print_all(&comparison.csv());
    }
    args.output.print(&comparison, &from_markdown(&tables))
}

fn write(out: &Path, comparison: &Comparison, tables: &str) -> Result<()> {
    let json = serde_json::to_vec_pretty(comparison)
        .map_err(|error| Error::io(&out.join("compare.json"))(error.into()))?;
    files::write(&out.join("compare.json"), &json)?;
    files::write(&out.join("compare.csv"), comparison.csv().as_bytes())?;
    files::write(&out.join("compare.md"), tables.as_bytes())?;
    for (name, svg) in plot::plots(comparison)? {
        files::write(&out.join("plots").join(name), svg.as_bytes())?;
    }
    Ok(())
}
