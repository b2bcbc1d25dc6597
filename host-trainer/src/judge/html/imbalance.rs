//! How unequally the experts are needed, and how unequally they are asked.

use maud::{Markup, html};

use super::number::{count, loss, percent};
use super::subject::Subject;
use crate::data::split::Split;
use crate::judge::report::imbalance::PartReport;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Markup {
    let train = PartReport::new(subject.data, Split::Train);
    let test = PartReport::new(subject.data, Split::Test);
    let of = |part: &PartReport, k: usize| {
        percent(part.experts[k].cheapest_right as f64 / part.rows.max(1) as f64)
    };
    let shares = &subject.points.own().shares;
    html! {
        section aria-labelledby="imbalance" {
            h2 id="imbalance" { "Imbalance: who is needed, and who is asked" }
            p class="say" {
                "An expert is needed on a row if it is the cheapest of those that are right. Its weight is \
                 its share of what a loss hears while it trains. Balance is 1 if all experts are needed \
                 equally, 0 if it is always the same: " (format!("{:.2}", train.balance))
                " on the train rows, " (format!("{:.2}", test.balance)) " on the test rows."
            }
            div class="wide" role="region" aria-label="Who is needed and who is asked (table)" tabindex="0" {
                table {
                    thead { tr {
                        th scope="col" { "expert" }
                        @for name in ["error", "price", "always", "needed, train", "weight, train", "needed, test", "asked, test"] {
                            th scope="col" class="n" { (name) }
                        }
                    } }
                    tbody {
                        @for (k, expert) in test.experts.iter().enumerate() {
                            tr {
                                th scope="row" { (expert.name) }
                                td class="n" { (loss(expert.error)) }
                                td class="n" { (loss(expert.price)) }
                                td class="n" { (loss(expert.alone_loss)) }
                                td class="n" { (of(&train, k)) }
                                td class="n" { (percent(train.experts[k].mass)) }
                                td class="n" { (of(&test, k)) }
                                td class="n strong" { (percent(shares[k])) }
                            }
                        }
                        tr {
                            th scope="row" { "nobody is right" }
                            td colspan="3" {}
                            td class="n" { (percent(train.nobody_right)) }
                            td {}
                            td class="n" { (percent(test.nobody_right)) }
                            td {}
                        }
                    }
                }
            }
            p class="note" {
                "Error, price and always (the deferral loss of always asking that expert) are of the "
                (count(test.rows)) " test rows; train has " (count(train.rows)) " rows."
            }
        }
    }
}
