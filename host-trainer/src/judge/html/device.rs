//! What the image takes of a device.

use maud::{Markup, html};

use super::facts::BudgetFact;
use super::subject::Subject;
use crate::judge::page::number::count;
use crate::judge::page::table::pairs;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Markup {
    let image = &subject.described;
    let budget = subject.facts.as_ref().and_then(|facts| facts.budget.as_ref());
    let widths: Vec<String> = std::iter::once(image.inputs)
        .chain(image.shapes.iter().map(|&(_, outputs)| outputs))
        .map(|width| width.to_string())
        .collect();
    let of = |found: usize, unit: &str, most: Option<usize>| {
        let allowed = most.map(|most| format!(" of {} that the budget allows", count(most)));
        format!("{}{unit}{}", count(found), allowed.unwrap_or_default())
    };
    let most = |of: fn(&BudgetFact) -> Option<usize>| budget.and_then(of);
    let mut lines = vec![
        ("Network", widths.join("\u{2013}")),
        ("Image, in flash", of(image.image_bytes, "\u{a0}bytes", most(|b| b.image_bytes))),
        ("Scratch, in RAM", of(image.scratch_bytes, "\u{a0}bytes", most(|b| b.scratch_bytes))),
        ("Multiply-accumulates of a decision", of(image.macs as usize, "", most(|b| b.macs))),
        ("Weights and biases", count(image.parameters as usize)),
        ("Takes raw 16-bit readings", yes(image.takes_raw)),
        ("Has probabilities, so prices can change on the device", yes(image.recostable)),
    ];
    if let Some(features) = subject.facts.as_ref().and_then(|facts| facts.window_features) {
        let on = |core: &str, found: usize| {
            let most = budget.filter(|budget| budget.feature_core.as_deref() == Some(core));
            of(found, "", most.and_then(|budget| budget.feature_instructions))
        };
        let on_m4 = on("m4", features.m4);
        lines.push((
            "Window features, instructions on a Cortex-M0, estimated",
            on("m0", features.m0),
        ));
        lines.push(("The same on a Cortex-M4 with an FPU", on_m4));
    }
    html! {
        section aria-labelledby="device" {
            h2 id="device" { "The device" }
            p class="say" {
                "Sizes are exact, and the same on every core. Code, stack and instructions depend \
                 on the core; " code { "cargo xtask device bench" } " of the project counts them, \
                 and its page on the device has measured ones."
            }
            (pairs("The device", &lines))
        }
    }
}

fn yes(answer: bool) -> String {
    if answer { "yes" } else { "no" }.to_owned()
}
