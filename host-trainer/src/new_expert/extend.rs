//! One more expert for a trained rejector.

use crate::arithmetic::statistics::paired_difference;
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::intake::config::Config;
use crate::learn::candidate::Candidate;
use crate::learn::offsets::{ScoredRows, tune};
use crate::new_expert::{add_row, level_row};
use crate::pipeline::{Attempt, Choice, Trained, check_quantization, finish};

/// An offset below any score; an image has its lowest one.
const NEVER_ASKED: f64 = -1e9;

/// Adds the last expert of `data` to a rejector of the others by one more [row](add_row), fitted on
/// the train rows; offsets are tuned on the calibration rows from the present ones on; if the
/// expert does not help there, it is never asked. As after [`attempt`](crate::pipeline::attempt),
/// an error beside it says that quantization raises the deferral loss by more than it may.
///
/// # Errors
/// [`Error::Unrepresentable`](crate::error::Error::Unrepresentable) if the network cannot be
/// quantized.
pub(crate) fn extend(trained: &Trained, config: &Config, data: &Dataset) -> Result<Attempt> {
    let l2 = match &trained.choice {
        Choice::Rejector(judged) => judged.candidate.l2,
        Choice::Constant { .. } => Candidate::default().l2,
    };
    let mut fit = add_row(&trained.fit, &trained.offsets, &data.train, l2);
    let rows: Vec<usize> = (0..data.calibration.rows()).collect();
    let outputs = fit.outputs(&data.calibration, &rows);
    if let Some(platt_scaling) = &mut fit.platt_scaling {
        // The others' probabilities stay as they are.
        let refitted = platt_scaling.refitted(&data.calibration, &outputs);
        platt_scaling.affine.pop();
        platt_scaling.affine.extend(refitted.affine.last());
    }
    let mut offsets = trained.offsets.clone();
    offsets.push(0.0);
    let mut scores = fit.scores(&data.calibration, &rows);
    for scores in scores.iter_rows_mut() {
        scores.iter_mut().zip(&offsets).for_each(|(score, offset)| *score += offset);
    }
    let deferral_losses = &data.calibration.deferral_losses(&rows);
    let scored = ScoredRows { scores: &scores, deferral_losses };
    let mut tuned = tune(&scored);
    // The row was fitted on rows that the others know by heart; where it does harm, all stays as it
    // was.
    let mut unasked = vec![0.0; offsets.len()];
    unasked[offsets.len() - 1] = NEVER_ASKED;
    let (gain, _) = paired_difference(&scored.losses(&unasked), &scored.losses(&tuned));
    if gain <= 0.0 {
        tuned = unasked;
        fit = level_row(fit);
    }
    offsets.iter_mut().zip(tuned).for_each(|(offset, tuned)| *offset += tuned);
    let Trained { selection, choice, .. } = trained;
    // The integers of the others stay as they are: nothing is fine-tuned.
    let extended = finish(selection, choice, fit, offsets, config, data)?.trained;
    let refusal = check_quantization(&extended.seen, config.quantize.tolerance).err();
    Ok(Attempt { trained: extended, refusal })
}
