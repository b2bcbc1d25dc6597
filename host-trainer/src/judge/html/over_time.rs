//! Whether the log stays as it was: split by split, and along the test rows.

use maud::{Markup, html};

use super::splits::Splits;
use super::subject::Subject;
use crate::arithmetic::statistics::mean;
use crate::judge::page::number::{count, interval, loss, percent};
use crate::judge::page::plot::{Axis, Label, grid, labels, points, stretched};
use crate::judge::page::table::{heads, row, scrolling};

/// Stretches of the test rows.
const STRETCHES: usize = 10;

/// The fewest rows that say anything of a stretch.
const ROWS: usize = 20;

/// The height of the plot's area, in pixels.
const HEIGHT: f64 = 200.0;

/// Neighbouring test rows.
struct Stretch {
    first: u32,
    last: u32,
    rows: usize,
    deferred: f64,
    loss: f64,
    constant: f64,
}

/// The section.
pub(super) fn section(subject: &Subject<'_>, splits: &Splits) -> Markup {
    let stretches = stretches(subject);
    html! {
        section aria-labelledby="time" {
            h2 id="time" { "Does it stay that way?" }
            p class="say" {
                @match splits.drift() {
                    Some((calibration, test)) => {
                        strong { "The test rows are not like the calibration rows" } ": they cost "
                        (loss(test.deferral_loss.mean)) " against "
                        (loss(calibration.deferral_loss.mean))
                        ", and the intervals do not overlap. What was tuned or promised on the \
                         calibration rows may no longer hold."
                    }
                    None if subject.data.calibration.rows() == 0 => {
                        "There are no calibration rows to compare the test rows with."
                    }
                    None => {
                        "The image was fitted on the train rows and tuned on the calibration rows; \
                         the test rows are new to it. They do not cost clearly more than the \
                         calibration rows."
                    }
                }
            }
            (by_split(splits))
            @if stretches.len() > 2 { (along(subject, &stretches)) }
        }
    }
}

fn stretches(subject: &Subject<'_>) -> Vec<Stretch> {
    let part = subject.part();
    let mut order: Vec<usize> = (0..part.rows()).collect();
    order.sort_by_key(|&row| part.lines()[row]);
    let number = (order.len() / ROWS).min(STRETCHES);
    let bounds = |index: usize| index * order.len() / number.max(1);
    (0..number)
        .map(|index| {
            let rows = &order[bounds(index)..bounds(index + 1)];
            let choice = |row: usize| usize::from(subject.choices()[row]);
            let of = |value: &dyn Fn(usize) -> f64| {
                mean(&rows.iter().map(|&row| value(row)).collect::<Vec<_>>())
            };
            Stretch {
                first: part.lines()[rows[0]],
                last: part.lines()[rows[rows.len() - 1]],
                rows: rows.len(),
                deferred: of(&|row| f64::from(u8::from(choice(row) > 0))),
                loss: of(&|row| f64::from(part.deferral_loss(row, choice(row)))),
                constant: of(&|row| f64::from(part.deferral_loss(row, subject.best))),
            }
        })
        .collect()
}

fn along(subject: &Subject<'_>, stretches: &[Stretch]) -> Markup {
    let highest = stretches.iter().flat_map(|of| [of.loss, of.constant]).fold(0.0, f64::max);
    let axis = Axis::to(highest);
    let x = |index: usize| 100.0 * (index as f64 + 0.5) / stretches.len() as f64;
    let line = |value: &dyn Fn(&Stretch) -> f64, axis: &Axis| {
        points(stretches.iter().enumerate().map(|(index, of)| (x(index), axis.y(value(of)))))
    };
    let shares = Axis::shares();
    let last = &stretches[stretches.len() - 1];
    let lines = format!("lines {} to {} of the log", stretches[0].first, last.last);
    let end = x(stretches.len() - 1);
    let name = |text: &str, y: f64, class| Label { text: text.to_owned(), x: end, y, class };
    let best = format!("always {}", subject.name(subject.best));
    html! {
        h3 { "Along the log" }
        p class="say" {
            "These are the test rows in the order of the log, cut into " (stretches.len()) " \
            stretches. They show changes over time only if the rows of the log are in order of time."
        }
        div class="charts" {
            figure class="chart" {
                figcaption id="along-loss" { "Deferral loss along the log" }
                svg class="plot middle" role="img" aria-labelledby="along-loss" {
                    (grid(None, &axis))
                    (stretched(html! {
                        polyline class="reference" points=(line(&|of| of.constant, &axis)) {}
                        polyline class="curve" points=(line(&|of| of.loss, &axis)) {}
                    }))
                    (labels(vec![
                        name("this image", axis.y(last.loss), "own"),
                        name(&best, axis.y(last.constant), "constant"),
                    ], HEIGHT))
                }
                p class="below" aria-hidden="true" { (lines) }
            }
            figure class="chart" {
                figcaption id="along-rate" { "Share deferred along the log" }
                svg class="plot middle" role="img" aria-labelledby="along-rate" {
                    (grid(None, &shares))
                    (stretched(html! {
                        polyline class="curve" points=(line(&|of| of.deferred, &shares)) {}
                    }))
                }
                p class="below" aria-hidden="true" { (lines) }
            }
        }
        details {
            summary { "Along the log, as a table" }
            (as_table(stretches, &best))
        }
    }
}

fn by_split(splits: &Splits) -> Markup {
    let numbers = ["number", "deferral loss", "95\u{a0}% interval", "deferred", "answered right"];
    let table = html! {
        table {
            (heads(&["rows"], &numbers))
            tbody {
                @for of in &splits.of {
                    (row(of.split.name(), &[
                        count(of.rows),
                        loss(of.deferral_loss.mean),
                        interval(of.deferral_loss.low, of.deferral_loss.high),
                        percent(of.deferral_rate),
                        percent(of.accuracy),
                    ]))
                }
            }
        }
    };
    scrolling("The image on each split", table)
}

fn as_table(stretches: &[Stretch], best: &str) -> Markup {
    let table = html! {
        table {
            (heads(&["lines"], &["rows", "deferred", "deferral loss", best]))
            tbody {
                @for of in stretches {
                    (row(format!("{} to {}", of.first, of.last), &[
                        count(of.rows),
                        percent(of.deferred),
                        loss(of.loss),
                        loss(of.constant),
                    ]))
                }
            }
        }
    };
    scrolling("Along the log", table)
}
