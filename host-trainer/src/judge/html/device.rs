//! What the image takes of a device.

use maud::{Markup, html};

use super::number::count;
use super::subject::Subject;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Markup {
    let image = &subject.described;
    let budget = subject.facts.as_ref().and_then(|facts| facts.budget);
    let widths: Vec<String> = std::iter::once(image.inputs)
        .chain(image.shapes.iter().map(|&(_, outputs)| outputs))
        .map(|width| width.to_string())
        .collect();
    let of = |most: Option<usize>| {
        most.map_or_else(String::new, |most| format!(" of {} that the budget allows", count(most)))
    };
    let lines = [
        ("Network", widths.join("\u{2013}"), String::new()),
        (
            "Image, in flash",
            format!("{} bytes", count(image.image_bytes)),
            of(budget.and_then(|b| b.image_bytes)),
        ),
        (
            "Scratch, in RAM",
            format!("{} bytes", count(image.scratch_bytes)),
            of(budget.and_then(|b| b.scratch_bytes)),
        ),
        (
            "Multiply-accumulates of a decision",
            count(image.macs as usize),
            of(budget.and_then(|b| b.macs)),
        ),
        ("Weights and biases", count(image.parameters as usize), String::new()),
        ("Takes raw 16-bit readings", yes(image.takes_raw), String::new()),
        ("Probabilities; prices can change on the device", yes(image.recostable), String::new()),
    ];
    html! {
        section aria-labelledby="device" {
            h2 id="device" { "The device" }
            p class="say" {
                "These are exact, and the same on every core. Code, stack and instructions depend on the core; "
                code { "cargo xtask device bench" } " of the project counts them, and its page on the device has \
                 measured ones."
            }
            div class="wide" role="region" aria-label="The device (table)" tabindex="0" { table class="pairs" {
                tbody {
                    @for (name, value, of) in &lines {
                        tr { th scope="row" { (name) } td { (value) (of) } }
                    }
                }
            } }
        }
    }
}

fn yes(answer: bool) -> String {
    if answer { "yes" } else { "no" }.to_owned()
}
