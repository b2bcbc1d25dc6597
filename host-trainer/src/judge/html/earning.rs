//! Which features earn their place.

use maud::{Markup, html};

use crate::judge::importance::{FeatureImportance, FeatureInstructions, Importance};
use crate::judge::page::number::{count, difference, difference_interval};
use crate::judge::page::table::{heads, row, scrolling};

/// Features in the table.
const LINES: usize = 60;

/// The section.
pub(super) fn section(importance: Option<&Importance>) -> Markup {
    html! {
        section aria-labelledby="earning" {
            h2 id="earning" { "Which features earn their place" }
            @match importance {
                None => p class="say" {
                    "Not computed: with this many features and a network of this size, it would \
                     take too long."
                }
                Some(importance) => (found(importance))
            }
        }
    }
}

/// The figures of a feature.
fn cells(feature: &FeatureImportance, costs: bool) -> Vec<String> {
    let mut cells = vec![difference(feature.rise.mean), difference_interval(&feature.rise)];
    if costs {
        let of = |of: fn(&FeatureInstructions) -> u64| {
            feature.instructions.as_ref().map_or_else(String::new, |all| count(of(all) as usize))
        };
        cells.extend([of(|all| all.m0), of(|all| all.m4)]);
    }
    cells
}

fn found(importance: &Importance) -> Markup {
    let Importance { rows, permutations, features } = importance;
    let costs = features.iter().any(|feature| feature.instructions.is_some());
    let mut numbers = vec!["rise of the deferral loss", "95\u{a0}% interval"];
    if costs {
        numbers.extend(["instructions, M0", "instructions, M4"]);
    }
    let table = html! {
        table {
            (heads(&["feature"], &numbers))
            tbody {
                @for feature in features.iter().take(LINES) {
                    (row(&feature.name, &cells(feature, costs)))
                }
            }
        }
    };
    html! {
        p class="say" {
            "Permutation importance: by how much the deferral loss rises if the values of a feature \
             are shuffled among " (count(*rows)) " test rows, as the mean of " (permutations) " \
             shuffles. You may leave out a feature whose interval contains 0; train again to be \
             sure. "
            @if costs {
                "Instructions are an estimate of what a decision saves if only this window feature \
                 is left out; "
                code { "name.*" } " is a whole window, whose features are all shuffled together. "
            }
        }
        (scrolling("Which features earn their place", table))
        p class="note" {
            "Features that say the same stand in for each other: each alone seems to matter little, \
             but without both the loss rises. Shuffling also makes rows that never occur."
        }
        @if features.len() > LINES {
            p class="note" { "The first " (LINES) " of " (count(features.len())) " features." }
        }
    }
}
