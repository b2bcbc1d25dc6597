//! Where the image comes from, and how to make it again.

use maud::{Markup, html};

use super::subject::Subject;
use crate::judge::page::number::count;
use crate::judge::page::table::pairs;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Markup {
    let provenance = &subject.described.provenance;
    let own = subject.image.provenance();
    let facts = subject.facts.as_ref();
    let notes = &subject.data.notes;
    let parts = [&subject.data.train, &subject.data.calibration, &subject.data.test];
    let [train, calibration, test] = parts.map(|part| count(part.rows()));
    let mut lines = vec![
        ("Log", subject.config.data.log.to_string()),
        ("Read as", notes.recognised.clone()),
        ("Rows", format!("{train} train, {calibration} calibration, {test} test")),
        ("Digest of the log", provenance.log_digest.clone()),
        ("Digest of the configuration", provenance.config_digest.clone()),
        ("Checksum of the image", format!("{:08x}", subject.image.checksum())),
        ("Seed", provenance.seed.to_string()),
        ("Trained by", format!("mild {}", provenance.version)),
        ("Page written by", format!("mild {}", env!("CARGO_PKG_VERSION"))),
    ];
    if let Some(facts) = facts {
        lines.push(("Chosen", facts.chosen.clone()));
        let best = facts.candidates.iter().find_map(|candidate| candidate.deferral_loss);
        let constant = facts.constants.iter().flatten().copied().reduce(f64::min);
        if let (Some(best), Some(constant)) = (best, constant) {
            lines.push((
                "In cross-validation",
                format!(
                    "the best of {} candidates {best:.4}, the best single expert {constant:.4}",
                    facts.candidates.len()
                ),
            ));
        }
    }
    html! {
        section aria-labelledby="origin" {
            h2 id="origin" { "Where this comes from" }
            @if own.log_digest != subject.data.log_digest {
                p class="warning" { "The image was trained on another log than the one that is \
                used here." }
            }
            @if own.config_digest != subject.config.digest {
                p class="warning" { "The image was trained with another configuration than the one \
                below." }
            }
            @for warning in facts.iter().flat_map(|facts| &facts.warnings) {
                p class="warning" { "Warning of the log: " (warning.text) }
            }
            (pairs("Where this comes from", &lines))
            @if let Some(facts) = facts {
                (subject.command(html! {
                    p { "To make it again:" }
                    pre tabindex="0" {
                        "mild train " (subject.config.path.display()) " --out out \
                        --seed " (provenance.seed)
                        " --effort " (facts.effort)
                    }
                }))
            }
            details {
                summary { "The configuration" }
                pre tabindex="0" { (subject.config.text) }
            }
        }
    }
}
