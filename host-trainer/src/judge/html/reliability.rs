//! Whether the image's probabilities are to be believed: predicted beside observed.

use maud::{Markup, html};

use super::subject::Subject;
use crate::arithmetic::statistics::{Estimate, mean};
use crate::data::part::Part;
use crate::judge::decide::decide_part;
use crate::judge::evaluate::resamples;
use crate::judge::page::number::{count, percent};
use crate::judge::page::plot::{Axis, at, grid, points, stretched};
use crate::judge::page::table::{heads, row, scrolling};

/// Bins of a probability.
const BINS: usize = 10;

/// Experts with a plot.
const PLOTS: usize = 8;

/// The rows on which a probability lies in one range.
struct Bin {
    rows: usize,
    predicted: f64,
    right: Estimate,
}

/// One expert's probabilities.
struct Reliability {
    bins: Vec<Bin>,
    /// The mean distance of predicted and observed, over rows.
    error: f64,
}

/// The section, if the image has probabilities.
pub(super) fn section(subject: &Subject<'_>) -> Option<Markup> {
    subject.image.platt_scaling()?;
    let part = subject.part();
    let probabilities: Vec<Vec<f64>> =
        decide_part(subject.image, part).filter_map(|row| row.probabilities).collect();
    let experts = part.experts().min(PLOTS);
    let of: Vec<Reliability> =
        (0..experts).map(|k| reliability(part, &probabilities, k, subject.seed)).collect();
    Some(html! {
        section aria-labelledby="calibration" {
            h2 id="calibration" { "Are its probabilities right?" }
            p class="say" {
                "The image gives the probability that each expert is right. Each dot stands for \
                 test rows with similar probabilities: its height is how often the expert was \
                 right on them, with a 95\u{a0}% interval, and its place from left to right is the \
                 predicted probability. On the diagonal the two agree. The calibration error is \
                 their mean difference over the rows."
            }
            div class="features" {
                @for (k, one) in of.iter().enumerate() { (plot(subject.name(k), k, one)) }
            }
            details {
                summary { "The probabilities as a table" }
                (as_table(subject, &of))
            }
        }
    })
}

fn as_table(subject: &Subject<'_>, of: &[Reliability]) -> Markup {
    let table = html! {
        table {
            (heads(&["expert"], &["rows", "predicted", "right", "95\u{a0}% interval"]))
            tbody {
                @for (k, one) in of.iter().enumerate() {
                    @for bin in &one.bins {
                        (row(subject.name(k), &[
                            count(bin.rows),
                            percent(bin.predicted),
                            percent(bin.right.mean),
                            format!("{} to {}", percent(bin.right.low), percent(bin.right.high)),
                        ]))
                    }
                }
            }
        }
    };
    scrolling("Predicted and observed", table)
}

fn reliability(part: &Part, probabilities: &[Vec<f64>], k: usize, seed: u64) -> Reliability {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); BINS];
    for (row, of) in probabilities.iter().enumerate() {
        let bin = (of[k] * BINS as f64).clamp(0.0, (BINS - 1) as f64) as usize;
        rows[bin].push(row);
    }
    let bins: Vec<Bin> = rows
        .iter()
        .filter(|rows| !rows.is_empty())
        .map(|rows| {
            let of = part.subset(rows);
            let right: Vec<f64> = of.errors().column(k).map(|&e| 1.0 - f64::from(e)).collect();
            let predicted: Vec<f64> = rows.iter().map(|&row| probabilities[row][k]).collect();
            Bin {
                rows: rows.len(),
                predicted: mean(&predicted),
                right: resamples(&of, seed).estimate(&right),
            }
        })
        .collect();
    let distances = bins.iter().map(|bin| bin.rows as f64 * (bin.predicted - bin.right.mean).abs());
    let error = distances.sum::<f64>() / probabilities.len().max(1) as f64;
    Reliability { bins, error }
}

fn plot(name: &str, k: usize, of: &Reliability) -> Markup {
    let axis = Axis::shares();
    let id = format!("reliability-{k}");
    let diagonal = points([(0.0, 100.0), (100.0, 0.0)].into_iter());
    html! {
        figure class="feature" {
            figcaption id=(id) { (name) ": calibration error " (percent(of.error)) }
            svg class="plot square" role="img" aria-labelledby=(id) {
                (grid(Some(&axis), &axis))
                (stretched(html! { polyline class="diagonal" points=(diagonal) {} }))
                @for bin in &of.bins {
                    @let x = at(axis.x(bin.predicted));
                    line class="own" x1=(x) x2=(x) y1=(at(axis.y(bin.right.low)))
                        y2=(at(axis.y(bin.right.high))) {}
                    circle class="own" cx=(x) cy=(at(axis.y(bin.right.mean))) r="4" {}
                }
            }
        }
    }
}
