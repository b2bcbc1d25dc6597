//! `mild compare`

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{Output, print_all};
use super::{progress, values};
use crate::error::{Error, Result};
use crate::experiments::compare::record::Archive;
use crate::experiments::compare::{Comparison, Log, Plan, markdown, plot};
use crate::experiments::methods::Contender;
use crate::files;
use crate::intake::config::{Confidence, Config, Effort};
use crate::intake::log::{self, Table};
use crate::learn::store;

/// Arguments of `mild compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The configurations of the logs (TOML)
    #[arg(required = true)]
    configs: Vec<PathBuf>,
    /// The methods to compare, or `all` of them
    #[arg(long, value_delimiter = ',', default_value = "auto", value_parser = parse_methods)]
    methods: Vec<Methods>,
    /// Trainings of each method on each log, with seeds from 0 on
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// How long each training searches, in place of the configurations'
    #[arg(long, value_parser = values::effort, value_name = "quick|normal|thorough")]
    effort: Option<Effort>,
    /// Learning curves: use so many train rows (and calibration rows in proportion); `all` is all
    #[arg(long, value_delimiter = ',', default_value = "all", value_parser = parse_rows, value_name = "ROWS")]
    train_rows: Vec<Rows>,
    /// The column of the local model's largest softmax, for gates on logs whose configuration names none
    #[arg(long, value_name = "COLUMN")]
    confidence: Option<String>,
    /// Compare with the log's first experts alone, `local` included: for each of these numbers
    #[arg(long, value_delimiter = ',', value_parser = parse_experts, value_name = "EXPERTS")]
    experts: Vec<usize>,
    /// Keep finished runs here, go on with those that are there, and write the tables, the documents and
    /// plots
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Also take runs that another build of this program has kept
    #[arg(long, requires = "out")]
    any_build: bool,
    /// Print comma-separated values
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    output: Output,
}

/// One method, or all.
#[derive(Debug, Clone)]
struct Methods(Vec<Contender>);

fn parse_methods(text: &str) -> std::result::Result<Methods, String> {
    if text == "all" {
        return Ok(Methods(Contender::all().collect()));
    }
    text.parse().map(|method| Methods(vec![method])).map_err(|error: Error| error.to_string())
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
        _ => Err("expected `all` or a number of rows from 20 on".to_owned()),
    }
}

fn parse_experts(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(experts) if experts >= 2 => Ok(experts),
        _ => Err("expected a number of experts from 2 on".to_owned()),
    }
}

pub(super) fn run(args: &CompareArgs) -> Result<()> {
    let mut methods: Vec<Contender> = Vec::new();
    for method in args.methods.iter().flat_map(|Methods(all)| all) {
        if !methods.contains(method) {
            methods.push(*method);
        }
    }
    let mut logs: Vec<Log> = Vec::new();
    for path in &args.configs {
        let mut config = Config::load(path)?;
        if let Some(effort) = args.effort {
            config.train.effort = effort;
        }
        if let (None, Some(column)) = (&config.confidence, &args.confidence)
            && Table::open(&config.data.log)?.header().names().contains(column)
        {
            config.confidence = Some(Confidence::Largest(column.clone()));
        }
        let data = log::read(&config)?;
        let name = free_name(path, &logs);
        if args.experts.is_empty() {
            logs.push(Log { name, experts: None, config, data });
            continue;
        }
        for &experts in &args.experts {
            if experts > data.experts.len() {
                return Err(Error::Invalid {
                    what: format!("{}: --experts", path.display()),
                    found: experts.to_string(),
                    expected: format!("at most the {} of the log", data.experts.len()),
                });
            }
            logs.push(Log {
                name: format!("{name}-{experts}"),
                experts: Some(experts),
                config: config.clone(),
                data: data.first_experts(experts),
            });
        }
    }
    let plan = Plan {
        logs,
        methods,
        seeds: args.seeds,
        train_rows: args.train_rows.iter().map(|Rows(rows)| *rows).collect(),
        archive: args.out.as_deref().map(|out| Archive::new(out, store::build(), args.any_build)),
    };
    let comparison = plan.run(&*progress::shown("comparing", args.output.quiet))?;
    let tables = markdown::tables(&comparison);
    if let Some(out) = &args.out {
        write(out, &comparison, &tables)?;
    }
    if args.csv {
        return print_all(&csv(&comparison)?);
    }
    args.output.print(&comparison, &tables)
}

fn csv(comparison: &Comparison) -> Result<String> {
    crate::experiments::compare::csv::lines(comparison).map_err(|error| Error::Invalid {
        what: "comma-separated values".to_owned(),
        found: error.to_string(),
        expected: "figures that can be written".to_owned(),
    })
}

fn write(out: &Path, comparison: &Comparison, tables: &str) -> Result<()> {
    let json = serde_json::to_vec_pretty(comparison)
        .map_err(|error| Error::io(&out.join("compare.json"))(error.into()))?;
    files::write(&out.join("compare.json"), &json)?;
    files::write(&out.join("compare.csv"), csv(comparison)?.as_bytes())?;
    files::write(&out.join("compare.md"), tables.as_bytes())?;
    for (name, svg) in plot::plots(comparison)? {
        files::write(&out.join("plots").join(name), svg.as_bytes())?;
    }
    Ok(())
}

/// A log is known by the directory of its configuration, or else by the file; a second one of the same
/// name gets a number.
fn free_name(path: &Path, logs: &[Log]) -> String {
    let plain = path.file_stem() == Some("mild".as_ref());
    let directory = path.parent().and_then(Path::file_name).filter(|_| plain);
    let name = directory.or(path.file_stem()).unwrap_or(path.as_os_str()).to_string_lossy();
    let taken = |name: &str| logs.iter().any(|log| log.name == name);
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_string()).chain(numbered);
    names.find(|name| !taken(name)).unwrap_or_default()
}
