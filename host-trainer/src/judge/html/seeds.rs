//! The same log with other seeds and other numbers of train rows: what a comparison beside the
//! image says.

use maud::{Markup, html};
use serde::Deserialize;

use super::facts::EstimateFact;
use super::subject::Subject;
use crate::judge::page::number::{count, interval, loss};
use crate::judge::page::table::{heads, row, scrolling};

/// Methods and numbers of rows in the table.
const LINES: usize = 60;

/// What is read of `compare.json`.
#[derive(Deserialize)]
struct ComparisonFact {
    logs: Vec<LogFact>,
}

/// A log with one number of train rows.
#[derive(Deserialize)]
struct LogFact {
    train_rows: Option<usize>,
    rows: usize,
    best_single: f64,
    best_single_name: String,
    oracle: f64,
    methods: Vec<MethodFact>,
}

/// A method on it.
#[derive(Deserialize)]
struct MethodFact {
    method: String,
    seeds: usize,
    loss: EstimateFact,
    loss_of_seeds: Vec<f64>,
}

/// The section. `comparison`: the file `compare.json`, if there is one.
pub(super) fn section(subject: &Subject<'_>, comparison: Option<&[u8]>) -> Markup {
    let found = comparison
        .and_then(|file| serde_json::from_slice::<ComparisonFact>(file).ok())
        .map(|comparison| of_this_log(subject, comparison))
        .filter(|logs| !logs.is_empty());
    html! {
        section aria-labelledby="seeds" {
            h2 id="seeds" { "Other seeds, other numbers of rows" }
            @match found {
                None => (missing(subject)),
                Some(logs) => (shown(&logs)),
            }
        }
    }
}

/// Those with the same test rows: a comparison names logs, and a name is no proof.
fn of_this_log(subject: &Subject<'_>, comparison: ComparisonFact) -> Vec<LogFact> {
    let own = &subject.evaluation;
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9;
    let same = |log: &LogFact| {
        log.rows == own.rows
            && log.best_single_name == own.best_single
            && near(log.best_single, own.best_single_loss)
            && near(log.oracle, own.oracle_loss)
    };
    comparison.logs.into_iter().filter(same).collect()
}

fn missing(subject: &Subject<'_>) -> Markup {
    html! {
        p class="say" { "This image was trained once, with one seed." }
        (subject.command(html! {
            p {
                "These two commands train with other seeds and with fewer rows, and write this page \
                 again with a table of the results here:"
            }
            pre tabindex="0" {
                "mild compare " (subject.config.path.display()) " --methods auto --seeds 5 \
                --train-rows 100,300,all --out out\n"
                "mild report " (subject.config.path.display()) " --image out/rejector.mild"
            }
        }))
    }
}

fn shown(logs: &[LogFact]) -> Markup {
    let lines = logs.iter().flat_map(|log| log.methods.iter().map(move |one| (log, one)));
    let numbers =
        ["train rows", "seeds", "deferral loss", "95\u{a0}% interval", "lowest to highest seed"];
    let table = html! {
        table {
            (heads(&["method"], &numbers))
            tbody {
                @for (log, one) in lines.take(LINES) {
                    (row(&one.method, &[
                        log.train_rows.map_or_else(|| "all".to_owned(), count),
                        count(one.seeds),
                        loss(one.loss.mean),
                        interval(one.loss.low, one.loss.high),
                        range(&one.loss_of_seeds),
                    ]))
                }
            }
        }
    };
    html! {
        p class="say" {
            "From " code { "compare.json" } " beside the image: a new training for each seed, on \
             the same test rows. If the lowest and the highest seed are far apart, the result \
             depends on chance. If the loss still falls with the number of train rows, more rows \
             help."
        }
        (scrolling("Other seeds and other numbers of rows", table))
        p class="note" {
            "The interval is over test rows and seeds together. " code { "compare.html" } " beside \
             the image has the paired differences between the methods."
        }
    }
}

/// From the lowest to the highest.
fn range(losses: &[f64]) -> String {
    let low = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let high = losses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if losses.is_empty() { String::new() } else { interval(low, high) }
}
