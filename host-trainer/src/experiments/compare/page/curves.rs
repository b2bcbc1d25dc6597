//! Curves of the methods on one log.

use maud::{Markup, html};

use super::methods::{ranked, train_rows};
use crate::experiments::compare::figures::MethodSummary;
use crate::experiments::compare::summary::LogSummary;
use crate::judge::page::number::{loss, percent};
use crate::judge::page::plot::{Axis, Label, grid, labels, points, stretched};
use crate::judge::page::table::{heads, row, scrolling};

/// Methods with curves of their own; of more the best ones are shown.
const MOST_CURVES: usize = 6;

/// The height of a plot's area, in pixels.
const HEIGHT: f64 = 300.0;

/// A curve of the table: every so many of its points.
const EVERY: usize = 10;

/// The methods that are drawn: the best ones.
fn drawn(log: &LogSummary) -> Vec<&MethodSummary> {
    let mut methods = ranked(log);
    methods.retain(|method| !method.own_classifier);
    methods.truncate(MOST_CURVES);
    methods
}

/// Accuracy of the whole system as more rows are deferred.
pub(super) fn by_deferral_rate(id: &str, log: &LogSummary) -> Markup {
    let axis = Axis::shares();
    let methods = drawn(log);
    let line = |method: &MethodSummary| {
        let curve = method.curve.iter();
        points(curve.map(|point| (axis.x(point.deferral_rate), axis.y(1.0 - point.error))))
    };
    // The dot is where the method itself decides.
    let mark = |(place, method): (usize, &&MethodSummary)| Label {
        text: method.method.clone(),
        x: axis.x(1.0 - method.coverage),
        y: axis.y(method.accuracy),
        class: if place == 0 { "own" } else { "constant" },
    };
    html! {
        figure class="chart" {
            figcaption id=(id) { "Answered right by share deferred" }
            svg class="plot tall" role="img" aria-labelledby=(id) {
                (grid(Some(&axis), &axis))
                (stretched(html! {
                    @for (place, method) in methods.iter().enumerate().rev() {
                        polyline class=(if place == 0 { "curve" } else { "rival" })
                            points=(line(method)) {}
                    }
                }))
                (labels(methods.iter().enumerate().map(mark).collect(), HEIGHT))
            }
            p class="below" { "share deferred; dots: where each method decides by itself" }
        }
    }
}

/// Deferral loss by number of train rows.
pub(super) fn learning(id: &str, of_log: &[&LogSummary]) -> Markup {
    let Some(last) = of_log.last() else { return html! {} };
    let methods = drawn(last);
    let of = |name: &str, log: &LogSummary| {
        let found = log.methods.iter().find(|method| method.method == name);
        found.map(|method| method.loss.mean)
    };
    let losses = || {
        let named = methods.iter().map(|method| method.method.as_str());
        named.flat_map(|name| of_log.iter().filter_map(move |log| of(name, log)))
    };
    let axis = Axis::to(losses().fold(0.0, f64::max));
    let x = |index: usize| 100.0 * (index as f64 + 0.5) / of_log.len() as f64;
    let line = |name: &str| {
        let known = of_log.iter().enumerate();
        points(known.filter_map(|(index, log)| Some((x(index), axis.y(of(name, log)?)))))
    };
    let mark = |(place, method): (usize, &&MethodSummary)| Label {
        text: method.method.clone(),
        x: x(of_log.len() - 1),
        y: axis.y(method.loss.mean),
        class: if place == 0 { "own" } else { "constant" },
    };
    html! {
        figure class="chart" {
            figcaption id=(id) { "Deferral loss by train rows" }
            svg class="plot tall" role="img" aria-labelledby=(id) {
                (grid(None, &axis))
                @for (index, log) in of_log.iter().enumerate() {
                    text x={ (format!("{:.2}%", x(index))) } y="100%" dy="20" text-anchor="middle" {
                        (log.train_rows.map_or("all".to_owned(), |rows| rows.to_string()))
                    }
                }
                (stretched(html! {
                    @for (place, method) in methods.iter().enumerate().rev() {
                        polyline class=(if place == 0 { "curve" } else { "rival" })
                            points=(line(&method.method)) {}
                    }
                }))
                (labels(methods.iter().enumerate().map(mark).collect(), HEIGHT))
            }
            p class="below" { "train rows; calibration rows in proportion" }
        }
    }
}

/// The curves of all methods as tables.
pub(super) fn tables(of_log: &[&LogSummary]) -> Markup {
    let Some(log) = of_log.last() else { return html! {} };
    let methods = ranked(log);
    let names: Vec<&str> = methods.iter().map(|method| method.method.as_str()).collect();
    let rates = methods.first().map_or(0, |method| method.curve.len());
    html! {
        details {
            summary { "Answered right by share deferred, as a table" }
            (scrolling("Answered right by share deferred", html! {
                table {
                    (heads(&["share deferred"], &names))
                    tbody {
                        @for at in (0..rates).step_by(EVERY) {
                            (row(percent(methods[0].curve[at].deferral_rate), &methods.iter()
                                .map(|method| percent(1.0 - method.curve[at].error))
                                .collect::<Vec<_>>()))
                        }
                    }
                }
            }))
        }
        @if of_log.len() > 1 {
            details {
                summary { "Deferral loss by train rows, as a table" }
                (scrolling("Deferral loss by train rows", html! {
                    table {
                        (heads(&["rows"], &names))
                        tbody {
                            @for log in of_log {
                                (row(train_rows(log.train_rows), &names.iter().map(|name| {
                                    let found = log.methods.iter().find(|of| of.method == *name);
                                    found.map_or("\u{2013}".to_owned(), |of| loss(of.loss.mean))
                                }).collect::<Vec<_>>()))
                            }
                        }
                    }
                }))
            }
        }
    }
}
