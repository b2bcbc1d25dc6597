//! What is promised, and what speaks for it.

use maud::{Markup, html};

use super::facts::{PolicyFact, PromiseFact};
use super::subject::Subject;
use crate::intake::config::{Guarantee, Policy};
use crate::judge::page::number::loss;
use crate::judge::page::table::scrolling;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Markup {
    let said = subject.facts.as_ref().and_then(|facts| facts.policy.as_ref());
    html! {
        section aria-labelledby="promises" {
            h2 id="promises" { "Promises" }
            @match (&subject.config.policy, said) {
                (None, _) => p class="say" {
                    "Nothing is promised: the configuration has no \
                     section " code { "[policy]" } ". With limits there, such \
                     as " code { "max_deferral_rate" } ", training chooses a threshold that keeps \
                     them on new data with a stated confidence."
                },
                (Some(_), None) => p class="say" {
                    "The configuration has a policy, but the \
                     training\u{2019}s " code { "metrics.json" } " is not beside the image, so \
                     what was promised is not known here."
                },
                (Some(policy), Some(said)) => { (of(subject, policy, said)) }
            }
        }
    }
}

fn of(subject: &Subject<'_>, policy: &Policy, said: &PolicyFact) -> Markup {
    if let Some(reason) = &said.refused {
        return html! {
            p class="say" { "The limits cannot be promised, and the image always takes the \
            fallback: " (reason) "." }
        };
    }
    let sure = match policy.guarantee {
        Guarantee::Expected => "in expectation".to_owned(),
        Guarantee::HighProbability => format!("with probability {}", policy.confidence),
    };
    html! {
        p class="say" {
            "Each limit holds on new rows like those of the log, " (sure) ". The evidence is half \
            of the calibration rows, on which nothing else was tuned, and an exact finite-sample \
            bound. The test rows are only a check: by chance, a figure may be above its limit \
            there."
        }
        (table(subject, said))
    }
}

fn table(subject: &Subject<'_>, said: &PolicyFact) -> Markup {
    let unknown = || "\u{2013}".to_owned();
    let verdict = |promise: &PromiseFact, found: Option<f64>| match found {
        Some(found) if found <= promise.limit => "kept",
        Some(_) => "above",
        None => "not measured",
    };
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "limit" }
                    @for name in ["at most", "calibration rows", "test rows"] {
                        th scope="col" class="n" { (name) }
                    }
                    th scope="col" { "on the test rows" }
                }
            }
            tbody {
                @for promise in &said.promises {
                    @let found = on_test(subject, promise);
                    tr {
                        th scope="row" {
                            code { (promise.what) }
                            @if let Some(k) = expert(&promise.what) { " (" (subject.name(k)) ")" }
                        }
                        td class="n" { (loss(promise.limit)) }
                        td class="n" { (loss(promise.calibration)) }
                        td class="n" { (found.map_or_else(unknown, loss)) }
                        td { (verdict(promise, found)) }
                    }
                }
            }
        }
    };
    scrolling("Promises", table)
}

/// The promised figure on the test rows.
fn on_test(subject: &Subject<'_>, promise: &PromiseFact) -> Option<f64> {
    let own = subject.points.own();
    match promise.what.as_str() {
        "max_deferral_rate" => Some(1.0 - own.coverage),
        "max_price" => Some(own.price),
        "max_error" => Some(1.0 - own.accuracy),
        share => own.shares.get(expert(share)?).copied(),
    }
}

/// The expert whose share is promised.
fn expert(what: &str) -> Option<usize> {
    what.strip_prefix("max_share of expert ")?.parse().ok()
}
