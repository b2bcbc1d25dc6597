//! Who is asked where: by class, and beside who should be.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::live::Live;
use super::measures::{Groups, Measure};
use super::subject::Subject;
use crate::judge::page::number::{count, percent};
use crate::judge::report::imbalance::cheapest_right_of;

/// Classes that are shown, those with the most rows first.
const MOST_CLASSES: usize = 40;

/// Experts that have a column each.
const MOST_COLUMNS: usize = 12;

/// By class, if the log has labels that differ.
pub(super) fn by_class(subject: &Subject<'_>, live: &mut Live) -> Option<Markup> {
    let part = subject.part();
    let labels = part.labels()?;
    let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, &label) in labels.iter().enumerate() {
        rows_of.entry(usize::from(label)).or_default().push(row);
    }
    let mut of_class: Vec<(usize, Vec<usize>)> = rows_of.into_iter().collect();
    if of_class.len() < 2 {
        return None;
    }
    of_class.sort_by_key(|(class, rows)| (std::cmp::Reverse(rows.len()), *class));
    let (all, shown) = (of_class.len(), of_class.len().min(MOST_CLASSES));
    of_class.truncate(shown);
    of_class.sort_by_key(|&(class, _)| class);
    let columns = if part.experts() <= MOST_COLUMNS { part.experts() } else { 1 };
    // Per class: deferred, answered right, and the share of each expert.
    let width = 2 + columns;
    let measures: Vec<Measure> = [Measure::Deferred, Measure::Right]
        .into_iter()
        .chain((0..columns).map(Measure::Asked))
        .collect();
    let rows: Vec<Vec<usize>> = of_class.iter().map(|(_, rows)| rows.clone()).collect();
    let cells = live.shares(&subject.points, part, &Groups::Fixed(&[&rows]), &measures);
    let alone = |rows: &[usize]| {
        let right = rows.iter().map(|&row| 1.0 - f64::from(part.errors().row(row)[0]));
        right.sum::<f64>() / rows.len() as f64
    };
    Some(html! {
        h3 { "By class" }
        (cells.note())
        div class="wide" role="region" aria-label="Who is asked, by class (table)" tabindex="0" {
            table class="heat" {
                thead { tr {
                    th scope="col" { "class" }
                    th scope="col" class="n" { "rows" }
                    th scope="col" class="n" { (subject.name(0)) " alone right" }
                    th scope="col" class="n" { "together right" }
                    th scope="col" class="n" { "deferred" }
                    @if columns > 1 {
                        @for k in 0..columns { th scope="col" class="n" { (subject.name(k)) } }
                    }
                } }
                tbody {
                    @for (index, (class, rows)) in of_class.iter().enumerate() {
                        @let cells = &cells.cells[index * width..][..width];
                        tr {
                            th scope="row" { (class_name(subject, *class)) }
                            td class="n" { (count(rows.len())) }
                            td class="n" { (percent(alone(rows))) }
                            (cells[1].plain())
                            (cells[0].tinted())
                            @if columns > 1 { @for cell in &cells[2..] { (cell.tinted()) } }
                        }
                    }
                }
            }
        }
        @if all > shown {
            p class="note" { "The " (shown) " most frequent of " (count(all)) " classes." }
        }
    })
}

/// The name of a class, or its number.
fn class_name(subject: &Subject<'_>, class: usize) -> String {
    let name = subject.data.class_names.get(class);
    name.cloned().unwrap_or_else(|| class.to_string())
}

/// The expert asked beside the cheapest right one, and how often that one was found.
pub(super) fn beside_cheapest(subject: &Subject<'_>, live: &mut Live) -> Markup {
    let part = subject.part();
    let experts = part.experts();
    // The last line is for rows on which nobody is right.
    let mut wanted: Vec<Vec<usize>> = vec![Vec::new(); experts + 1];
    for row in 0..part.rows() {
        wanted[cheapest_right_of(part, row).unwrap_or(experts)].push(row);
    }
    let columns = if experts <= MOST_COLUMNS { experts } else { 0 };
    let measures: Vec<Measure> =
        [Measure::AskedItself].into_iter().chain((0..columns).map(Measure::Asked)).collect();
    let cells = live.shares(&subject.points, part, &Groups::Cheapest(&wanted), &measures);
    let width = 1 + columns;
    let even = part.rows() as f64 / experts as f64;
    html! {
        h3 { "Asked, beside the cheapest right one" }
        p class="say" {
            "Each line stands for the test rows on which one expert is the cheapest of those that \
             are right. Recall is the share of these rows on which that expert is asked. An expert \
             with few such rows, a minority expert, is the easiest to overlook."
        }
        (cells.note())
        div class="wide" role="region" aria-label="Asked, beside the cheapest right one \
        (table)" tabindex="0" {
            table class="heat" {
                thead { tr {
                    th scope="col" { "cheapest right" }
                    th scope="col" class="n" { "rows" }
                    th scope="col" class="n" { "recall" }
                    @for k in 0..columns { th scope="col" class="n" { (subject.name(k)) " asked" } }
                } }
                tbody {
                    @for (line, rows) in wanted.iter().enumerate() {
                        @let cells = &cells.cells[line * width..][..width];
                        tr {
                            th scope="row" {
                                @if line < experts {
                                    (subject.name(line))
                                    span class="tag" data-minority=(line)
                                        hidden[rows.len() as f64 >= even] { "minority" }
                                } @else { "nobody is right" }
                            }
                            td class="n" data-needed=(line) { (count(rows.len())) }
                            (cells[0].plain())
                            @for cell in &cells[1..] { (cell.tinted()) }
                        }
                    }
                }
            }
        }
    }
}
