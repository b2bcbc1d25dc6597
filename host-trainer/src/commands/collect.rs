//! `mild log collect`

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::output::Output;
use super::progress;
use crate::error::{Error, Result};
use crate::intake::collect::{Asked, Collection, Estimate, Outcome, Source};
use crate::intake::config::MAX_NAME;

/// Arguments of `mild log collect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Asks experts about the rows of a table. Writes the log, with the answers of
expert NAME in `pred_NAME`, and `mild.toml` beside it. One expert must be called
`local`: the device's own model. An expert is one of

  http://… or https://…   an endpoint, sent the JSON of docs/gateway.md with the
                          row by name in `row`
  column:COLUMN           a column of the table
  anything else           a program and its arguments: it reads a line of that
                          JSON and writes a line such as {\"label\": 3}

An answer may have a `confidence` or `probabilities`; those of `local` become
columns. Every answer is saved at once in FILE.answers.jsonl. So the same
command continues where it stopped, and asks nothing twice.

Examples:
  mild log collect rows.csv --expert local='./tiny --int8' \\
      --expert cloud=https://example.com/classify --price cloud=0.002 \\
      --max-money 5 --out log.csv --dry-run
      what it would cost; nobody is asked
  mild log collect rows.csv --expert local=column:tiny \\
      --expert cloud=https://example.com/v1/chat --token cloud=API_KEY \\
      --template cloud=ask.json --answer cloud=/choices/0/text \\
      --rate cloud=5 --rows 500 --out log.csv")]
pub(crate) struct CollectArgs {
    /// The table of rows (CSV, JSON Lines or NPZ), with the right answers
    samples: PathBuf,
    /// An expert, and how to ask it; given once for each expert
    #[arg(long, value_name = "NAME=HOW", value_parser = named::<String>, required = true)]
    expert: Vec<Named<String>>,
    /// The log to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The column of the right answers
    #[arg(long, value_name = "COLUMN", default_value = "label")]
    label: String,
    /// Names or globs of the columns that experts see, separated by commas [default: all but the
    /// right answers, answers in the table, and the split]
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    send: Vec<String>,
    /// The column of the confidence of `local`, if the table has one
    #[arg(long, value_name = "COLUMN")]
    confidence: Option<String>,
    /// Ask about this many rows, drawn at random; if the confidence of `local` is known, sure and
    /// unsure rows keep their proportion
    #[arg(long, value_name = "NUMBER")]
    rows: Option<usize>,
    /// The seed of the draw, and of the order in which rows are asked about
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The price of one question, in money
    #[arg(long, value_name = "NAME=MONEY", value_parser = named::<f64>)]
    price: Vec<Named<f64>>,
    /// What one error costs, in the same money; the configuration then has the prices
    #[arg(long, value_name = "MONEY")]
    money_per_error: Option<f64>,
    /// The largest number of questions to experts other than `local`, over all collections into this
    /// log
    #[arg(long, value_name = "NUMBER")]
    max_calls: Option<u64>,
    /// The most money to spend, over all collections into this log
    #[arg(long, value_name = "MONEY")]
    max_money: Option<f64>,
    /// The largest number of questions per second
    #[arg(long, value_name = "NAME=NUMBER", value_parser = named::<f64>)]
    rate: Vec<Named<f64>>,
    /// How many questions may be open at once; for a program, how many processes run
    #[arg(long, value_name = "NAME=NUMBER", value_parser = named::<usize>)]
    parallel: Vec<Named<usize>>,
    /// The environment variable with the token that an endpoint asks for (`Authorization: Bearer`)
    #[arg(long, value_name = "NAME=VARIABLE", value_parser = named::<String>)]
    token: Vec<Named<String>>,
    /// A file of JSON to send instead, in which `{{COLUMN}}` stands for a cell
    #[arg(long, value_name = "NAME=FILE", value_parser = named::<PathBuf>)]
    template: Vec<Named<PathBuf>>,
    /// Where the answer is in a reply, as a JSON pointer [default: /label]
    #[arg(long, value_name = "NAME=POINTER", value_parser = named::<String>)]
    answer: Vec<Named<String>>,
    /// Seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    timeout: f64,
    /// Ask the questions that failed again
    #[arg(long)]
    retry_failed: bool,
    /// Say what would be asked and what it would cost, and ask nobody
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub(super) output: Output,
}

/// Something of the expert of that name.
#[derive(Debug, Clone)]
struct Named<T> {
    name: String,
    value: T,
}

fn named<T: std::str::FromStr<Err: std::fmt::Display>>(
    text: &str,
) -> std::result::Result<Named<T>, String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=…, such as `cloud=…`")?;
    if name.is_empty() || value.is_empty() {
        return Err("expected NAME=…, with something on either side".to_owned());
    }
    let value = value.parse().map_err(|error: T::Err| error.to_string())?;
    Ok(Named { name: name.to_owned(), value })
}

fn argument(option: &'static str, found: impl Into<String>, expected: impl Into<String>) -> Error {
    Error::Argument { option, found: found.into(), expected: expected.into() }
}

pub(super) fn run(args: &CollectArgs) -> Result<()> {
    let collection = collection(args)?;
    let prepared = collection.prepare()?;
    if args.dry_run {
        let estimate = prepared.estimate();
        return args.output.print(&estimate, &estimated(args, &estimate));
    }
    let stop = stop_on_signals()?;
    let progress = progress::display("asking", args.output.quiet);
    let outcome = prepared.run(&*progress, &stop)?;
    args.output.print(&outcome, &rendered(&outcome))
}

/// Set by the first Ctrl-C; the second one ends the program at once.
fn stop_on_signals() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .map_err(Error::io(std::path::Path::new("signals")))?;
    }
    Ok(stop)
}

fn collection(args: &CollectArgs) -> Result<Collection> {
    let mut experts =
        args.expert.iter().map(|expert| asked(args, expert)).collect::<Result<Vec<_>>>()?;
    let Some(local) = experts.iter().position(|expert| expert.name == "local") else {
        let names: Vec<String> =
            experts.iter().map(|expert| format!("`{}`", expert.name)).collect();
        let expected = "`local` as well, the device's own model";
        return Err(argument("--expert", names.join(", "), expected));
    };
    experts[..=local].rotate_right(1);
    if experts.len() < 2 {
        return Err(argument("--expert", "`local` alone", "one more that could be asked"));
    }
    for (index, expert) in experts.iter().enumerate() {
        if experts[..index].iter().any(|other| other.name == expert.name) {
            return Err(argument("--expert", format!("`{}` twice", expert.name), "each name once"));
        }
    }
    // A name that nobody has.
    let names = |of: &dyn Fn(&CollectArgs) -> Vec<String>, option| match of(args)
        .into_iter()
        .find(|name| experts.iter().all(|expert| expert.name != *name))
    {
        Some(name) => Err(argument(option, format!("`{name}`"), "the name of an `--expert`")),
        None => Ok(()),
    };
    fn of<T>(named: &[Named<T>]) -> Vec<String> {
        named.iter().map(|one| one.name.clone()).collect()
    }
    names(&|args| of(&args.price), "--price")?;
    names(&|args| of(&args.rate), "--rate")?;
    names(&|args| of(&args.parallel), "--parallel")?;
    names(&|args| of(&args.token), "--token")?;
    names(&|args| of(&args.template), "--template")?;
    names(&|args| of(&args.answer), "--answer")?;
    let positive = |option, value: Option<f64>| match value {
        Some(value) if !(value.is_finite() && value > 0.0) => {
            Err(argument(option, value.to_string(), "a finite number > 0"))
        }
        value => Ok(value),
    };
    let timeout = positive("--timeout", Some(args.timeout))?.unwrap_or(args.timeout);
    if args.rows == Some(0) {
        return Err(argument("--rows", "0", "a row at least"));
    }
    Ok(Collection {
        samples: args.samples.clone(),
        label: args.label.clone(),
        send: args.send.clone(),
        experts,
        confidence: args.confidence.clone(),
        rows: args.rows,
        seed: args.seed,
        max_calls: args.max_calls,
        max_money: positive("--max-money", args.max_money)?,
        money_per_error: positive("--money-per-error", args.money_per_error)?,
        // An hour is longer than anybody waits.
        timeout: Duration::from_secs_f64(timeout.min(3600.0)),
        retry_failed: args.retry_failed,
        out: args.out.clone(),
    })
}

fn asked(args: &CollectArgs, expert: &Named<String>) -> Result<Asked> {
    let Named { name, value } = expert;
    if name.len() > MAX_NAME {
        let expected = format!("at most {MAX_NAME} bytes");
        return Err(argument("--expert", format!("`{name}`"), expected));
    }
    fn of<'a, T>(named: &'a [Named<T>], name: &str) -> Option<&'a T> {
        named.iter().rev().find(|one| one.name == name).map(|one| &one.value)
    }
    let source = if value.starts_with("http://") || value.starts_with("https://") {
        Source::Http(value.clone())
    } else if let Some(column) = value.strip_prefix("column:") {
        Source::Column(column.to_owned())
    } else {
        let words = shlex::split(value).filter(|words| !words.is_empty());
        let expected = "a program and its arguments, quotes closed";
        Source::Program(words.ok_or_else(|| argument("--expert", format!("`{value}`"), expected))?)
    };
    let price = of(&args.price, name).copied();
    if let Some(price) = price.filter(|price| !(price.is_finite() && *price >= 0.0)) {
        return Err(argument("--price", price.to_string(), "a finite number >= 0"));
    }
    let rate = of(&args.rate, name).copied();
    // A question a day is slower than anybody wants.
    if let Some(rate) = rate.filter(|rate| !(*rate >= 1e-5 && *rate <= 1e6)) {
        return Err(argument("--rate", rate.to_string(), "a number from 0.00001 to 1000000"));
    }
    let parallel = of(&args.parallel, name).copied().unwrap_or(1);
    if !(1..=64).contains(&parallel) {
        return Err(argument("--parallel", parallel.to_string(), "1 to 64"));
    }
    let token = match of(&args.token, name) {
        None => None,
        Some(variable) => Some(std::env::var(variable).map_err(|_| {
            let expected = "the name of an environment variable that is set";
            argument("--token", format!("`{variable}`"), expected)
        })?),
    };
    let answer = of(&args.answer, name).cloned();
    if let Some(pointer) = answer.as_ref().filter(|pointer| !pointer.starts_with('/')) {
        let expected = "a JSON pointer, such as `/choices/0/text`";
        return Err(argument("--answer", format!("`{pointer}`"), expected));
    }
    let template = of(&args.template, name).cloned();
    Ok(Asked { name: name.clone(), source, price, rate, parallel, token, template, answer })
}

fn estimated(args: &CollectArgs, estimate: &Estimate) -> String {
    let mut text = format!("{}: {} rows", args.samples.display(), estimate.rows);
    if estimate.drawn < estimate.rows {
        text += &format!(", of which {} are drawn", estimate.drawn);
    }
    text.push('\n');
    for expert in &estimate.experts {
        text += &format!("`{}`: {} questions", expert.name, expert.questions);
        if expert.known > 0 {
            text += &format!(", {} more are answered already", expert.known);
        }
        if expert.money > 0.0 {
            text += &format!(", {:.4} of money", expert.money);
        }
        if let Some(seconds) = expert.seconds {
            text += &format!(", {seconds:.0} s at least");
        }
        text.push('\n');
    }
    if estimate.beyond_budget > 0 {
        text += &format!("the budget leaves out {} rows\n", estimate.beyond_budget);
    }
    text + &format!(
        "money: {:.4}, after {:.4} so far\nnobody was asked\n",
        estimate.money, estimate.spent
    )
}

fn rendered(outcome: &Outcome) -> String {
    let mut text = String::new();
    for expert in &outcome.experts {
        text += &format!(
            "`{}`: asked {} times, {} rows with an answer, {} failed\n",
            expert.name, expert.asked, expert.answered, expert.failed
        );
    }
    if outcome.beyond_budget > 0 {
        text += &format!("the budget left out {} rows\n", outcome.beyond_budget);
    }
    if outcome.spent > 0.0 {
        text += &format!("money so far: {:.4}\n", outcome.spent);
    }
    text += &format!(
        "written: {}, {} of {} rows, {} with every answer\n",
        outcome.log.display(),
        outcome.written,
        outcome.rows,
        outcome.complete
    );
    let config = outcome.config.display();
    for open in &outcome.open {
        text += &format!("to do    {open}\n");
    }
    text + &match (outcome.config_kept, outcome.complete) {
        (true, _) => {
            format!("{config} was there and is left as it is\nnext: mild check {config}\n")
        }
        (false, 0) => "no configuration: no row has every answer\n".to_owned(),
        (false, _) => {
            format!("written: {config}\nnext: read it through, then mild check {config}\n")
        }
    }
}
