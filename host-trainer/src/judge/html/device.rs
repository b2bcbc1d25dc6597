//! What the image takes of a device.

use maud::{Markup, html};

use super::facts::BudgetFact;
use super::subject::Subject;
use crate::integers::decision_costs;
use crate::judge::page::number::count;
use crate::judge::page::table::{heads, pairs, row, scrolling};

/// An input a second.
const A_DAY: usize = 86_400;

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
                "Sizes are exact, and the same on every core. Code, stack, instructions, time and \
                 energy depend on the core."
            }
            (pairs("The device", &lines))
            (on_cores(subject))
        }
    }
}

/// A decision on each core, and on parts on the market.
fn on_cores(subject: &Subject<'_>) -> Markup {
    let cores = decision_costs::on_cores(subject.image);
    let parts = decision_costs::on_parts(&cores);
    let by_core = html! {
        table {
            (heads(&["core"], &["instructions", "code, bytes", "stack, bytes"]))
            tbody {
                @for on in &cores {
                    (row(core(on.core), &[
                        count(on.instructions.round() as usize),
                        count(on.code as usize),
                        count(on.stack as usize),
                    ]))
                }
            }
        }
    };
    let day = |microjoules: f64| format!("{:.3}", microjoules * A_DAY as f64 * 1e-6);
    let by_part = html! {
        table {
            (heads(&["part"], &["microseconds", "microjoules", "joules a day"]))
            tbody {
                @for on in &parts {
                    tr {
                        th scope="row" { (on.part) }
                        td class="n" { (format!("{:.1}", on.microseconds)) }
                        td class="n" { (format!("{:.2}", on.microjoules)) }
                        td class="n" data-microjoules=(on.microjoules) { (day(on.microjoules)) }
                    }
                }
            }
        }
    };
    let rate = subject.points.own().deferral_rate();
    html! {
        h3 { "A decision on each core" }
        p class="say" {
            "Instructions from the int8 codes of an input to the decision, and the largest stack. \
             They are estimated from counted decisions of networks of other shapes, and are within \
             about 3\u{a0}% of the counts (10\u{a0}% with Helium)."
            @if subject.image.platt_scaling().is_some() {
                " The probabilities of this image take a little more for each expert."
            }
        }
        (scrolling("A decision on each core", by_core))
        h3 { "A decision on common parts" }
        p class="say" {
            "Computed from these instructions, with assumed cycles per instruction and the supply \
             current in each data sheet. Nothing here was measured on silicon. Sensors, radio and \
             sleep are not counted. Asking an expert takes far more energy than deciding."
        }
        div class="filter" id="rate" hidden {
            label for="inputs-a-day" { "Inputs a day" }
            input id="inputs-a-day" type="number" min="0" step="1" value=(A_DAY);
        }
        (scrolling("A decision on common parts", by_part))
        p class="note" {
            "Of " span id="inputs" { (count(A_DAY)) } " inputs a day the image defers about "
            span id="deferred-a-day" data-rate=(rate) {
                (count((rate * A_DAY as f64).round() as usize))
            }
            " at its own threshold."
        }
        p class="note" {
            "Counted with " code { "cargo xtask device bench" } ". The project\u{2019}s page on the \
             device has the counts, the assumptions, and the energy of a deferral by radio."
        }
    }
}

/// The name of a core in full.
fn core(name: &str) -> String {
    // An M55 has the extension, which the cargo feature of its name makes use of.
    let name = if name == "m55" { "m55-dsp" } else { name };
    let (core, feature) = name.split_once('-').unwrap_or((name, ""));
    let core = match core.strip_prefix('m') {
        Some(number) => format!("Cortex-M{number}"),
        None => core.to_uppercase(),
    };
    if feature.is_empty() { core } else { format!("{core}, cargo feature {feature}") }
}

fn yes(answer: bool) -> String {
    if answer { "yes" } else { "no" }.to_owned()
}
