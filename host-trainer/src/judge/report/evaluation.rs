//! An image judged on rows of a log.

use mild::{Image, InputError, Price};
use serde::Serialize;

use super::{IMAGE_LINE, MeritTable};
use crate::arithmetic::statistics::Estimate;
use crate::data::dataset::Dataset;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::data::reference::{best_single, oracle};
use crate::integers::artifact::{decisions_at, scores, scores_with_prices};
use crate::judge::operating_curve::OperatingCurve;

/// What `mild eval --json` prints; also a part of `metrics.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    /// Rows judged.
    pub rows: usize,
    /// Mean deferral loss of the image's decisions.
    pub deferral_loss: f64,
    /// Its 95 % bootstrap interval.
    pub deferral_loss_ci: [f64; 2],
    /// Share of rows answered right.
    pub accuracy: f64,
    /// Mean price.
    pub price: f64,
    /// Share of rows answered locally.
    pub coverage: f64,
    /// Deferral loss of the best single expert on these rows, in hindsight.
    pub best_single_loss: f64,
    /// Its name.
    pub best_single: String,
    /// Deferral loss of the single expert that is best on the calibration rows.
    pub best_single_on_calibration_loss: f64,
    /// Lowest possible deferral loss.
    pub oracle_loss: f64,
    /// Each expert's part.
    pub experts: Vec<ExpertReport>,
}

/// One expert's part in an evaluation.
#[derive(Debug, Clone, Serialize)]
pub struct ExpertReport {
    /// Its name.
    pub name: String,
    /// Share of rows given to it.
    pub share: f64,
    /// Deferral loss of always asking it.
    pub alone_loss: f64,
}

/// Judges an image on a part of a log.
#[must_use]
pub fn evaluate(
    image: &Image<'_>,
    data: &Dataset,
    part: &Part,
    seed: u64,
) -> (Evaluation, MeritTable) {
    evaluate_at(image, data, part, seed, 0)
}

/// The same, if the advantage must exceed `threshold` (in score units) beyond what the image's offsets
/// say, as a governor or a larger offset of `local` makes it on the device.
#[must_use]
pub fn evaluate_at(
    image: &Image<'_>,
    data: &Dataset,
    part: &Part,
    seed: u64,
    threshold: i32,
) -> (Evaluation, MeritTable) {
    let choices = decisions_at(&scores(image, part), image.offsets(), threshold);
    let table = MeritTable::new(data, part, seed, &[(IMAGE_LINE, &choices)]);
    (evaluation(&table, IMAGE_LINE, data, part), table)
}

/// The same on the test rows of a log, if one use of each expert cost another price, and the image
/// were told so, as `scores_with_prices` does on the device. `prices`: one for each expert, in
/// units of one error, 0 to 16384; none where the image's own stays. A price that differs between
/// rows rises or falls by the same factor on all of them.
///
/// # Errors
/// [`InputError::NoPlattScaling`] if prices change and the image has no probabilities.
pub fn evaluate_with_prices(
    image: &Image<'_>,
    data: &Dataset,
    seed: u64,
    threshold: i32,
    prices: &[Option<f64>],
) -> Result<(Evaluation, MeritTable), InputError> {
    let Some(priced) = Priced::new(image, data, prices)? else {
        return Ok(evaluate_at(image, data, &data.test, seed, threshold));
    };
    let Priced { data, scores } = priced;
    let choices = decisions_at(&scores, image.offsets(), threshold);
    let table = MeritTable::new(&data, &data.test, seed, &[(IMAGE_LINE, &choices)]);
    Ok((evaluation(&table, IMAGE_LINE, &data, &data.test), table))
}

/// The curve of the image on the test rows around the same threshold and at the same prices.
///
/// # Errors
/// As [`evaluate_with_prices`].
pub(crate) fn curve_with_prices(
    image: &Image<'_>,
    data: &Dataset,
    threshold: i32,
    prices: &[Option<f64>],
) -> Result<OperatingCurve, InputError> {
    Ok(match Priced::new(image, data, prices)? {
        Some(Priced { data, scores }) => OperatingCurve::new(image, &data.test, &scores, threshold),
        None => OperatingCurve::new(image, &data.test, &scores(image, &data.test), threshold),
    })
}

/// A log at other prices than the image's, and the image's scores on the test rows at these.
struct Priced {
    data: Dataset,
    scores: Matrix<i32>,
}

impl Priced {
    /// None if all prices are the image's own.
    fn new(
        image: &Image<'_>,
        data: &Dataset,
        prices: &[Option<f64>],
    ) -> Result<Option<Self>, InputError> {
        let own: Vec<Price> = image.prices().collect();
        let told = own.iter().zip(prices.iter().chain(std::iter::repeat(&None)));
        let told: Vec<Price> =
            told.map(|(&own, price)| price.map_or(own, Price::from_errors)).collect();
        if told == own {
            return Ok(None);
        }
        let mut data = data.clone();
        for (k, &price) in prices.iter().enumerate() {
            if let Some(price) = price
                && told[k] != own[k]
            {
                data = data.with_price(k, price, own[k].to_errors());
            }
        }
        let scores = scores_with_prices(image, &data.test, &told)?;
        Ok(Some(Self { data, scores }))
    }
}

/// The evaluation that a table's line holds.
#[must_use]
pub(crate) fn evaluation(
    table: &MeritTable,
    line: &str,
    data: &Dataset,
    part: &Part,
) -> Evaluation {
    let merit = table.merit(line).expect("the line is in the table");
    let alone = |k: usize| part.mean_deferral_loss(|_| k);
    let best = best_single(part);
    let Estimate { mean, low, high } = merit.deferral_loss;
    let cheapest = oracle(part);
    Evaluation {
        rows: part.rows(),
        deferral_loss: mean,
        deferral_loss_ci: [low, high],
        accuracy: merit.accuracy.mean,
        price: merit.price.mean,
        coverage: merit.coverage.mean,
        best_single_loss: alone(best),
        best_single: data.experts[best].name.clone(),
        best_single_on_calibration_loss: alone(best_single(&data.calibration)),
        oracle_loss: part.mean_deferral_loss(|row| cheapest[row]),
        experts: data
            .experts
            .iter()
            .enumerate()
            .map(|(k, expert)| ExpertReport {
                name: expert.name.clone(),
                share: merit.shares[k],
                alone_loss: alone(k),
            })
            .collect(),
    }
}
