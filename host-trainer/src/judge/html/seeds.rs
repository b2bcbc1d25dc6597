//! The same log with other seeds and other numbers of train rows: what a comparison beside the
//! image says.

use maud::{Markup, html};
use serde::Deserialize;

use super::facts::EstimateFact;
use super::subject::Subject;
use crate::judge::page::number::{count, interval, loss};
use crate::judge::page::plot::{Axis, Label, grid, labels, points, stretched};
use crate::judge::page::table::{heads, row, scrolling};

/// Methods and numbers of rows in the table.
const LINES: usize = 60;

/// Methods in the plot: more curves are a tangle.
const DRAWN: usize = 7;

/// The height of the plot's area, in pixels; the style sheet has it, too.
const HEIGHT: f64 = 300.0;

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
                Some(logs) => (shown(subject, &logs)),
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

fn shown(subject: &Subject<'_>, logs: &[LogFact]) -> Markup {
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
        @if let Some(plot) = LearningCurves::new(subject, logs).plot() { (plot) }
        (scrolling("Other seeds and other numbers of rows", table))
        p class="note" {
            "The interval is over test rows and seeds together. " code { "compare.html" } " beside \
             the image has the paired differences between the methods."
        }
    }
}

/// The deferral loss over the number of train rows.
struct LearningCurves<'a> {
    /// The best single expert, and its deferral loss on the same test rows.
    best_single: (&'a str, f64),
    /// Each method that was trained with several numbers of rows, with these in rising order.
    methods: Vec<(&'a str, Vec<(usize, &'a EstimateFact)>)>,
}

impl<'a> LearningCurves<'a> {
    fn new(subject: &'a Subject<'_>, logs: &'a [LogFact]) -> Self {
        let all = subject.data.train.rows();
        let mut methods: Vec<(&str, Vec<(usize, &EstimateFact)>)> = Vec::new();
        for (log, one) in logs.iter().flat_map(|log| log.methods.iter().map(move |one| (log, one)))
        {
            let point = (log.train_rows.unwrap_or(all), &one.loss);
            match methods.iter_mut().find(|(name, _)| *name == one.method) {
                Some((_, points)) => points.push(point),
                None => methods.push((&one.method, vec![point])),
            }
        }
        for (_, points) in &mut methods {
            points.sort_by_key(|&(rows, _)| rows);
            points.dedup_by_key(|&mut (rows, _)| rows);
        }
        methods.retain(|(_, points)| points.len() > 1);
        methods.truncate(DRAWN);
        let own = &subject.evaluation;
        Self { best_single: (&own.best_single, own.best_single_loss), methods }
    }

    /// None if no method was trained with several numbers of rows.
    fn plot(&self) -> Option<Markup> {
        let (_, first) = self.methods.first()?;
        let (best, best_loss) = self.best_single;
        let all = || self.methods.iter().flat_map(|(_, points)| points);
        let rows = Axis::to(all().map(|&(rows, _)| rows as f64).fold(0.0, f64::max));
        let losses = Axis::to(all().map(|(_, loss)| loss.high).fold(best_loss, f64::max));
        let x = |rows_of: usize| rows.x(rows_of as f64);
        let line = |of: &[(usize, &EstimateFact)]| {
            points(of.iter().map(|&(rows, loss)| (x(rows), losses.y(loss.mean))))
        };
        let upper = first.iter().map(|&(rows, loss)| (x(rows), losses.y(loss.high)));
        let lower = first.iter().rev().map(|&(rows, loss)| (x(rows), losses.y(loss.low)));
        let mut names: Vec<Label> = Vec::new();
        for (place, (name, points)) in self.methods.iter().enumerate() {
            let class = if place == 0 { "own" } else { "constant" };
            names.extend(points.last().map(|&(rows, loss)| Label {
                text: (*name).to_owned(),
                x: x(rows),
                y: losses.y(loss.mean),
                class,
            }));
        }
        let constant = losses.y(best_loss);
        names.push(Label {
            text: format!("always {best}"),
            x: 0.0,
            y: constant,
            class: "constant",
        });
        Some(html! {
            div class="charts" {
                figure class="chart" {
                    figcaption id="learning-curve" { "Deferral loss by number of train rows" }
                    svg class="plot tall" role="img" aria-labelledby="learning-curve" {
                        (grid(Some(&rows), &losses))
                        (stretched(html! {
                            polygon class="band" points=(points(upper.chain(lower))) {}
                            polyline class="reference"
                                points=(points([(0.0, constant), (100.0, constant)].into_iter())) {}
                            @for (place, (_, points)) in self.methods.iter().enumerate().rev() {
                                polyline class=(if place == 0 { "curve" } else { "rival" })
                                    points=(line(points)) {}
                            }
                        }))
                        (labels(names, HEIGHT))
                    }
                    p class="below" aria-hidden="true" { "train rows" }
                }
            }
            p class="note" {
                "The band is the 95\u{a0}% interval of " (self.methods[0].0) ". The table has all \
                 figures."
            }
        })
    }
}

/// From the lowest to the highest.
fn range(losses: &[f64]) -> String {
    let low = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let high = losses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if losses.is_empty() { String::new() } else { interval(low, high) }
}
