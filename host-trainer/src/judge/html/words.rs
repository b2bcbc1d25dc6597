//! What the page's words mean.

use maud::{Markup, html};

const WORDS: [(&str, &str); 11] = [
    (
        "advantage",
        "By how much the best score of the other experts exceeds that of the device, each with its \
         offset.",
    ),
    (
        "calibration rows",
        "Rows that the network is not fitted on. Offsets, thresholds and promises come from them.",
    ),
    ("deferral loss", "Error plus price. The mean over rows is what training keeps low."),
    ("deferred", "Not answered by the device: an expert is asked."),
    ("error", "0 if an answer is right, 1 if it is wrong, or a loss between."),
    ("expert", "Whoever can answer an input; the first one is the device itself."),
    (
        "interval",
        "Where the figure would lie on 95 of 100 such samples of rows. Groups of rows are drawn \
         whole.",
    ),
    ("oracle", "The cheapest choice on each row, known only afterwards. No rule reaches it."),
    ("price", "What one use of an expert costs, in units of one error."),
    ("promise", "A limit that holds on new data with a stated confidence."),
    (
        "threshold",
        "What the advantage must exceed for a deferral, in score units; 0 is the image\u{2019}s \
         own.",
    ),
];

/// The section.
pub(super) fn section() -> Markup {
    html! {
        section aria-labelledby="words" {
            h2 id="words" { "Words" }
            dl class="words" {
                @for (word, meaning) in WORDS { div { dt { (word) } dd { (meaning) } } }
            }
        }
    }
}
