//! `report.html`: one page that says what an image is worth, for people.
//!
//! All figures come from the judge; the script shows texts that were written here. At other prices
//! it computes them, as `mild eval --price` does; a test compares the two.

mod answers;
mod asked;
mod device;
mod earning;
mod facts;
mod features;
mod imbalance;
mod integers;
mod live;
mod measures;
mod mistakes;
mod operating;
mod origin;
mod over_time;
mod points;
mod prices;
mod promises;
mod reliability;
mod seeds;
mod splits;
mod subject;
mod verdict;

use std::path::Path;

use maud::html;
use serde::Serialize;

use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::intake::config::Config;
use crate::integers::artifact::Artifact;
use crate::judge::importance::{Importance, importance};
use crate::judge::page::{Document, Script, words};
pub use answers::ReportLog;
use live::Live;
use operating::{Charts, PointRecord};
use prices::Prices;
use splits::Splits;
use subject::Subject;

const SCRIPT: &str =
    concat!(include_str!("prices.js"), include_str!("plot.js"), include_str!("script.js"));

/// The name of the comparison beside an image.
pub(crate) const COMPARISON: &str = "compare.json";

/// The name of the page beside an image.
pub(crate) const FILE_NAME: &str = "report.html";

/// A page, and its headline for those who read a terminal.
pub(crate) struct Page {
    /// The whole file.
    pub(crate) html: String,
    /// The verdict in one sentence.
    pub(crate) headline: String,
}

/// The words that the page uses.
const WORDS: [&str; 11] = [
    "advantage",
    "calibration rows",
    "deferral loss",
    "deferred",
    "error",
    "expert",
    "interval",
    "oracle",
    "price",
    "promise",
    "threshold",
];

/// What the script reads.
#[derive(Serialize)]
struct Data<'a> {
    own: usize,
    points: Vec<PointRecord<'a>>,
    cells: &'a [Vec<String>],
    prices: Option<&'a Prices>,
}

/// The page `report.html` of an image, judged on the test rows of a log, as `mild report` writes it.
///
/// `metrics` is what the training said, as JSON: a [`report::TrainReport`](crate::report::TrainReport).
/// Without it, or if it is about another image, the page says what it does not know. `comparison` is
/// what `mild compare --out` wrote into `compare.json`: it becomes a table of other seeds.
///
/// # Errors
/// If the log cannot be read again for the answers in it, or the page cannot be rendered.
///
/// # Panics
/// If the image has another number of inputs or of experts than the log.
pub fn report_page(
    config: &Config,
    data: &Dataset,
    log: ReportLog<'_>,
    artifact: &Artifact,
    metrics: Option<&[u8]>,
    comparison: Option<&[u8]>,
) -> Result<String> {
    let image = artifact.image();
    let importance = importance(&image, config, data, &data.test, image.provenance().seed);
    Ok(page(config, data, log, artifact, metrics, comparison, importance.as_ref())?.html)
}

/// The page of an image, judged on the test rows of a log. `metrics`: what training wrote into
/// `metrics.json`; without it, or if it is about another image, the page says what it does not
/// know. `comparison`: what `mild compare` wrote into `compare.json`. `importance`: that of the
/// features on the test rows.
///
/// # Errors
/// If the log cannot be read again for the answers in it, or the page cannot be rendered.
pub(crate) fn page(
    config: &Config,
    data: &Dataset,
    log: ReportLog<'_>,
    artifact: &Artifact,
    metrics: Option<&[u8]>,
    comparison: Option<&[u8]>,
    importance: Option<&Importance>,
) -> Result<Page> {
    let image = artifact.image();
    let subject = Subject::new(config, data, log, &image, metrics);
    let splits = Splits::new(&subject);
    let charts = Charts::new(&subject);
    let mut live = Live::new(&subject.points, Prices::new(&subject));
    let inner = html! {
        h2 id="asked" { "Who is asked where" }
        @if let Some(by_class) = asked::by_class(&subject, &mut live) { (by_class) }
        (features::section(&subject, &mut live))
        (asked::beside_cheapest(&subject, &mut live))
    };
    let sections = html! {
        (verdict::section(&subject, &splits))
        (charts.section(&subject, &mut live, inner))
        (earning::section(importance))
        (imbalance::section(&subject))
        @if let Some(reliability) = reliability::section(&subject) { (reliability) }
        (over_time::section(&subject, &splits))
        (promises::section(&subject))
        (integers::section(&subject))
        (seeds::section(&subject, comparison))
        (mistakes::section(&subject)?)
        (device::section(&subject))
        (origin::section(&subject))
        (words::section(&WORDS))
    };
    let data = Data {
        own: subject.points.own,
        points: charts.records(&subject.points),
        cells: live.texts(),
        prices: live.prices.as_ref(),
    };
    let data = serde_json::to_string(&data).map_err(|error| Error::Rendering {
        what: "report".to_owned(),
        reason: error.to_string(),
    })?;
    let headline = format!("{}.", verdict::headline(&subject).replace('\u{a0}', " "));
    let document = Document {
        title: &format!("Report on {}", log_name(&config.data.log.name())),
        sections,
        script: Some(Script { code: SCRIPT, data: &data }),
    };
    Ok(Page { html: document.render(), headline })
}

/// The name of a log's file. Many logs are called `log.csv`: their directory says more.
fn log_name(path: &Path) -> String {
    let directory = path.parent().and_then(Path::file_name);
    let names = directory.into_iter().chain(path.file_name());
    names.map(|name| name.to_string_lossy()).collect::<Vec<_>>().join("/")
}
