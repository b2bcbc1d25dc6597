//! How unequally the experts are needed, and how unequally they are asked.

use maud::{Markup, html};

use super::subject::Subject;
use crate::data::split::Split;
use crate::judge::page::number::{count, loss, percent};
use crate::judge::page::table::{heads, row, scrolling};
use crate::judge::report::imbalance::PartReport;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Markup {
    let train = PartReport::new(subject.data, Split::Train);
    let test = PartReport::new(subject.data, Split::Test);
    html! {
        section aria-labelledby="imbalance" {
            h2 id="imbalance" { "Imbalance: who is needed, and who is asked" }
            p class="say" {
                "An expert is needed on a row if it is the cheapest of those that are right. Its \
                 weight is its share of the squared weights in the training loss: how much it \
                 counts in training. Balance is 1 if all experts are needed equally often, and 0 \
                 if it is always the same one: " (format!("{:.2}", train.balance))
                " on the train rows, " (format!("{:.2}", test.balance)) " on the test rows."
            }
            (table(subject, &train, &test))
            p class="note" {
                "Error, price and always (the deferral loss of always asking that expert) are for \
                 the "
                (count(test.rows)) " test rows; there are " (count(train.rows)) " train rows."
            }
        }
    }
}

fn table(subject: &Subject<'_>, train: &PartReport, test: &PartReport) -> Markup {
    let of = |part: &PartReport, k: usize| {
        percent(part.experts[k].cheapest_right as f64 / part.rows.max(1) as f64)
    };
    let shares = &subject.points.own().shares;
    let of_rows = ["error", "price", "always", "needed, train", "weight, train", "needed, test"];
    let none = String::new;
    let nobody = [
        none(),
        none(),
        none(),
        percent(train.nobody_right),
        none(),
        percent(test.nobody_right),
        none(),
    ];
    let table = html! {
        table {
            (heads(&["expert"], &[&of_rows[..], &["asked, test"]].concat()))
            tbody {
                @for (k, expert) in test.experts.iter().enumerate() {
                    (row(&expert.name, &[
                        loss(expert.error),
                        loss(expert.price),
                        loss(expert.alone_loss),
                        of(train, k),
                        percent(train.experts[k].mass),
                        of(test, k),
                        percent(shares[k]),
                    ]))
                }
                (row("nobody is right", &nobody))
            }
        }
    };
    scrolling("Who is needed and who is asked", table)
}
