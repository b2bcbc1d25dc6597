//! The rows on which the image's choice costs the most beyond the cheapest one.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::answers::{Answers, read};
use super::features::telling;
use super::subject::Subject;
use crate::error::Result;
use crate::judge::decide::decide_part;
use crate::judge::page::number::{count, loss, value};

/// Rows in the table.
const ROWS: usize = 100;

/// Features with a column, the most telling ones.
const FEATURES: usize = 8;

/// Experts with a column of answers.
const EXPERTS: usize = 12;

/// A row that was chosen badly.
struct Mistake {
    row: usize,
    expert: usize,
    cheapest: usize,
    /// Deferral loss beyond that of the cheapest choice.
    beyond: f64,
    margin: i32,
}

/// The section.
///
/// # Errors
/// If the log cannot be read again for the answers.
pub(super) fn section(subject: &Subject<'_>) -> Result<Markup> {
    let part = subject.part();
    let all = mistakes(subject);
    let lines: Vec<u32> = all.iter().take(ROWS).map(|found| part.lines()[found.row]).collect();
    let answers = read(subject.config, subject.log, &lines)?;
    let sum: f64 = all.iter().map(|found| found.beyond).sum();
    Ok(html! {
        section aria-labelledby="mistakes" {
            h2 id="mistakes" { "Its most expensive mistakes" }
            @if all.is_empty() {
                p class="say" { "On every test row the image makes the cheapest choice." }
            } @else {
                p class="say" {
                    "On " (count(all.len())) " of " (count(part.rows())) " test rows, another \
                    choice would have cost less. Together these rows make up all of \
                    the " (loss(sum / part.rows().max(1) as f64)) " by which the image is above \
                    the oracle. "
                    @if all.len() > ROWS { "The " (ROWS) " most expensive ones are \
                    here; " } @else { "They are here; " }
                    "among equals, those of which the image was surest come first. "
                    code { "mild decide" } " lists every row."
                }
                (table(subject, &all[..all.len().min(ROWS)], &answers))
            }
        }
    })
}

fn mistakes(subject: &Subject<'_>) -> Vec<Mistake> {
    let part = subject.part();
    let margins: Vec<i32> = decide_part(subject.image, part).map(|row| row.margin).collect();
    let of_row = |row: usize| {
        let (expert, cheapest) = (usize::from(subject.choices()[row]), subject.oracle[row]);
        let cost = |k: usize| f64::from(part.deferral_loss(row, k));
        Mistake {
            row,
            expert,
            cheapest,
            beyond: cost(expert) - cost(cheapest),
            margin: margins[row],
        }
    };
    let mut found: Vec<Mistake> =
        (0..part.rows()).map(of_row).filter(|mistake| mistake.beyond > 0.0).collect();
    found.sort_by(|a, b| {
        let order = b.beyond.total_cmp(&a.beyond).then(b.margin.cmp(&a.margin));
        order.then(a.row.cmp(&b.row))
    });
    found
}

fn table(subject: &Subject<'_>, shown: &[Mistake], answers: &BTreeMap<u32, Answers>) -> Markup {
    let part = subject.part();
    let experts = part.experts().min(EXPERTS);
    let features = telling(subject, FEATURES);
    let has_right = answers.values().any(|of| of.right.is_some());
    let numeric = |yes: bool| yes.then_some("n");
    let heads = ["line", "asked", "cheapest", "beyond it"];
    html! {
        div class="filter" hidden {
            label for="filter" { "Only rows that contain" }
            input id="filter" type="search" autocomplete="off";
            output id="matches" for="filter" { (shown.len()) " rows" }
        }
        div class="wide tall" role="region" aria-label="The most expensive mistakes \
        (table)" tabindex="0" {
            table id="mistakes-table" class="sorts" {
                thead { tr {
                    @for (index, head) in heads.iter().enumerate() {
                        th scope="col" class=[numeric(index == 0 || index == 3)] { (head) }
                    }
                    @if has_right { th scope="col" { "right answer" } }
                    @for k in 0..experts { th scope="col" { (subject.name(k)) } }
                    @for (name, _) in &features { th scope="col" class="n" { (name) } }
                } }
                tbody {
                    @for found in shown {
                        @let line = part.lines()[found.row];
                        @let of_log = answers.get(&line);
                        tr {
                            td class="n" { (line) }
                            td { (subject.name(found.expert)) }
                            td { (subject.name(found.cheapest)) }
                            td class="n" { (loss(found.beyond)) }
                            @if has_right {
                                td { (of_log.and_then(|of| of.right.as_deref()).unwrap_or("")) }
                            }
                            @for k in 0..experts { (answer(subject, found.row, k, of_log)) }
                            @for (name, inputs) in &features {
                                td class="n" { (feature(subject, found.row, name, inputs)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// An expert's answer, and whether it is right.
fn answer(subject: &Subject<'_>, row: usize, k: usize, of_log: Option<&Answers>) -> Markup {
    let error = subject.part().errors()[(row, k)];
    let text = of_log.and_then(|of| of.experts.get(k).cloned().flatten()).unwrap_or_default();
    let judged = match error {
        0.0 => "right".to_owned(),
        1.0 => "wrong".to_owned(),
        error => format!("error {error:.2}"),
    };
    html! {
        td class=(if error < 0.5 { "right" } else { "wrong" }) {
            @if text.is_empty() { (judged) } @else { (text) " " small { (judged) } }
        }
    }
}

/// A feature's value, or the category of a categorical column.
fn feature(subject: &Subject<'_>, row: usize, name: &str, inputs: &[usize]) -> String {
    let of_row = subject.part().row(row);
    let names = &subject.data.feature_names;
    match inputs {
        [input] if names[*input] == name => value(of_row[*input]),
        _ => {
            let found = inputs.iter().find(|&&input| of_row[input] > 0.5);
            found.map_or_else(String::new, |&input| names[input][name.len() + 1..].to_owned())
        }
    }
}
