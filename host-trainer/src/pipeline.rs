//! The whole way from a log to an image.

use std::fmt;

use mild::image::{ImageParts, MAX_OFFSET};
use serde::Serialize;

use crate::artifact::{Artifact, decisions, make, scores};
use crate::calibrate::{Calibration, Promise, Rows, caps};
use crate::config::{Config, Method, Policy};
use crate::dataset::{Dataset, Part};
use crate::error::{Error, Result};
use crate::evaluate::paired_difference;
use crate::fine_tune::fine_tune;
use crate::grid::Grid;
use crate::new_expert::{add_row, level_row};
use crate::offsets::{Scored, tune};
use crate::progress::Progress;
use crate::quantize::{Quantized, quantize};
use crate::select::{Judged, Selection, refit, select};
use crate::store::Store;
use crate::train::{Candidate, Fit, costs};

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
    /// What the image holds.
    pub parts: ImageParts,
    /// The image.
    pub artifact: Artifact,
    /// Mean deferral loss on the rows that training may see.
    pub seen: SeenLoss,
    /// Mean deferral loss of the image before its integers were trained on, if that helped.
    pub before_fine_tuning: Option<f64>,
    /// What was promised, if the configuration has a policy.
    pub policy: Option<Kept>,
}

/// How a policy is kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kept {
    /// What an advantage must exceed, in score units, beyond what the offsets were tuned to.
    pub threshold: i32,
    /// The limits, and where calibration is.
    pub promises: Vec<Promise>,
    /// Why the image always takes the same expert, if the promises cannot be made.
    pub refused: Option<String>,
}

impl Kept {
    /// For a terminal.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        if let Some(reason) = &self.refused {
            text += &format!("policy: always the fallback, because of {reason}\n");
        }
        for Promise { what, limit, calibration } in &self.promises {
            text += &format!(
                "policy: {what} = {limit} is promised; {calibration:.4} on the calibration rows\n"
            );
        }
        text
    }
}

/// Mean deferral loss before and after quantization, on the calibration rows, which decide between
/// restarts, and on train and calibration rows together, which tell more finely what quantization
/// costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SeenLoss {
    /// Of the float network on the calibration rows.
    pub float_calibration: f64,
    /// Of the image on the calibration rows.
    pub int8_calibration: f64,
    /// Of the float network on train and calibration rows.
    pub float_all: f64,
    /// Of the image on train and calibration rows.
    pub int8_all: f64,
    /// Standard error of the difference of the last two, row by row.
    pub growth_error: f64,
}

/// The winner of a selection.
#[derive(Debug, Clone)]
pub enum Choice {
    /// A trained rejector.
    Rejector(Judged),
    /// Always the same expert: no candidate was clearly better.
    Constant {
        /// The expert.
        expert: usize,
        /// Its mean deferral loss on the rows of the selection.
        loss: f64,
    },
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejector(judged) => {
                write!(f, "{}, {} iterations", judged.candidate, judged.iterations)
            }
            Self::Constant { expert, .. } => write!(f, "always expert {expert}"),
        }
    }
}

/// Candidates that are quantized in turn, at most, until one keeps within the tolerance.
const MOST_QUANTIZED: usize = 12;

/// A rejector must be better than the best constant by one standard error and a second one, because the
/// best of dozens of candidates is compared, which looks better than it is. The second counts up to this
/// loss: on a log of few rows two whole errors are more than most rejectors can gain, and a rejector's
/// mistakes there cost less than doing without one.
const SECOND_ERROR: f64 = 0.01;

/// Up to this share of the tolerance integers are as good as floats, and are left as they are.
const UNTUNED_SHARE: f64 = 1.0 / 3.0;

/// Train rows that fine-tuning uses at most.
const FINE_TUNED_ROWS: usize = 6_000;

/// An offset below any score; an image has its lowest one.
const NEVER_ASKED: f64 = -1e9;

/// With fewer train rows there is nothing to choose by.
const MIN_TRAIN_ROWS: usize = 20;

/// Selects, fits, quantizes and calibrates. What `store` remembers of an earlier selection is not done
/// again. With a policy the promises rest on half of the calibration rows, on which nothing else is tuned.
///
/// # Errors
/// [`Error::ConfigValue`] if no network fits the budget.
/// [`Error::Invalid`] if there are too few train rows, if a network cannot be quantized, or if the deferral loss on the train and
/// calibration rows grows in doing so, for the chosen candidate and the next best, by more than the configured tolerance and one standard error.
pub fn train(
    config: &Config,
    data: &Dataset,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Result<Trained> {
    let Some(policy) = &config.policy else {
        return fit_to_be_used(config, data, store, progress);
    };
    let (tuned_on, reserved) = data.reserve(config.train.seed);
    let mut trained = fit_to_be_used(config, &tuned_on, store, progress)?;
    trained.keep(policy, &data.train, &reserved)?;
    Ok(trained)
}

fn fit_to_be_used(
    config: &Config,
    data: &Dataset,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Result<Trained> {
    match attempt(config, data, store, progress)? {
        (trained, None) => Ok(trained),
        (_, Some(error)) => Err(error),
    }
}

/// As [`train`], but if quantization costs more than it may, the first choice is returned all the same,
/// with the error beside it: for comparisons, in which its float network counts.
///
/// # Errors
/// As [`train`], but for the growth of the deferral loss.
pub fn attempt(
    config: &Config,
    data: &Dataset,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Result<(Trained, Option<Error>)> {
    if data.train.rows < MIN_TRAIN_ROWS {
        return Err(Error::Invalid {
            what: format!("{}: train rows", config.data.log.display()),
            found: data.train.rows.to_string(),
            expected: format!(
                "at least {MIN_TRAIN_ROWS}: fewer tell nothing about whom to ask when"
            ),
        });
    }
    let grid = Grid::within(config, data)?;
    let seed = config.train.seed;
    let selection_rows = selection_rows(&data.train, grid.max_rows, seed);
    let part = selection_rows.as_ref().unwrap_or(&data.train);
    let Grid { candidates, checkpoints, folds, .. } = &grid;
    let selection = select(part, candidates, *folds, seed, checkpoints, store, progress);
    // The chosen one first; then the others in their order, for where quantization costs too much.
    let mut order: Vec<usize> = (0..selection.ranking.len()).collect();
    order.sort_by_key(|&index| index != selection.chosen);
    let full = |index: &usize| selection.ranking[*index].folds == selection.ranking[0].folds;
    let mut refused = None;
    for index in order.into_iter().filter(full).take(MOST_QUANTIZED) {
        let choice = choose(&selection, index, part);
        // A constant is an answer where the chosen candidate is no better, not a way around its error.
        if index != selection.chosen && matches!(choice, Choice::Constant { .. }) {
            continue;
        }
        let mut trained = realize(&selection, choice, config, data, &grid)?;
        if let Some(constant) = better_constant(&trained, data) {
            trained = realize(&selection, constant, config, data, &grid)?;
        }
        match check_quantization(&trained.seen, config.quantize.tolerance) {
            Ok(()) => return Ok((trained, None)),
            // The first choice's figures are the ones to tell.
            Err(error) => refused = refused.or(Some((trained, Some(error)))),
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
    grid: &Grid,
) -> Result<Trained> {
    let seed = config.train.seed;
    let fits: Vec<Fit> = match &choice {
        Choice::Rejector(judged) => (0..grid.restarts)
            .map(|restart| refit(&data.train, judged, seed + restart).calibrated(&data.calibration))
            .collect(),
        // Even a constant can be given other prices, if that is what the method is for.
        Choice::Constant { .. } if config.rejector.method == Method::OneVsAll => {
            vec![Fit::base_rates(&data.train, &grid.constant)]
        }
        Choice::Constant { expert, .. } => {
            vec![Fit::constant(&data.train, &grid.constant, *expert)]
        }
    };
    let constant = matches!(choice, Choice::Constant { .. });
    let mut best: Option<(Trained, Quantized)> = None;
    for fit in fits {
        let offsets = float_offsets(&fit, &data.calibration, constant);
        let (trained, quantized) = finish(selection, &choice, fit, offsets, config, data)?;
        let least = best.as_ref().map(|(best, _)| best.seen.int8_calibration);
        if least.is_none_or(|least| trained.seen.int8_calibration < least) {
            best = Some((trained, quantized));
        }
    }
    let (trained, quantized) = best.expect("at least one fit");
    trained.fine_tuned(&quantized, config, data)
}

/// Quantizes a fit with its offsets.
fn finish(
    selection: &Selection,
    choice: &Choice,
    fit: Fit,
    offsets: Vec<f64>,
    config: &Config,
    data: &Dataset,
) -> Result<(Trained, Quantized)> {
    let ranges = config.quantize.ranges;
    let quantized = quantize(&fit, &data.calibration, data.raw.as_deref(), ranges)?;
    let parts = make(quantized.clone(), &fit, &offsets, data, config)?;
    let artifact = Artifact::new(&parts)?;
    let seen = seen_loss(&fit, &offsets, &artifact, data);
    let trained = Trained {
        selection: selection.clone(),
        choice: choice.clone(),
        fit,
        offsets,
        parts,
        artifact,
        seen,
        before_fine_tuning: None,
        policy: None,
    };
    Ok((trained, quantized))
}

/// Adds the last expert of `data` to a rejector of the others by one more [row](add_row), fitted on the train rows;
/// offsets are tuned on the calibration rows from the present ones on; if the expert is of no use there, it is never
/// asked. As after [`attempt`], an error beside it says
/// that quantization costs more than it may.
///
/// # Errors
/// [`Error::Invalid`] if the network cannot be quantized.
pub fn extend(
    trained: &Trained,
    config: &Config,
    data: &Dataset,
) -> Result<(Trained, Option<Error>)> {
    let l2 = match &trained.choice {
        Choice::Rejector(judged) => judged.candidate.l2,
        Choice::Constant { .. } => Candidate::default().l2,
    };
    let mut fit = add_row(&trained.fit, &trained.offsets, &data.train, l2);
    let rows: Vec<usize> = (0..data.calibration.rows).collect();
    let outputs = fit.outputs(&data.calibration, &rows);
    if let Some(calibration) = &mut fit.calibration {
        // The others' probabilities stay as they are.
        let refitted = calibration.refitted(&data.calibration, &outputs);
        calibration.affine.pop();
        calibration.affine.extend(refitted.affine.last());
    }
    let mut offsets = trained.offsets.clone();
    offsets.push(0.0);
    let mut scores = fit.scores(&data.calibration, &rows);
    for scores in scores.chunks_exact_mut(offsets.len()) {
        scores.iter_mut().zip(&offsets).for_each(|(score, offset)| *score += offset);
    }
    let costs = costs(&data.calibration, &rows);
    let scored = Scored { experts: offsets.len(), scores: &scores, costs: &costs };
    let mut turned = tune(&scored);
    // The row was fitted on rows that the others know by heart; where it does harm, all stays as it was.
    let mut unasked = vec![0.0; offsets.len()];
    unasked[offsets.len() - 1] = NEVER_ASKED;
    let (gain, _) = paired_difference(&scored.losses(&unasked), &scored.losses(&turned));
    if gain <= 0.0 {
        turned = unasked;
        fit = level_row(fit);
    }
    offsets.iter_mut().zip(turned).for_each(|(offset, turned)| *offset += turned);
    let Trained { selection, choice, .. } = trained;
    // The integers of the others stay as they are: nothing is fine-tuned.
    let (extended, _) = finish(selection, choice, fit, offsets, config, data)?;
    let refused = check_quantization(&extended.seen, config.quantize.tolerance).err();
    Ok((extended, refused))
}

/// Quantization must not cost more than it may. On a small log a handful of rows is more than the
/// tolerance, so what counts is a growth beyond it by more than one standard error.
fn check_quantization(seen: &SeenLoss, tolerance: f64) -> Result<()> {
    let SeenLoss { float_all: float, int8_all: int8, growth_error: error, .. } = *seen;
    if int8 - float <= tolerance + error {
        return Ok(());
    }
    Err(Error::Invalid {
        what: "quantization: growth of the deferral loss on train and calibration rows from float \
               to int8"
            .to_owned(),
        found: format!("{:.4} +- {error:.4} (from {float:.4} to {int8:.4})", int8 - float),
        expected: format!(
            "at most quantize.tolerance = {tolerance}; try wider hidden layers, a larger train.l2, \
             or features without extreme outliers"
        ),
    })
}

fn seen_loss(fit: &Fit, offsets: &[f64], artifact: &Artifact, data: &Dataset) -> SeenLoss {
    let losses = |part: &Part| -> (Vec<f64>, Vec<f64>) {
        let of = |choices: Vec<usize>| -> Vec<f64> {
            choices.iter().enumerate().map(|(row, &k)| f64::from(part.cost(row, k))).collect()
        };
        (of(float_choices(fit, offsets, part)), of(decisions(&artifact.image(), part)))
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (mut float, mut int8) = losses(&data.calibration);
    let (float_calibration, int8_calibration) = (mean(&float), mean(&int8));
    let (train_float, train_int8) = losses(&data.train);
    float.extend(train_float);
    int8.extend(train_int8);
    let (_, growth_error) = paired_difference(&int8, &float);
    SeenLoss {
        float_calibration,
        int8_calibration,
        float_all: mean(&float),
        int8_all: mean(&int8),
        growth_error,
    }
}

/// The choices of a float network with offsets.
fn float_choices(fit: &Fit, offsets: &[f64], part: &Part) -> Vec<usize> {
    let rows: Vec<usize> = (0..part.rows).collect();
    let (scores, costs) = (fit.scores(part, &rows), costs(part, &rows));
    Scored { experts: part.experts, scores: &scores, costs: &costs }.choices(offsets)
}

/// The rows that a selection uses when there are more than it needs: whole groups, seeded.
pub(crate) fn selection_rows(part: &Part, most: usize, seed: u64) -> Option<Part> {
    if part.rows <= most {
        return None;
    }
    // Folds keep groups together and are balanced: take one of as many as needed.
    let shares = part.rows.div_ceil(most).min(usize::from(u8::MAX));
    let folds = part.folds(shares as u8, seed ^ 0x5e1e_c710);
    let rows: Vec<usize> = (0..part.rows).filter(|&row| folds[row] == 0).collect();
    Some(part.subset(&rows))
}

/// A candidate, unless it is not clearly better than the best constant.
fn choose(selection: &Selection, index: usize, part: &Part) -> Choice {
    let judged = &selection.ranking[index];
    let (expert, loss) = best_constant(selection);
    let always: Vec<f64> = (0..part.rows).map(|row| f64::from(part.cost(row, expert))).collect();
    let (gain, error) = paired_difference(&always, &judged.losses);
    if gain <= error + error.min(SECOND_ERROR) {
        Choice::Constant { expert, loss }
    } else {
        Choice::Rejector(judged.clone())
    }
}

/// The expert with the lowest mean deferral loss on the rows of the selection, and that loss.
fn best_constant(selection: &Selection) -> (usize, f64) {
    let constants = selection.constants.iter().copied().enumerate();
    constants.min_by(|a, b| a.1.total_cmp(&b.1)).expect("at least two experts")
}

/// The best constant, if it is better than a rejector on the calibration rows. These had no part in the
/// choice; the best of many candidates looks better than it is on the rows that chose it.
fn better_constant(trained: &Trained, data: &Dataset) -> Option<Choice> {
    let (expert, loss) = best_constant(&trained.selection);
    let on_calibration = data.calibration.deferral_loss(|_| expert);
    let better = matches!(trained.choice, Choice::Rejector(_))
        && data.calibration.rows > 0
        && on_calibration < trained.seen.int8_calibration;
    better.then_some(Choice::Constant { expert, loss })
}

/// The float network's offsets, tuned on the calibration rows. A constant keeps its offsets of 0: it
/// was chosen for doing no harm.
fn float_offsets(fit: &Fit, calibration: &Part, constant: bool) -> Vec<f64> {
    if constant {
        return vec![0.0; calibration.experts];
    }
    let rows: Vec<usize> = (0..calibration.rows).collect();
    let (scores, costs) = (fit.scores(calibration, &rows), costs(calibration, &rows));
    tune(&Scored { experts: calibration.experts, scores: &scores, costs: &costs })
}

impl Trained {
    /// Trains on through the device's rounding where that costs something, and keeps what comes of it if the
    /// image does better on the rows that training may see, and not worse on the calibration rows among them.
    fn fine_tuned(self, quantized: &Quantized, config: &Config, data: &Dataset) -> Result<Self> {
        let Choice::Rejector(judged) = &self.choice else { return Ok(self) };
        let growth = self.seen.int8_all - self.seen.float_all;
        let steps = config.quantize.fine_tune;
        if steps == 0 || growth <= UNTUNED_SHARE * config.quantize.tolerance {
            return Ok(self);
        }
        let sample = selection_rows(&data.train, FINE_TUNED_ROWS, config.train.seed);
        let part = sample.as_ref().unwrap_or(&data.train);
        let rows: Vec<usize> = (0..part.rows).collect();
        let candidate = &judged.candidate;
        let Some(tuned) = fine_tune(quantized, &self.fit, candidate, part, &rows, steps) else {
            return Ok(self);
        };
        let parts = make(tuned, &self.fit, &self.offsets, data, config)?;
        let artifact = Artifact::new(&parts)?;
        let seen = seen_loss(&self.fit, &self.offsets, &artifact, data);
        let better = seen.int8_all < self.seen.int8_all
            && seen.int8_calibration <= self.seen.int8_calibration;
        if !better {
            return Ok(self);
        }
        let before_fine_tuning = Some(self.seen.int8_all);
        Ok(Self { parts, artifact, seen, before_fine_tuning, ..self })
    }

    /// Turns the image's threshold so that a policy is kept, by rows on which nothing has been tuned.
    fn keep(&mut self, policy: &Policy, train: &Part, reserved: &Part) -> Result<()> {
        let image = self.artifact.image();
        let of_train = scores(&image, train);
        let offsets = caps::lower(&of_train, &self.parts.offsets, train, &policy.max_share);
        let train = Rows::of(&of_train, &offsets, train);
        let calibration = Rows::new(&image, &offsets, reserved);
        let calibrated = Calibration::new(policy, &train, &calibration).run();
        let kept = match (calibrated, policy.fallback) {
            (Ok(calibrated), _) => {
                let unit = f64::from(self.parts.score_scale);
                let changed = offsets.iter().zip(&mut self.parts.offsets).zip(&mut self.offsets);
                for (k, ((&offset, integer), float)) in changed.enumerate() {
                    let turned =
                        offset.saturating_add(if k == 0 { calibrated.threshold } else { 0 });
                    let turned = turned.clamp(-MAX_OFFSET, MAX_OFFSET);
                    *float += f64::from(turned - *integer) * unit;
                    *integer = turned;
                }
                self.parts.knob = Some(calibrated.knob);
                Kept {
                    threshold: calibrated.threshold,
                    promises: calibrated.promises,
                    refused: None,
                }
            }
            (Err(error), Some(expert)) => {
                // Further apart than any two scores.
                self.parts.offsets.fill(-MAX_OFFSET);
                self.parts.offsets[expert] = MAX_OFFSET;
                let unit = f64::from(self.parts.score_scale);
                let offsets = self.parts.offsets.iter();
                self.offsets = offsets.map(|&offset| f64::from(offset) * unit).collect();
                Kept { threshold: 0, promises: Vec::new(), refused: Some(error.to_string()) }
            }
            (Err(error), None) => return Err(error),
        };
        self.artifact = Artifact::new(&self.parts)?;
        self.policy = Some(kept);
        Ok(())
    }

    /// The choices of the float network on some rows.
    #[must_use]
    pub fn float_choices(&self, part: &Part) -> Vec<usize> {
        float_choices(&self.fit, &self.offsets, part)
    }

    /// The choices of the image on some rows.
    #[must_use]
    pub fn int8_choices(&self, part: &Part) -> Vec<usize> {
        decisions(&self.artifact.image(), part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use crate::store::Forgetful;

    /// Who is right alternates over many bands of one feature: the weights of a network that tells them apart are
    /// large and nearly cancel, which 8 bits cannot hold.
    #[test]
    fn fine_tuning_wins_back_what_integers_cost() {
        let (mut config, mut data) = crate::method::testing::log(3000, 1500);
        for part in [&mut data.train, &mut data.calibration, &mut data.test] {
            for row in 0..part.rows {
                let x = part.features[row * 2];
                let odd = (x * 4.0).floor().rem_euclid(2.0);
                part.errors[row * 2..][..2].copy_from_slice(&[odd, 1.0 - odd]);
            }
        }
        config.rejector.method = Method::TwoStage;
        config.rejector.hidden = Some(vec![32]);
        config.train.l2 = Some(1e-6);
        config.train.max_iterations = 640;
        let growth = |fine_tune: u32| {
            let mut config = config.clone();
            config.quantize.fine_tune = fine_tune;
            let (trained, refused) = attempt(&config, &data, &Forgetful, &Silent).unwrap();
            // Far beyond the tolerance all the same: such a log needs other features, and is told so.
            assert!(refused.is_some());
            assert_eq!(trained.before_fine_tuning.is_some(), fine_tune > 0);
            let (float, int8) =
                (trained.float_choices(&data.test), trained.int8_choices(&data.test));
            let loss = |choices: &[usize]| data.test.deferral_loss(|row| choices[row]);
            loss(&int8) - loss(&float)
        };
        // On rows that no training has seen.
        let (without, with) = (growth(0), growth(100));
        assert!(with < 0.8 * without && without > 0.02, "{without} {with}");
    }

    fn seen(float_all: f64, int8_all: f64, growth_error: f64) -> SeenLoss {
        SeenLoss {
            float_calibration: 0.0,
            int8_calibration: 0.0,
            float_all,
            int8_all,
            growth_error,
        }
    }

    #[test]
    fn growth_beyond_the_tolerance_and_its_error_fails_with_both_numbers() {
        assert!(check_quantization(&seen(0.1, 0.1029, 0.0), 0.003).is_ok());
        assert!(check_quantization(&seen(0.1, 0.0900, 0.0), 0.0).is_ok());
        assert!(check_quantization(&seen(0.1, 0.104, 0.002), 0.003).is_ok(), "within the noise");
        let error = check_quantization(&seen(0.1, 0.12, 0.001), 0.003).unwrap_err().to_string();
        for part in ["0.0200", "0.1200", "quantize.tolerance = 0.003", "wider hidden layers"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
