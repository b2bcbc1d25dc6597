//! The operating point: two charts, a handle that moves it, and what it is worth there.

use maud::{Markup, html};
use serde::Serialize;

use super::live::{Cell, Live};
use super::measures::{Groups, Measure};
use super::points::{Point, Points};
use super::prices::Prices;
use super::subject::Subject;
use crate::judge::page::number::{difference, difference_interval, interval, loss, percent};
use crate::judge::page::plot::{Axis, Label, at, grid, labels, points, stretched};
use crate::judge::page::table::{heads, row, scrolling};
use crate::judge::report::MeritLine;

/// The height of a chart's area, in pixels; the style sheet has it, too.
const HEIGHT: f64 = 300.0;

/// A constant has up to three thresholds that differ: nobody, itself, everybody. There is nothing
/// to move then.
const FEWEST: usize = 3;

/// What the script knows of a point: the figures of `mild eval --threshold … --json`, and where
/// its marks stand.
#[derive(Serialize)]
pub(super) struct PointRecord<'a> {
    threshold: i32,
    deferral_loss: f64,
    deferral_loss_ci: [f64; 2],
    accuracy: f64,
    price: f64,
    coverage: f64,
    shares: &'a [f64],
    /// Of the marks: share deferred, price, loss, and the interval's ends, in percent.
    at: [f64; 5],
    /// What a screen reader says of the handle.
    text: String,
}

/// The charts and their scales.
pub(super) struct Charts {
    price: Axis,
    loss: Axis,
}

impl Charts {
    pub(super) fn new(subject: &Subject<'_>) -> Self {
        let points = &subject.points.list;
        let best = subject.evaluation.best_single_loss;
        let highest =
            points.iter().map(|point| point.deferral_loss.high).fold(1.25 * best, f64::max);
        let loss = Axis::to(highest);
        let in_sight = |line: &&MeritLine| line.merit.deferral_loss.mean <= loss.high();
        let constants = singles(subject).filter(in_sight).map(|line| line.merit.price.mean);
        let dearest = points.iter().map(|point| point.price).chain(constants).fold(0.0, f64::max);
        Self { price: Axis::to(dearest), loss }
    }

    /// What the script knows.
    pub(super) fn records<'p>(&self, points: &'p Points) -> Vec<PointRecord<'p>> {
        let record = |point: &'p Point| PointRecord {
            threshold: point.threshold,
            deferral_loss: point.deferral_loss.mean,
            deferral_loss_ci: [point.deferral_loss.low, point.deferral_loss.high],
            accuracy: point.accuracy,
            price: point.price,
            coverage: point.coverage,
            shares: &point.shares,
            at: self.marks(point).map(|place| (100.0 * place).round() / 100.0),
            text: format!(
                "defers {}, deferral loss {}",
                percent(point.deferral_rate()),
                loss(point.deferral_loss.mean)
            ),
        };
        points.list.iter().map(record).collect()
    }

    fn marks(&self, point: &Point) -> [f64; 5] {
        let of = &point.deferral_loss;
        let x = [100.0 * point.deferral_rate(), self.price.x(point.price)];
        let y = [of.mean, of.low, of.high].map(|loss| self.loss.y(loss));
        [x[0], x[1], y[0], y[1], y[2]]
    }

    /// One chart. `which` is 0 for the share deferred, 1 for the price.
    fn chart(&self, subject: &Subject<'_>, which: usize) -> Markup {
        let list = &subject.points.list;
        let marks: Vec<[f64; 5]> = list.iter().map(|point| self.marks(point)).collect();
        let upper = marks.iter().map(|m| (m[which], m[4]));
        let lower = marks.iter().rev().map(|m| (m[which], m[3]));
        let line = points(marks.iter().map(|m| (m[which], m[2])));
        let own = marks[subject.points.own];
        let shares = Axis::shares();
        let (axis, title, below) = match which {
            0 => (&shares, "Deferral loss by share deferred", "share of inputs deferred"),
            _ => (&self.price, "Deferral loss by mean price", "mean price of an input"),
        };
        let id = format!("chart-{which}");
        html! {
            figure class="chart" {
                figcaption id=(id) { (title) }
                svg class="plot tall" role="img" aria-labelledby=(id) data-chart=(which) {
                    (grid(Some(axis), &self.loss))
                    (stretched(html! {
                        polygon class="band" points=(points(upper.chain(lower))) {}
                        polyline class="curve" points=(line) {}
                    }))
                    (labels(self.references(subject, which), HEIGHT))
                    line class="own" data-mark="bar" x1=(at(own[which])) x2=(at(own[which]))
                        y1=(at(own[3])) y2=(at(own[4])) {}
                    circle class="own" data-mark="dot" cx=(at(own[which])) cy=(at(own[2])) r="7" {}
                }
                p class="below" aria-hidden="true" { (below) }
            }
        }
    }

    /// The constants and the oracle, as far as they are in sight.
    fn references(&self, subject: &Subject<'_>, which: usize) -> Vec<Label> {
        let mut found: Vec<Label> = Vec::new();
        for line in self.in_sight(subject) {
            let merit = &line.merit;
            let x = if which == 0 {
                100.0 * (1.0 - merit.coverage.mean)
            } else {
                self.price.x(merit.price.mean)
            };
            let oracle = line.name.starts_with("oracle");
            let text = if oracle { "oracle".to_owned() } else { line.name.clone() };
            let class = if oracle { "oracle" } else { "constant" };
            found.push(Label { text, x, y: self.loss.y(merit.deferral_loss.mean), class });
        }
        found
    }

    fn in_sight<'s>(&self, subject: &'s Subject<'_>) -> Vec<&'s MeritLine> {
        /// More names than these are a tangle.
        const NAMED: usize = 7;
        let mut lines: Vec<&MeritLine> = singles(subject)
            .filter(|line| line.merit.deferral_loss.mean <= self.loss.high())
            .collect();
        lines.sort_by(|a, b| a.merit.deferral_loss.mean.total_cmp(&b.merit.deferral_loss.mean));
        lines.truncate(NAMED);
        lines.extend(subject.table.lines.iter().filter(|line| line.name.starts_with("oracle")));
        lines
    }

    /// The names of those that are too high, or too many, for the charts.
    fn out_of_sight(&self, subject: &Subject<'_>) -> Vec<String> {
        let shown = self.in_sight(subject);
        let hidden =
            singles(subject).filter(|line| !shown.iter().any(|other| other.name == line.name));
        hidden
            .map(|line| format!("{} ({})", line.name, loss(line.merit.deferral_loss.mean)))
            .collect()
    }

    /// The section. `inner`: what follows the handle, too.
    pub(super) fn section(&self, subject: &Subject<'_>, live: &mut Live, inner: Markup) -> Markup {
        let points = &subject.points;
        let hidden = self.out_of_sight(subject);
        html! {
            section aria-labelledby="operating" {
                h2 id="operating" { "The operating point" }
                p class="say" {
                    "An input is deferred if its advantage, the best expert\u{2019}s score minus \
                     that of the device, exceeds a threshold. A lower threshold defers more. The \
                     line shows what each threshold costs on the test rows, and the band its \
                     95\u{a0}% interval. The large dot is the current threshold."
                }
                div class="charts" { (self.chart(subject, 0)) (self.chart(subject, 1)) }
                p class="note" id="out-of-sight" hidden[hidden.is_empty()] {
                    "Not in the charts: " (hidden.join(", ")) "."
                }
                (self.table(subject))
                @if points.list.len() > FEWEST {
                    @if let Some(prices) = &live.prices { (Prices::note()) (prices.fields()) }
                    (handle(points))
                }
                (figures(points, subject, live))
                (inner)
            }
        }
    }

    /// What the charts show, as a table.
    fn table(&self, subject: &Subject<'_>) -> Markup {
        let lines = subject.table.lines.iter();
        let references = lines
            .filter(|line| line.name.starts_with("always ") || line.name.starts_with("oracle"));
        let numbers =
            ["deferred", "deferral loss", "95\u{a0}% interval", "answered right", "mean price"];
        let table = html! {
            table {
                caption { "Thresholds are in score units; 0 is the image\u{2019}s own." }
                (heads(&["threshold"], &numbers))
                tbody id="charts-table" {
                    @for line in references {
                        @let merit = &line.merit;
                        (row(&line.name, &[
                            percent(1.0 - merit.coverage.mean),
                            loss(merit.deferral_loss.mean),
                            interval(merit.deferral_loss.low, merit.deferral_loss.high),
                            percent(merit.accuracy.mean),
                            loss(merit.price.mean),
                        ]))
                    }
                    @for point in &subject.points.list {
                        (row(point.threshold.to_string(), &[
                            percent(point.deferral_rate()),
                            loss(point.deferral_loss.mean),
                            interval(point.deferral_loss.low, point.deferral_loss.high),
                            percent(point.accuracy),
                            loss(point.price),
                        ]))
                    }
                }
            }
        };
        html! {
            details {
                summary { "The charts as a table" }
                (scrolling("The charts", table))
            }
        }
    }
}

/// Always the same expert.
fn singles<'s>(subject: &'s Subject<'_>) -> impl Iterator<Item = &'s MeritLine> {
    subject.table.lines.iter().filter(|line| line.name.starts_with("always "))
}

/// What moves the operating point.
fn handle(points: &Points) -> Markup {
    let last = points.list.len() - 1;
    html! {
        div class="handle" hidden {
            label for="handle" { "Defer less or more" }
            input id="handle" type="range" min="0" max=(last) step="1" value=(points.own);
            button id="own" type="button" { "Back to the image\u{2019}s own" }
        }
    }
}

/// What the image is worth at the operating point.
fn figures(points: &Points, subject: &Subject<'_>, live: &mut Live) -> Markup {
    const NAMES: [(&str, bool); 6] = [
        ("Deferral loss", true),
        ("Deferred", false),
        ("Answered right", false),
        ("Mean price", false),
        ("Gain", true),
        ("Threshold", false),
    ];
    let best = subject.name(subject.best);
    // In the order of the names, with the intervals; the script has the same order.
    let cells = live.figures(
        points,
        &[
            &|p| loss(p.deferral_loss.mean),
            &|p| interval(p.deferral_loss.low, p.deferral_loss.high),
            &|p| percent(p.deferral_rate()),
            &|p| percent(p.accuracy),
            &|p| loss(p.price),
            &|p| difference(p.gain.mean),
            &|p| difference_interval(&p.gain),
            &|p| p.threshold.to_string(),
        ],
    );
    let mut cells = cells.into_iter();
    let mut of_point = Vec::new();
    for (name, ranges) in NAMES {
        let figure = cells.next();
        of_point.push((name, figure, if ranges { cells.next() } else { None }));
    }
    let every_row: Vec<Vec<usize>> = vec![(0..subject.part().rows()).collect()];
    let experts: Vec<Measure> = (0..subject.data.experts.len()).map(Measure::Asked).collect();
    let groups = Groups::Fixed(&[&every_row]);
    let shares = live.shares(points, subject.part(), &groups, &experts);
    html! {
        dl class="figures" id="figures" {
            @for (name, figure, range) in &of_point {
                div {
                    dt { (name) }
                    @if let Some(figure) = figure { dd { (figure.span()) } }
                    @if let Some(range) = range { dd class="range" { (range.span()) } }
                }
            }
        }
        p class="note" {
            "Ranges are 95\u{a0}% intervals. The gain is measured against always "
            span id="best" { (best) } ", row by row."
        }
        table class="shares" {
            caption { "Who answers" }
            thead {
                tr {
                    th scope="col" { "expert" }
                    th scope="col" class="n" { "share" }
                    th scope="col" { span class="sr" { "as a bar" } }
                }
            }
            tbody {
                @for (k, cell) in shares.cells.iter().enumerate() {
                    tr { th scope="row" { (subject.name(k)) } (cell.plain()) (share_bar(cell)) }
                }
            }
        }
        @if points.list.len() > FEWEST {
            (subject.command(html! {
                p class="note" { "These are the figures of" }
                pre tabindex="0" { code id="command" {
                    "mild eval " (subject.config.path.display()) " --image out/rejector.mild"
                } }
            }))
            p class="note" {
                "On the device, a governor keeps a deferral rate, or you add the threshold to the \
                 offset of "
                (subject.name(0))
                ". Promises hold only at the image\u{2019}s own threshold and prices."
            }
        }
    }
}

fn share_bar(cell: &Cell) -> Markup {
    html! { td class="bar" aria-hidden="true" { svg class="strip" { (cell.strip()) } } }
}
