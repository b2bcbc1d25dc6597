//! All logs at one number of train rows.

use maud::{Markup, html};

use super::methods::{own_classifiers, train_rows};
use crate::experiments::compare::paired::Verdict;
use crate::experiments::compare::summary::LogSummary;
use crate::experiments::compare::{MethodOverall, Overall};
use crate::judge::page::number::{and, count, loss};
use crate::judge::page::table::{heads, row, scrolling};

/// The section.
pub(super) fn section(overall: &Overall, logs: &[LogSummary]) -> Markup {
    let rows = overall.train_rows.map_or("all".to_owned(), |rows| rows.to_string());
    let id = format!("overall-{rows}");
    let logs: Vec<&LogSummary> =
        logs.iter().filter(|log| log.train_rows == overall.train_rows).collect();
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { "All logs, " (train_rows(overall.train_rows)) }
            (methods(overall))
            @if let (Some(p), Some(least)) =
                (overall.ranks.p_value, overall.ranks.critical_difference)
            {
                p class="note" {
                    "Mean ranks are over the " (count(overall.ranked.len())) " methods that ran on \
                    every log. If all methods were alike, ranks as unequal as these would have a \
                    probability of " (format!("{p:.2e}")) " (Friedman's test). Ranks that differ by \
                    less than " (format!("{least:.2}")) " cannot be told apart (Nemenyi's test)."
                }
            }
            h3 { "Deferral loss on each log" }
            (losses(overall, &logs))
            @if logs.iter().any(|log| log.methods.iter().any(|method| method.own_classifier)) {
                (own_classifiers())
            }
        }
    }
}

fn methods(overall: &Overall) -> Markup {
    let mut order: Vec<&MethodOverall> = overall.methods.iter().collect();
    order.sort_by(|a, b| b.logs.cmp(&a.logs).then(a.mean_loss.total_cmp(&b.mean_loss)));
    let rank = |name: &str| {
        let at = overall.ranked.iter().position(|ranked| ranked == name);
        at.map_or("\u{2013}".to_owned(), |at| format!("{:.2}", overall.ranks.mean[at]))
    };
    let list = |logs: &[String]| match logs {
        [] => "none".to_owned(),
        some => and(some),
    };
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "method" }
                    @for head in ["logs", "mean loss", "mean rank", "best or tied"] {
                        th scope="col" class="n" { (head) }
                    }
                    th scope="col" { "worse than the best single expert on" }
                }
            }
            tbody {
                @for method in order {
                    tr {
                        th scope="row" { (method.method) }
                        td class="n" { (count(method.logs)) }
                        td class="n strong" { (loss(method.mean_loss)) }
                        td class="n" { (rank(&method.method)) }
                        td class="n" { (method.best_or_tied) " of " (method.logs) }
                        td { (list(&method.worse_than_best_single)) }
                    }
                }
            }
        }
    };
    scrolling("Methods over all logs", table)
}

fn losses(overall: &Overall, logs: &[&LogSummary]) -> Markup {
    let names: Vec<&str> = overall.methods.iter().map(|method| method.method.as_str()).collect();
    let references = ["always local", "best single", "oracle"];
    let table = html! {
        table {
            caption { "Bold: the best method on that log, or tied with it" }
            (heads(&["log"], &[&references[..], &names[..]].concat()))
            tbody {
                @for log in logs {
                    tr {
                        th scope="row" { (log.log) }
                        @for value in [log.local, log.best_single, log.oracle] {
                            td class="n" { (loss(value)) }
                        }
                        @for name in &names {
                            @match log.methods.iter().find(|method| method.method == *name) {
                                Some(method) => {
                                    @let best = !method.own_classifier
                                        && method.against_best.verdict != Verdict::Worse;
                                    td class={ "n" @if best { " strong" } } {
                                        (loss(method.loss.mean)) @if method.own_classifier { "*" }
                                    }
                                }
                                None => td class="n" { "\u{2013}" },
                            }
                        }
                    }
                }
                @if logs.is_empty() { (row("no log", &[])) }
            }
        }
    };
    scrolling("Deferral loss on each log", table)
}
