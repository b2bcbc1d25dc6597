//! What a page is about.

use maud::{Markup, html};
use mild::Image;

use super::answers::ReportLog;
use super::facts::Facts;
use super::points::Points;
use crate::arithmetic::statistics::Bootstrap;
use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::data::reference::{best_single, oracle};
use crate::intake::config::Config;
use crate::judge::evaluate::resamples;
use crate::judge::report::{Evaluation, ImageReport, MeritTable, evaluate};

/// An image, the log that it is judged on, and what they say together.
pub(super) struct Subject<'a> {
    pub(super) config: &'a Config,
    pub(super) data: &'a Dataset,
    pub(super) log: ReportLog<'a>,
    pub(super) image: &'a Image<'a>,
    pub(super) described: ImageReport,
    /// What its training said, if that is known.
    pub(super) facts: Option<Facts>,
    /// The seed of all resamples.
    pub(super) seed: u64,
    /// How many there are.
    pub(super) resamples: usize,
    /// On the test rows.
    pub(super) evaluation: Evaluation,
    pub(super) table: MeritTable,
    pub(super) points: Points,
    /// The best single expert on the test rows, in hindsight.
    pub(super) best: usize,
    /// The cheapest choice on each test row.
    pub(super) oracle: Vec<usize>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        config: &'a Config,
        data: &'a Dataset,
        log: ReportLog<'a>,
        image: &'a Image<'a>,
        metrics: Option<&[u8]>,
    ) -> Self {
        let described = ImageReport::new(image);
        let seed = image.provenance().seed;
        let (evaluation, table) = evaluate(image, data, &data.test, seed);
        let best = best_single(&data.test);
        let bootstrap: Bootstrap = resamples(&data.test, seed);
        Self {
            config,
            data,
            log,
            image,
            facts: metrics.and_then(|metrics| Facts::of(metrics, &described)),
            described,
            seed,
            resamples: bootstrap.resamples(),
            evaluation,
            table,
            points: Points::new(image, &data.test, &bootstrap, best),
            best,
            oracle: oracle(&data.test),
        }
    }

    /// The rows that are judged.
    pub(super) fn part(&self) -> &'a Part {
        &self.data.test
    }

    /// The name of an expert.
    pub(super) fn name(&self, k: usize) -> &'a str {
        &self.data.experts[k].name
    }

    /// What names a command that repeats something: nothing if the log is in memory, where no command
    /// reaches it.
    pub(super) fn command(&self, content: Markup) -> Markup {
        match self.log {
            ReportLog::File => html! { div class="command" { (content) } },
            ReportLog::Memory(_) => html! {},
        }
    }

    /// The choices at the image's own threshold.
    pub(super) fn choices(&self) -> &[u8] {
        &self.points.own().choices
    }
}
