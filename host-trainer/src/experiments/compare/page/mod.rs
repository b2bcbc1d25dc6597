//! `compare.html`: the comparison as one page for people.

mod curves;
mod dots;
mod log;
mod methods;
mod origin;
mod overall;
mod verdict;

use maud::html;

pub(crate) use self::origin::Origin;
use super::Comparison;
use super::summary::LogSummary;
use crate::judge::page::{Document, words};

/// The name of the page beside the tables.
pub(crate) const FILE_NAME: &str = "compare.html";

/// The words that the page uses.
const WORDS: [&str; 8] = [
    "best single",
    "deferral loss",
    "deferred",
    "expert",
    "interval",
    "minority recall",
    "oracle",
    "price",
];

/// The page of a comparison.
#[must_use]
pub(crate) fn page(comparison: &Comparison, origin: &Origin) -> String {
    let logs = by_log(comparison);
    let sections = html! {
        (verdict::section(comparison))
        @for overall in &comparison.overall { (overall::section(overall, &comparison.logs)) }
        @for (index, log) in logs.iter().enumerate() { (log::section(index, log)) }
        (origin::section(origin))
        (words::section(&WORDS))
    };
    let title = match &logs[..] {
        [of_one] => format!("Comparison on {}", of_one.first().map_or("", |log| &log.log)),
        _ => format!("Comparison on {} logs", logs.len()),
    };
    Document { title: &title, sections, script: None }.render()
}

/// The logs in the order of the comparison, each with its numbers of train rows, the fewest first.
fn by_log(comparison: &Comparison) -> Vec<Vec<&LogSummary>> {
    let mut logs: Vec<Vec<&LogSummary>> = Vec::new();
    for log in &comparison.logs {
        match logs.iter_mut().find(|of_log| of_log.iter().any(|one| one.log == log.log)) {
            Some(of_log) => of_log.push(log),
            None => logs.push(vec![log]),
        }
    }
    for of_log in &mut logs {
        of_log.sort_by_key(|log| log.train_rows.unwrap_or(usize::MAX));
    }
    logs
}
