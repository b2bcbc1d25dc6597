//! The float network beside the integers of the device.

use maud::{Markup, html};

use super::facts::EstimateFact;
use super::number::{difference, interval, loss, percent};
use super::subject::Subject;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Markup {
    let facts = subject.facts.as_ref();
    let own = subject.points.own();
    html! {
        section aria-labelledby="integers" {
            h2 id="integers" { "Float beside integers" }
            @match facts.and_then(|facts| Some((facts, facts.float()?))) {
                None => p class="say" {
                    "An image holds integers alone. What the float network did stands in the training\u{2019}s "
                    code { "metrics.json" } ", which is not beside the image, or belongs to another one."
                },
                Some((facts, float)) => {
                    p class="say" {
                        "The device computes with 8-bit integers. They decide like the float network on "
                        (percent(facts.float_int8_agreement)) " of the test rows. On the rows that training saw, integers \
                         change the deferral loss by " (difference(facts.seen.int8_all - facts.seen.float_all))
                        " (standard error " (loss(facts.seen.standard_error)) ")."
                        @if let Some(before) = facts.before_fine_tuning {
                            " Before the integers were trained on, it was " (loss(before)) "; now it is " (loss(facts.seen.int8_all)) "."
                        }
                    }
                    div class="wide" role="region" aria-label="Float beside integers (table)" tabindex="0" { table {
                        thead { tr {
                            th scope="col" { "test rows" }
                            @for name in ["deferral loss", "95\u{a0}% interval", "answered right", "mean price", "deferred"] { th scope="col" class="n" { (name) } }
                        } }
                        tbody {
                            @let EstimateFact { mean, low, high } = float.deferral_loss;
                            (line("float", [mean, low, high], [float.accuracy.mean, float.price.mean, float.coverage.mean]))
                            @let of = own.deferral_loss;
                            (line("integers (this image)", [of.mean, of.low, of.high], [own.accuracy, own.price, own.coverage]))
                        }
                    } }
                }
            }
        }
    }
}

fn line(name: &str, [mean, low, high]: [f64; 3], [accuracy, price, coverage]: [f64; 3]) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            td class="n" { (loss(mean)) }
            td class="n" { (interval(low, high)) }
            td class="n" { (percent(accuracy)) }
            td class="n" { (loss(price)) }
            td class="n" { (percent(1.0 - coverage)) }
        }
    }
}
