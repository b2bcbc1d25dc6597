//! One log: every method with its interval, and curves.

use maud::{Markup, html};

use super::curves;
use super::dots::Scale;
use super::methods::{own_classifiers, ranked, train_rows};
use crate::experiments::compare::figures::MethodSummary;
use crate::experiments::compare::paired::Against;
use crate::experiments::compare::summary::LogSummary;
use crate::judge::page::number::{count, counted, difference, interval, loss, percent};
use crate::judge::page::table::scrolling;

/// The section on a log, which has one summary for each number of train rows, the fewest first.
/// Tables and curves are those of the most rows.
pub(super) fn section(index: usize, of_log: &[&LogSummary]) -> Markup {
    let Some(log) = of_log.last() else { return html! {} };
    let id = format!("log-{index}");
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (log.log) ", " (train_rows(log.train_rows)) }
            p class="say" {
                (counted(log.rows, "test row")) ". The best single expert in hindsight is "
                (log.best_single_name) " with a deferral loss of " (loss(log.best_single))
                ", marked by the vertical lines; the one that is best on the calibration rows has "
                (loss(log.best_single_on_calibration)) ". The oracle, which knows the best choice \
                on every row, has " (loss(log.oracle)) "."
            }
            (methods(log))
            @if log.methods.iter().any(|method| method.own_classifier) {
                (own_classifiers())
            }
            (remarks(log))
            div class="charts" {
                (curves::by_deferral_rate(&format!("{id}-rate"), log))
                @if of_log.len() > 1 { (curves::learning(&format!("{id}-rows"), of_log)) }
            }
            (curves::tables(of_log))
        }
    }
}

fn methods(log: &LogSummary) -> Markup {
    let ranked = ranked(log);
    let ends = ranked.iter().flat_map(|method| [method.loss.low, method.loss.high]);
    let scale = Scale::holding(ends.chain([log.best_single]));
    let heads = [
        "95\u{a0}% interval",
        "of the seeds",
        "minus best method",
        "minus best single",
        "deferred",
        "answered right",
        "minority recall",
        "image, bytes",
    ];
    let name = format!("Methods on {}", log.log);
    let table = html! {
        table {
            caption { "The lowest deferral loss first; an interval in bold does not contain 0" }
            thead {
                tr {
                    th scope="col" { "method" }
                    th scope="col" class="n" { "deferral loss" }
                    th scope="col" { (scale.heading()) }
                    @for head in heads { th scope="col" class="n" { (head) } }
                    th scope="col" { "chosen by the first seed" }
                }
            }
            tbody {
                @for method in ranked { (method_row(method, scale, log.best_single)) }
            }
        }
    };
    scrolling(&name, table)
}

fn method_row(method: &MethodSummary, scale: Scale, best_single: f64) -> Markup {
    let [least, most] = method.loss_of_seeds;
    let optional = |value: Option<String>| value.unwrap_or_else(|| "\u{2013}".to_owned());
    html! {
        tr {
            th scope="row" { (method.method) @if method.own_classifier { "*" } }
            td class="n strong" { (loss(method.loss.mean)) }
            td { (scale.cell(&method.loss, best_single)) }
            td class="n" { (interval(method.loss.low, method.loss.high)) }
            td class="n" {
                @if method.seeds > 1 { (loss(least)) " to " (loss(most)) } @else { "one seed" }
            }
            (against((!method.own_classifier).then_some(&method.against_best)))
            (against(Some(&method.against_best_single)))
            td class="n" { (percent(1.0 - method.coverage)) }
            td class="n" { (percent(method.accuracy)) }
            td class="n" { (optional(method.minority_recall.map(percent))) }
            td class="n" { (optional(method.image_bytes.map(count))) }
            td class="whole" { (method.chosen) }
        }
    }
}

/// A difference with its interval, bold where it is none by chance.
fn against(of: Option<&Against>) -> Markup {
    let Some(Against { difference: found, verdict }) = of else {
        return html! { td class="n" { "\u{2013}" } };
    };
    let clear = verdict.name() != "tie";
    html! {
        td class={ "n" @if clear { " strong" } } {
            (difference(found.mean)) " (" (interval(found.low, found.high)) ")"
        }
    }
}

/// Methods without an image, and those that cannot be used here.
fn remarks(log: &LogSummary) -> Markup {
    let without = log.methods.iter().filter_map(|method| {
        let reason = method.no_image.as_ref()?;
        Some(format!("{}: no image for some seed: {reason}", method.method))
    });
    let skipped =
        log.skipped.iter().map(|(method, reason)| format!("{method}: not used here: {reason}"));
    let remarks: Vec<String> = without.chain(skipped).collect();
    html! {
        @if !remarks.is_empty() {
            ul class="helps" { @for remark in remarks { li { (remark) } } }
        }
    }
}
