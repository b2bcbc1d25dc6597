//! `report.html`: one page that says what an image is worth, for people.
//!
//! The page holds everything it needs and asks nobody for anything: one style sheet and one script,
//! each allowed by its digest in a content security policy that forbids all else. All figures come
//! from the judge; the script shows texts that were written here, and computes none.

mod answers;
mod asked;
mod device;
mod facts;
mod features;
mod imbalance;
mod integers;
mod live;
mod mistakes;
mod number;
mod operating;
mod origin;
mod over_time;
mod plot;
mod points;
mod promises;
mod reliability;
mod splits;
mod subject;
mod table;
mod verdict;
mod words;

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::intake::config::Config;
use crate::integers::artifact::Artifact;
use live::Live;
use operating::{Charts, PointRecord};
use splits::Splits;
use subject::Subject;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The name of the page beside an image.
pub(crate) const FILE_NAME: &str = "report.html";

/// A page, and its headline for those who read a terminal.
pub(crate) struct Page {
    /// The whole file.
    pub(crate) html: String,
    /// The verdict in one sentence.
    pub(crate) headline: String,
}

/// What the script reads.
#[derive(Serialize)]
struct Data<'a> {
    own: usize,
    points: Vec<PointRecord<'a>>,
    cells: Live,
}

/// The page of an image, judged on the test rows of a log. `metrics`: what training wrote into
/// `metrics.json`; without it, or if it is about another image, the page says what it does not
/// know.
///
/// # Errors
/// If the log cannot be read again for the answers in it, or the page cannot be rendered.
pub(crate) fn page(
    config: &Config,
    data: &Dataset,
    artifact: &Artifact,
    metrics: Option<&[u8]>,
) -> Result<Page> {
    let image = artifact.image();
    let subject = Subject::new(config, data, &image, metrics);
    let splits = Splits::new(&subject);
    let charts = Charts::new(&subject);
    let mut live = Live::new(&subject.points);
    let inner = html! {
        h2 id="asked" { "Who is asked where" }
        @if let Some(by_class) = asked::by_class(&subject, &mut live) { (by_class) }
        (features::section(&subject, &mut live))
        (asked::beside_cheapest(&subject, &mut live))
    };
    let body = html! {
        main {
            (verdict::section(&subject, &splits))
            (charts.section(&subject, &mut live, inner))
            (imbalance::section(&subject))
            @if let Some(reliability) = reliability::section(&subject) { (reliability) }
            (over_time::section(&subject, &splits))
            (promises::section(&subject))
            (integers::section(&subject))
            (mistakes::section(&subject)?)
            (device::section(&subject))
            (origin::section(&subject))
            (words::section())
        }
    };
    let data =
        Data { own: subject.points.own, points: charts.records(&subject.points), cells: live };
    let data = serde_json::to_string(&data).map_err(|error| Error::Rendering {
        what: "report".to_owned(),
        reason: error.to_string(),
    })?;
    let headline = format!("{}.", verdict::headline(&subject).replace('\u{a0}', " "));
    Ok(Page { html: document(&subject, &body, &data).into_string(), headline })
}

fn document(subject: &Subject<'_>, body: &Markup, data: &str) -> Markup {
    // Many logs are called `log.csv`: their directory says more.
    let path = subject.config.data.log.name();
    let directory = path.parent().and_then(Path::file_name);
    let names = directory.into_iter().chain(path.file_name());
    let log = names.map(|name| name.to_string_lossy()).collect::<Vec<_>>().join("/");
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; \
         form-action 'none'",
        allowed(STYLE),
        allowed(SCRIPT),
    );
    // Inside of a script only this could end it.
    let data = data.replace('<', "\\u003c");
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                title { "Report on " (log) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { p { "mild" span { "Report on " (log) } } }
                (body)
                script type="application/json" id="data" { (PreEscaped(data)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// How a content security policy names this text.
fn allowed(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}
