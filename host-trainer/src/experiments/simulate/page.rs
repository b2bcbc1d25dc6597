//! `simulate.html`: a replay as one page for people.

use maud::{Markup, html};

use super::{Figures, Moment, Replay};
use crate::judge::page::number::{count, counted, loss, percent};
use crate::judge::page::plot::{Axis, Label, grid, labels, points, stretched};
use crate::judge::page::table::{heads, pairs, row, scrolling};
use crate::judge::page::{Document, words};
use crate::judge::report::hex;

/// The name of the page beside the plot.
pub(crate) const FILE_NAME: &str = "simulate.html";

/// The words that the page uses.
const WORDS: [&str; 6] = ["deferral loss", "deferred", "error", "expert", "price", "threshold"];

/// The height of a plot's area, in pixels.
const HEIGHT: f64 = 200.0;

/// Moments of the course in its table: every so many.
const EVERY: usize = 10;

/// What the page says beside the replay.
pub(crate) struct Origin<'a> {
    /// The log's file.
    pub(crate) log: String,
    /// Which rows were replayed.
    pub(crate) split: &'static str,
    /// The names of the experts.
    pub(crate) experts: Vec<&'a str>,
    /// The digest of the log.
    pub(crate) log_digest: [u8; 8],
    /// The checksum of the image.
    pub(crate) checksum: u32,
    /// The rows of the moving means.
    pub(crate) window: usize,
    /// The command line.
    pub(crate) command: String,
}

/// A figure that the page shows over time: its name, whether it is a share, and its index in a
/// [`Moment`].
const COURSES: [(&str, &str, bool, usize); 3] = [
    ("rate", "Share deferred", true, 0),
    ("error", "Error", false, 1),
    ("price", "Price", false, 2),
];

/// The page of a replay.
#[must_use]
pub(crate) fn page(replay: &Replay, origin: &Origin<'_>) -> String {
    let sections = html! {
        (verdict(replay, origin))
        section aria-labelledby="course" {
            h2 id="course" { "Over time" }
            p class="say" {
                "Means over the last " (counted(origin.window, "row")) ". The dashed lines are the \
                same image with a fixed threshold."
            }
            div class="charts" {
                @for (id, name, share, index) in COURSES { (course(replay, id, name, share, index)) }
            }
            (course_table(replay))
        }
        (experts(replay, origin))
        @if !replay.segments.is_empty() { (segments(replay)) }
        (drift(replay))
        (made(origin))
        (words::section(&WORDS))
    };
    let title = format!("Replay of {}", origin.log);
    Document { title: &title, sections, script: None }.render()
}

fn verdict(replay: &Replay, origin: &Origin<'_>) -> Markup {
    let (governed, fixed) = (&replay.governed, &replay.fixed);
    let budget = percent(replay.budget);
    let numbers = ["deferred", "deferral loss", "error", "price", "drift flags"];
    let of = |figures: &Figures| {
        vec![
            percent(figures.deferral_rate),
            loss(figures.deferral_loss),
            loss(figures.error),
            loss(figures.price),
            count(figures.drift_flags),
        ]
    };
    html! {
        section class="verdict" {
            h1 {
                "The governor deferred " (percent(governed.deferral_rate)) " of the rows with a \
                budget of " (budget) "; a fixed threshold deferred " (percent(fixed.deferral_rate))
            }
            p class="lead" {
                "Its deferral loss was " (loss(governed.deferral_loss)) ", that of the fixed \
                threshold " (loss(fixed.deferral_loss)) ", over "
                (counted(governed.rows, "row")) " of the " (origin.split) " split."
            }
            p {
                "The governor's rate is proved to be at most "
                (format!("{:.1}", 100.0 * replay.rate_bound)) " points above its budget after this \
                many rows, whatever the rows are."
            }
            (scrolling("Both ways of deciding", html! {
                table {
                    (heads(&["way"], &numbers))
                    tbody {
                        (row("governor", &of(governed)))
                        (row("fixed threshold", &of(fixed)))
                        @if let Some(online) = &replay.online {
                            (row("learned online", &of(online)))
                        }
                    }
                }
            }))
        }
    }
}

fn course(replay: &Replay, id: &str, name: &str, share: bool, index: usize) -> Markup {
    let moments = &replay.course;
    let last = moments.last().map_or(1, |moment| moment.row.max(1)) as f64;
    let values = moments.iter().flat_map(|one| [one.governed[index], one.fixed[index]]);
    let axis = if share { Axis::shares() } else { Axis::to(values.fold(0.0, f64::max)) };
    let line = |value: &dyn Fn(&Moment) -> f64| {
        let known = moments.iter();
        points(known.map(|one| (100.0 * one.row as f64 / last, axis.y(value(one)))))
    };
    let end = |value: &dyn Fn(&Moment) -> f64| moments.last().map_or(100.0, |m| axis.y(value(m)));
    let mark = |text: &str, y: f64, class| Label { text: text.to_owned(), x: 100.0, y, class };
    let mut marks = vec![
        mark("governor", end(&|one| one.governed[index]), "own"),
        mark("fixed", end(&|one| one.fixed[index]), "constant"),
    ];
    if share {
        marks.push(mark("budget", end(&|one| one.budget), "oracle"));
    }
    html! {
        figure class="chart" {
            figcaption id=(id) { (name) }
            svg class="plot middle" role="img" aria-labelledby=(id) {
                (grid(None, &axis))
                (stretched(html! {
                    @if share { polyline class="rival" points=(line(&|one| one.budget)) {} }
                    polyline class="reference" points=(line(&|one| one.fixed[index])) {}
                    polyline class="curve" points=(line(&|one| one.governed[index])) {}
                }))
                (labels(marks, HEIGHT))
            }
            p class="below" aria-hidden="true" { "rows 0 to " (count(last as usize)) }
        }
    }
}

fn course_table(replay: &Replay) -> Markup {
    let numbers = [
        "governor: deferred",
        "fixed: deferred",
        "budget",
        "governor: error",
        "fixed: error",
        "governor: price",
        "fixed: price",
    ];
    html! {
        details {
            summary { "Over time, as a table" }
            (scrolling("Over time", html! {
                table {
                    (heads(&["row"], &numbers))
                    tbody {
                        @for moment in replay.course.iter().step_by(EVERY) {
                            @let Moment { governed, fixed, .. } = moment;
                            (row(count(moment.row), &[
                                percent(governed[0]),
                                percent(fixed[0]),
                                percent(moment.budget),
                                loss(governed[1]),
                                loss(fixed[1]),
                                loss(governed[2]),
                                loss(fixed[2]),
                            ]))
                        }
                    }
                }
            }))
        }
    }
}

fn experts(replay: &Replay, origin: &Origin<'_>) -> Markup {
    let shares = replay.governed.shares.iter().zip(&replay.fixed.shares);
    html! {
        section aria-labelledby="experts" {
            h2 id="experts" { "Who answered" }
            (scrolling("Who answered", html! {
                table {
                    (heads(&["expert"], &["governor", "fixed threshold"]))
                    tbody {
                        @for (name, (governed, fixed)) in origin.experts.iter().zip(shares) {
                            (row(name, &[percent(*governed), percent(*fixed)]))
                        }
                    }
                }
            }))
        }
    }
}

fn segments(replay: &Replay) -> Markup {
    let numbers = [
        "rows",
        "governor: deferred",
        "fixed: deferred",
        "governor: loss",
        "fixed: loss",
        "drift flags",
    ];
    html! {
        section aria-labelledby="segments" {
            h2 id="segments" { "Segment by segment" }
            (scrolling("Segment by segment", html! {
                table {
                    (heads(&["segment"], &numbers))
                    tbody {
                        @for one in &replay.segments {
                            (row(&one.name, &[
                                count(one.governed.rows),
                                percent(one.governed.deferral_rate),
                                percent(one.fixed.deferral_rate),
                                loss(one.governed.deferral_loss),
                                loss(one.fixed.deferral_loss),
                                count(one.governed.drift_flags),
                            ]))
                        }
                    }
                }
            }))
        }
    }
}

fn drift(replay: &Replay) -> Markup {
    /// Flags that are named one by one.
    const MOST: usize = 20;
    html! {
        section aria-labelledby="drift" {
            h2 id="drift" { "Drift" }
            @if replay.drift.is_empty() {
                p { "The governor's watches raised no flag." }
            } @else {
                p {
                    "The governor's watches raised " (counted(replay.drift.len(), "flag")) "; after \
                    each flag they start again."
                }
                ul class="helps" {
                    @for flag in replay.drift.iter().take(MOST) {
                        li { "row " (count(flag.row)) ": the " (flag.signal) " has drifted" }
                    }
                    @if replay.drift.len() > MOST {
                        li { "and " (count(replay.drift.len() - MOST)) " more" }
                    }
                }
            }
        }
    }
}

fn made(origin: &Origin<'_>) -> Markup {
    let lines = [
        ("Log", origin.log.clone()),
        ("Rows", format!("the {} split", origin.split)),
        ("Digest of the log", hex(&origin.log_digest)),
        ("Checksum of the image", format!("{:08x}", origin.checksum)),
        ("Page written by", format!("mild {}", env!("CARGO_PKG_VERSION"))),
    ];
    html! {
        section aria-labelledby="origin" {
            h2 id="origin" { "Where this comes from" }
            (pairs("Where this comes from", &lines))
            p { "To make it again:" }
            pre tabindex="0" { (origin.command) }
        }
    }
}
