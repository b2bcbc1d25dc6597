//! The float network beside the integers of the device.

use maud::{Markup, html};

use super::facts::{EstimateFact, Facts, LineFact, SeenFact};
use super::subject::Subject;
use crate::judge::page::number::{difference, interval, loss, percent};
use crate::judge::page::table::{heads, row, scrolling};

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Markup {
    let facts = subject.facts.as_ref();
    html! {
        section aria-labelledby="integers" {
            h2 id="integers" { "Float beside integers" }
            @match facts.and_then(|facts| Some((facts, facts.float()?))) {
                None => p class="say" {
                    "An image has only integers. The figures of the float network are in the \
                     training\u{2019}s " code { "metrics.json" } ", which is not beside the image, \
                     or belongs to another one."
                },
                Some((facts, float)) => {
                    p class="say" { (said(facts)) }
                    (table(subject, float))
                }
            }
        }
    }
}

/// What integers change.
fn said(facts: &Facts) -> String {
    let SeenFact { float_all, int8_all, standard_error } = facts.seen;
    let mut said = format!(
        "The device computes with 8-bit integers. They decide like the float network on {} of the \
         test rows. On the rows that training saw, integers change the deferral loss by {} \
         (standard error {}).",
        percent(facts.float_int8_agreement),
        difference(int8_all - float_all),
        loss(standard_error),
    );
    if let Some(before) = facts.before_fine_tuning {
        said += &format!(
            " Before fine-tuning of the integers, the deferral loss was {}; now it is {}.",
            loss(before),
            loss(int8_all)
        );
    }
    said
}

fn table(subject: &Subject<'_>, float: &LineFact) -> Markup {
    let own = subject.points.own();
    let EstimateFact { mean, low, high } = float.deferral_loss;
    let of_float = [float.accuracy.mean, float.price.mean, float.coverage.mean];
    let of = own.deferral_loss;
    let numbers =
        ["deferral loss", "95\u{a0}% interval", "answered right", "mean price", "deferred"];
    let table = html! {
        table {
            (heads(&["test rows"], &numbers))
            tbody {
                (row("float", &figures([mean, low, high], of_float)))
                (row(
                    "integers (this image)",
                    &figures([of.mean, of.low, of.high], [own.accuracy, own.price, own.coverage]),
                ))
            }
        }
    };
    scrolling("Float beside integers", table)
}

fn figures([mean, low, high]: [f64; 3], [accuracy, price, coverage]: [f64; 3]) -> [String; 5] {
    [loss(mean), interval(low, high), percent(accuracy), loss(price), percent(1.0 - coverage)]
}
