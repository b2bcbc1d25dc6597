//! Methods and rows as all sections name them.

use maud::{Markup, html};

use crate::experiments::compare::figures::MethodSummary;
use crate::experiments::compare::summary::LogSummary;
use crate::judge::page::number::counted;

/// The methods of a log, the lowest deferral loss first. Those that answer with a classifier of
/// their own come last: their losses are not compared with the others'.
pub(super) fn ranked(log: &LogSummary) -> Vec<&MethodSummary> {
    let mut methods: Vec<&MethodSummary> = log.methods.iter().collect();
    methods.sort_by(|a, b| {
        let losses = a.loss.mean.total_cmp(&b.loss.mean);
        a.own_classifier.cmp(&b.own_classifier).then(losses)
    });
    methods
}

/// A number of train rows in a sentence.
pub(super) fn train_rows(log: Option<usize>) -> String {
    log.map_or_else(|| "all train rows".to_owned(), |rows| counted(rows, "train row"))
}

/// What the star behind a name or a loss means.
pub(super) fn own_classifiers() -> Markup {
    html! {
        p class="note" {
            "* answers with its own classifier in place of the local model, and is not compared with \
            the others."
        }
    }
}
