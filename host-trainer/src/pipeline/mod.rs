//! The whole way from a log to an image.

mod choice;
mod feature_budget;
mod import;
mod policy;
mod rows;
mod seen;

pub use choice::{Choice, Reason};
pub use import::{DenseLayer, Imported, import};
pub use policy::PolicyReport;
pub(crate) use rows::selection_rows;
pub use seen::SeenLoss;
pub(crate) use seen::check_quantization;

use mild::image::ImageParts;

use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::error::{Error, Result};
use crate::intake::config::Config;
use crate::integers::artifact::{Artifact, decisions, make};
use crate::integers::footprint::Sections;
use crate::integers::quantize::{Quantized, quantize};
use crate::learn::fit::Fit;
use crate::learn::grid::Grid;
use crate::learn::offsets::choices;
use crate::learn::recipe::Recipe;
use crate::learn::select::{Selection, select};
use crate::learn::store::Store;
use crate::progress::Progress;
use crate::promises::largest_operating_points;
use crate::refusal::Refusal;
use choice::{better_constant, choose};
use rows::{Rows, fits};

/// What training ended in.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The selection's candidates and how they ranked.
    pub selection: Selection,
    /// What was chosen.
    pub choice: Choice,
    /// The float network.
    pub fit: Fit,
    /// Its offsets, tuned on the calibration rows.
    pub offsets: Vec<f64>,
    /// The image.
    pub artifact: Artifact,
    /// Mean deferral loss on the rows that training may see.
    pub seen: SeenLoss,
    /// Mean deferral loss of the image before its integers were trained on, if that helped.
    pub before_fine_tuning: Option<f64>,
    /// What was promised, if the configuration has a policy.
    pub policy: Option<PolicyReport>,
}

/// Candidates that are quantized in turn, at most, until one keeps within the tolerance.
const MOST_QUANTIZED: usize = 12;

/// With fewer train rows there is nothing to choose by.
const MIN_TRAIN_ROWS: usize = 20;

/// Selects, fits, quantizes and searches the threshold that keeps a policy. What `store` remembers
/// of an earlier selection is not done again. With a policy the promises rest on half of the
/// calibration rows, on which nothing else is tuned.
///
/// # Errors
/// [`ConfigError::Value`](crate::error::ConfigError::Value) if no network fits the budget,
/// [`Error::FewTrainRows`], [`Error::Unrepresentable`] if a network cannot be quantized, and
/// [`Error::Refused`] if quantization raises the deferral loss on the train and calibration rows by
/// more than the tolerance and one standard error, for the chosen candidate and the next best, or
/// if a promise cannot be made; [`Error::Cancelled`] if `progress` says so.
pub fn train(
    config: &Config,
    data: &Dataset,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Result<Trained> {
    let Some(policy) = &config.policy else {
        return attempt(config, data, store, progress)?.accepted();
    };
    let (tuned_on, reserved) = data.reserve(config.train.seed);
    let (made, refusal) =
        choose_and_make(config, &tuned_on, recipe_for(&tuned_on), store, progress)?;
    match refusal {
        Some(refusal) => Err(refusal.into()),
        None => made.with_policy(policy, &data.train, &reserved),
    }
}

/// A training whose image may raise the deferral loss by more than it may.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// What training ended in.
    pub trained: Trained,
    /// Why its image is not to be used, if it is not.
    pub refusal: Option<Refusal>,
}

impl Attempt {
    /// The training, if its image may be used.
    ///
    /// # Errors
    /// [`Error::Refused`] if it may not.
    pub(crate) fn accepted(self) -> Result<Trained> {
        self.refusal.map_or(Ok(self.trained), |refusal| Err(refusal.into()))
    }
}

/// As [`train`] without a policy, but if quantization raises the deferral loss by more than it may,
/// the first choice is returned all the same, with the refusal beside it: for comparisons, in which
/// its float network counts.
///
/// # Errors
/// As [`train`], but for that refusal.
pub(crate) fn attempt(
    config: &Config,
    data: &Dataset,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Result<Attempt> {
    attempt_with(config, data, recipe_for(data), store, progress)
}

/// As [`attempt`], with another recipe for few rows.
///
/// # Errors
/// As [`attempt`].
pub(crate) fn attempt_with(
    config: &Config,
    data: &Dataset,
    recipe: Recipe,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Result<Attempt> {
    let (made, refusal) = choose_and_make(config, data, recipe, store, progress)?;
    Ok(Attempt { trained: made.trained, refusal })
}

/// A training and what its image was made from, for those who make another image of it.
pub(crate) struct Made {
    pub(crate) trained: Trained,
    quantized: Quantized,
    /// What the image holds.
    parts: ImageParts,
}

/// Finds what a training would refuse before it begins.
///
/// # Errors
/// If there are too few train rows, or if no network fits the budget, or no window features do.
pub(crate) fn check(config: &Config, data: &Dataset) -> Result<()> {
    grid(config, data, recipe_for(data)).map(drop)
}

fn recipe_for(data: &Dataset) -> Recipe {
    Recipe::for_rows(data.train.rows() + data.calibration.rows())
}

/// The candidates that fit the budget.
fn grid(config: &Config, data: &Dataset, recipe: Recipe) -> Result<Grid> {
    if data.train.rows() < MIN_TRAIN_ROWS {
        return Err(Error::FewTrainRows {
            log: config.data.log.name(),
            found: data.train.rows(),
            least: MIN_TRAIN_ROWS,
        });
    }
    feature_budget::check(config, data)?;
    let operating_points = config.policy.as_ref().map(largest_operating_points);
    let sections = Sections::new(config, data, operating_points);
    Grid::within(config, data, recipe, &|hidden| sections.with(hidden))
}

fn choose_and_make(
    config: &Config,
    data: &Dataset,
    recipe: Recipe,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Result<(Made, Option<Refusal>)> {
    let grid = grid(config, data, recipe)?;
    let seed = config.train.seed;
    let rows = Rows::of(data, &grid, seed);
    let part = rows.of_selection();
    let selection = select(part, &grid, seed, store, progress)?;
    // The chosen one first; then the others in their order, should quantization spoil it.
    let mut order: Vec<usize> = (0..selection.ranking.len()).collect();
    order.sort_by_key(|&index| index != selection.chosen);
    let full = |index: &usize| selection.ranking[*index].folds == selection.ranking[0].folds;
    let mut refused = None;
    for index in order.into_iter().filter(full).take(MOST_QUANTIZED) {
        let choice = choose(&selection, index, part, recipe.ahead_of_constant);
        // A constant is an answer where the chosen candidate is no better, not a way around its
        // error.
        if index != selection.chosen && matches!(choice, Choice::Constant { .. }) {
            continue;
        }
        let mut made = realize(&selection, choice, config, data, &rows, &grid, progress)?;
        if let Rows::Split { .. } = rows
            && let Some(constant) = better_constant(
                &made.trained.selection,
                &made.trained.choice,
                made.trained.seen.int8_calibration,
                data,
            )
        {
            made = realize(&selection, constant, config, data, &rows, &grid, progress)?;
        }
        match check_quantization(&made.trained.seen, config.quantize.tolerance) {
            Ok(()) => return Ok((made, None)),
            // The first choice's figures are the ones to report.
            Err(refusal) => refused = refused.or(Some((made, Some(refusal)))),
        }
    }
    Ok(refused.expect("a selection has candidates"))
}

/// Fits what was chosen, from several starts, and keeps the start whose image does best on the
/// calibration rows.
fn realize(
    selection: &Selection,
    choice: Choice,
    config: &Config,
    data: &Dataset,
    rows: &Rows<'_>,
    grid: &Grid,
    progress: &dyn Progress,
) -> Result<Made> {
    // A constant keeps its offsets of 0: it was chosen for doing no harm.
    let constant = |fit: Fit| vec![(fit, vec![0.0; data.experts.len()])];
    let fits = match &choice {
        Choice::Rejector(judged) => fits(judged, data, rows, grid, config.train.seed, progress)?,
        // Even a constant can be given other prices, if that is what the method is for.
        Choice::Constant { .. } if config.rejector.method.gives_probabilities() => {
            constant(Fit::base_rates(&data.train, &grid.constant))
        }
        Choice::Constant { expert, .. } => {
            constant(Fit::constant(&data.train, &grid.constant, *expert))
        }
    };
    let mut best: Option<Made> = None;
    for (fit, offsets) in fits {
        let made = finish(selection, &choice, fit, offsets, config, data)?;
        let least = best.as_ref().map(|best| best.trained.seen.int8_calibration);
        if least.is_none_or(|least| made.trained.seen.int8_calibration < least) {
            best = Some(made);
        }
    }
    best.expect("at least one fit").fine_tuned(config, data)
}

/// Quantizes a fit with its offsets.
pub(crate) fn finish(
    selection: &Selection,
    choice: &Choice,
    fit: Fit,
    offsets: Vec<f64>,
    config: &Config,
    data: &Dataset,
) -> Result<Made> {
    let ranges = config.quantize.ranges;
    let quantized = quantize(&fit, &data.calibration, data.raw.as_deref(), ranges)?;
    let parts = make(quantized.clone(), &fit, &offsets, data, config)?;
    let artifact = Artifact::new(&parts)?;
    let seen = SeenLoss::of(&fit, &offsets, &artifact, data);
    let trained = Trained {
        selection: selection.clone(),
        choice: choice.clone(),
        fit,
        offsets,
        artifact,
        seen,
        before_fine_tuning: None,
        policy: None,
    };
    Ok(Made { trained, quantized, parts })
}

/// The network that an image was made from.
#[derive(Debug, Clone, Copy)]
pub struct FloatNetwork<'a> {
    pub(crate) fit: &'a Fit,
    /// One for each expert.
    pub(crate) offsets: &'a [f64],
}

/// The choices of a float network with offsets.
fn float_choices(fit: &Fit, offsets: &[f64], part: &Part) -> Vec<usize> {
    let rows: Vec<usize> = (0..part.rows()).collect();
    choices(&fit.scores(part, &rows), offsets)
}

impl Trained {
    /// The choices of the float network on some rows.
    #[must_use]
    pub fn float_choices(&self, part: &Part) -> Vec<usize> {
        float_choices(&self.fit, &self.offsets, part)
    }

    /// The network that the image was made from.
    #[must_use]
    pub fn float_network(&self) -> FloatNetwork<'_> {
        FloatNetwork { fit: &self.fit, offsets: &self.offsets }
    }

    /// The choices of the image on some rows.
    #[must_use]
    pub fn int8_choices(&self, part: &Part) -> Vec<usize> {
        decisions(&self.artifact.image(), part)
    }
}
