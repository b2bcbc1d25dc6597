//! The figures of one method on one log, means over its seeds.

use serde::Serialize;

use super::curve::{POINTS, Point};
use super::paired::{Against, Verdict};
use super::record::{Choices, Record};
use crate::arithmetic::statistics::Estimate;
use crate::data::part::Part;
use crate::judge::report::imbalance::{cheapest_right, cheapest_right_of};

/// One method on one log.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MethodSummary {
    /// The method.
    pub method: String,
    /// Seeds that its figures are means over.
    pub seeds: usize,
    /// Deferral loss of the image with offsets, or of the float rejector where there is no image;
    /// the interval covers rows (or groups) and seeds.
    pub loss: Estimate,
    /// The lowest and the highest seed's.
    pub loss_of_seeds: [f64; 2],
    /// Float with offsets.
    pub float: f64,
    /// Float without offsets.
    pub float_plain: f64,
    /// Image with offsets; none if some seed has no image.
    pub int8: Option<f64>,
    /// Image without offsets.
    pub int8_plain: Option<f64>,
    /// Why a seed has no image where the method makes one.
    pub no_image: Option<String>,
    /// Share of test rows on which float and image decide alike.
    pub agreement: Option<f64>,
    /// Against the best of the methods that answer with the same local model.
    pub against_best: Against,
    /// Against the best single expert in hindsight.
    pub against_best_single: Against,
    /// Against [`BASELINE`](super::summary::BASELINE), where that was run.
    pub against_baseline: Option<Against>,
    /// Share of rows answered locally.
    pub coverage: f64,
    /// Share of rows answered right.
    pub accuracy: f64,
    /// The same without offsets.
    pub accuracy_plain: f64,
    /// Share of all rows on which a classifier of its own is right.
    pub own_accuracy: Option<f64>,
    /// Mean price.
    pub price: f64,
    /// Share of rows answered by each expert.
    pub shares: Vec<f64>,
    /// On rows where a minority expert is the cheapest right choice: the share given to it. An
    /// expert is of the minority if it is the cheapest right choice on less than its even share of
    /// rows.
    pub minority_recall: Option<f64>,
    /// Deferral loss of choosing by lot with the same shares.
    pub random_loss: f64,
    /// Area under accuracy over deferral rate.
    pub area: f64,
    /// Area under the risk-coverage curve of the local answers.
    pub aurc: f64,
    /// Its generalised form.
    pub augrc: f64,
    /// RouteLLM's APGR, with two experts.
    pub apgr: Option<f64>,
    /// RouteLLM's CPT(50 %).
    pub cpt_50: Option<f64>,
    /// The curve, mean over seeds.
    pub curve: Vec<Point>,
    /// Bytes of the image, the largest over seeds.
    pub image_bytes: Option<usize>,
    /// Whether it brings its own classifier in place of the log's local answers.
    pub own_classifier: bool,
    /// What the first seed chose.
    pub chosen: String,
}

/// Everything of a method that needs no other.
pub(super) fn figures(name: &str, seeds: &[Record], test: &Part) -> MethodSummary {
    let count = seeds.len().max(1) as f64;
    let over_seeds = |value: &dyn Fn(&Record) -> f64| seeds.iter().map(value).sum::<f64>() / count;
    let all = |value: &dyn Fn(&Record) -> Option<f64>| -> Option<f64> {
        let values: Option<Vec<f64>> = seeds.iter().map(value).collect();
        values.filter(|values| !values.is_empty()).map(|values| values.iter().sum::<f64>() / count)
    };
    let rows = test.rows().max(1) as f64;
    let loss =
        |record: &Record, choices: &[u16]| record.losses(test, choices).iter().sum::<f64>() / rows;
    let of_image =
        |record: &Record, choices: &dyn Fn(&Choices) -> f64| record.int8.as_ref().map(choices);
    let losses: Vec<f64> = seeds.iter().map(|record| loss(record, record.choices())).collect();
    let shares: Vec<f64> = (0..test.experts() as u16)
        .map(|k| over_seeds(&|r| r.choices().iter().filter(|&&c| c == k).count() as f64 / rows))
        .collect();
    let mean_price = |record: &Record, k: u16| loss(record, &vec![k; test.rows()]);
    let random_loss = over_seeds(&|record| {
        let at_random = shares.iter().zip(0u16..).map(|(share, k)| share * mean_price(record, k));
        at_random.sum::<f64>()
    });
    let none = Estimate { mean: 0.0, low: 0.0, high: 0.0 };
    let undecided = Against { difference: none, verdict: Verdict::Tie };
    MethodSummary {
        method: name.to_owned(),
        seeds: seeds.len(),
        loss: none,
        loss_of_seeds: [
            losses.iter().copied().fold(f64::INFINITY, f64::min),
            losses.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ],
        float: over_seeds(&|record| loss(record, &record.float.tuned)),
        float_plain: over_seeds(&|record| loss(record, &record.float.plain)),
        int8: all(&|record| of_image(record, &|choices| loss(record, &choices.tuned))),
        int8_plain: all(&|record| of_image(record, &|choices| loss(record, &choices.plain))),
        no_image: seeds.iter().find_map(|record| record.no_image.clone()),
        agreement: all(&|record| {
            let alike = |int8: &Choices| {
                let pairs = int8.tuned.iter().zip(&record.float.tuned);
                pairs.filter(|(a, b)| a == b).count() as f64 / rows
            };
            of_image(record, &alike)
        }),
        against_best: undecided,
        against_best_single: undecided,
        against_baseline: None,
        coverage: shares.first().copied().unwrap_or(0.0),
        accuracy: over_seeds(&|record| record.accuracy(test, record.choices())),
        accuracy_plain: over_seeds(&|record| record.accuracy(test, record.plain_choices())),
        own_accuracy: all(&|record| {
            let errors = record.local_errors.as_ref()?.iter();
            Some(1.0 - errors.map(|&error| f64::from(error)).sum::<f64>() / rows)
        }),
        price: over_seeds(&|record| {
            let chosen = record.choices().iter().enumerate();
            chosen.map(|(row, &k)| f64::from(test.prices().row(row)[usize::from(k)])).sum::<f64>()
                / rows
        }),
        shares,
        minority_recall: minority_recall(seeds, test),
        random_loss,
        area: over_seeds(&|record| record.curve.area),
        aurc: over_seeds(&|record| record.curve.aurc),
        augrc: over_seeds(&|record| record.curve.augrc),
        apgr: all(&|record| record.curve.apgr),
        cpt_50: all(&|record| record.curve.cpt_50),
        curve: (0..POINTS)
            .map(|at| Point {
                deferral_rate: over_seeds(&|record| record.curve.points[at].deferral_rate),
                error: over_seeds(&|record| record.curve.points[at].error),
                price: over_seeds(&|record| record.curve.points[at].price),
            })
            .collect(),
        image_bytes: seeds.iter().filter_map(|record| record.image_bytes).max(),
        own_classifier: seeds.iter().any(|record| record.local_errors.is_some()),
        chosen: seeds.first().map_or(String::new(), |record| record.chosen.clone()),
    }
}

fn minority_recall(seeds: &[Record], test: &Part) -> Option<f64> {
    let wanted = minority_rows(test);
    if wanted.is_empty() {
        return None;
    }
    let found = seeds.iter().map(|record| {
        let choices = record.choices();
        wanted.iter().filter(|&&(row, k)| usize::from(choices[row]) == k).count() as f64
    });
    Some(found.sum::<f64>() / (wanted.len() * seeds.len().max(1)) as f64)
}

/// The rows on which a minority expert is the cheapest right choice, and that expert. See
/// [`MethodSummary::minority_recall`].
pub(crate) fn minority_rows(test: &Part) -> Vec<(usize, usize)> {
    let counts = cheapest_right(test);
    let even = counts.iter().sum::<usize>() as f64 / test.experts().max(1) as f64;
    (0..test.rows())
        .filter_map(|row| Some((row, cheapest_right_of(test, row)?)))
        .filter(|&(_, k)| (counts[k] as f64) < even)
        .collect()
}
