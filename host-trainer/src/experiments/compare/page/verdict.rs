//! The page's first sentences.

use maud::{Markup, html};

use super::methods::{ranked, train_rows};
use crate::experiments::compare::figures::MethodSummary;
use crate::experiments::compare::paired::Verdict;
use crate::experiments::compare::summary::LogSummary;
use crate::experiments::compare::{Comparison, MethodOverall, Overall};
use crate::judge::page::number::{about, and, count, counted, difference, interval, loss};

/// The section.
pub(super) fn section(comparison: &Comparison) -> Markup {
    // With the most train rows.
    let overall = comparison.overall.iter().max_by_key(|one| one.train_rows.unwrap_or(usize::MAX));
    let log = comparison.logs.iter().max_by_key(|one| one.train_rows.unwrap_or(usize::MAX));
    html! {
        section class="verdict" {
            @match (overall, log) {
                (Some(overall), _) => (over_logs(overall, &comparison.logs)),
                (None, Some(log)) => (of_log(log)),
                (None, None) => h1 { "Nothing was compared" },
            }
            p class="say" {
                "Differences are paired: both methods decide on the same test rows. Two methods tie \
                if the 95\u{a0}% interval of their difference contains 0. Lower losses are better."
            }
        }
    }
}

/// The method that is best or tied most often; of several the one with the lowest mean loss. Those
/// with a classifier of their own are not compared.
fn winner<'a>(overall: &'a Overall, logs: &[LogSummary]) -> Option<&'a MethodOverall> {
    let own = |name: &str| {
        let mut all = logs.iter().flat_map(|log| &log.methods);
        all.any(|method| method.method == name && method.own_classifier)
    };
    let compared = || overall.methods.iter().filter(|method| !own(&method.method));
    let most = compared().map(|method| method.logs).max()?;
    let everywhere = compared().filter(|method| method.logs == most);
    everywhere.min_by(|a, b| {
        b.best_or_tied.cmp(&a.best_or_tied).then(a.mean_loss.total_cmp(&b.mean_loss))
    })
}

fn over_logs(overall: &Overall, logs: &[LogSummary]) -> Markup {
    let Some(best) = winner(overall, logs) else {
        return html! { h1 { "No method ran on all logs" } };
    };
    let worse = &best.worse_than_best_single;
    html! {
        h1 {
            (best.method) " is the best method or ties with it on " (count(best.best_or_tied))
            " of " (counted(best.logs, "log")) ", with a mean deferral loss of "
            (loss(best.mean_loss))
        }
        p class="lead" {
            @if worse.is_empty() {
                "It is on no log worse than the best single expert, which is known only in hindsight."
            } @else {
                "It is worse than the best single expert, which is known only in hindsight, on "
                (and(worse)) "."
            }
        }
    }
}

fn of_log(log: &LogSummary) -> Markup {
    let methods = ranked(log);
    let Some((best, others)) = methods.split_first() else {
        return html! { h1 { "No method can be used on " (log.log) } };
    };
    let saved = 1.0 - best.loss.mean / log.best_single;
    let single = &log.best_single_name;
    let named = |verdict: Verdict| -> Vec<String> {
        let compared = others.iter().filter(|method| !method.own_classifier);
        let such = compared.filter(|method| method.against_best.verdict == verdict);
        such.map(|method| method.method.clone()).collect()
    };
    html! {
        h1 {
            @match best.against_best_single.verdict {
                Verdict::Better => {
                    (best.method) " has the lowest deferral loss, " (loss(best.loss.mean)) ": "
                    (about(saved)) " below always asking " (single)
                }
                Verdict::Tie => {
                    "No method is clearly better than always asking " (single) "; "
                    (best.method) " has the lowest deferral loss, " (loss(best.loss.mean))
                }
                Verdict::Worse => {
                    "Always asking " (single) " is better than every method; the best of them, "
                    (best.method) ", has a deferral loss of " (loss(best.loss.mean))
                }
            }
        }
        p class="lead" { (against_single(best, log)) }
        @for (verdict, says) in [
            (Verdict::Tie, ["ties with it", "tie with it"]),
            (Verdict::Worse, ["is clearly worse", "are clearly worse"]),
        ] {
            @let names = named(verdict);
            @if !names.is_empty() {
                p { (and(&names)) " " (says[usize::from(names.len() > 1)]) "." }
            }
        }
    }
}

fn against_single(best: &MethodSummary, log: &LogSummary) -> String {
    let gap = &best.against_best_single.difference;
    format!(
        "With {}, its loss differs from the best single expert's, {}, by {} (95\u{a0}% interval {}) \
         on {}. No rule could do better than {}, the loss of the best choice on every row.",
        train_rows(log.train_rows),
        loss(log.best_single),
        difference(gap.mean),
        interval(gap.low, gap.high),
        counted(log.rows, "test row"),
        loss(log.oracle),
    )
}
