//! The rows that a training fits on and chooses on, and the networks of a candidate.

use crate::data::dataset::Dataset;
use crate::data::matrix::Matrix;
use crate::data::part::Part;
use crate::error::Result;
use crate::learn::fit::Fit;
use crate::learn::grid::Grid;
use crate::learn::offsets::ScoredRows;
use crate::learn::select::{Judged, cross_fitted, offsets_of, refit};
use crate::progress::Progress;

/// Which rows a training fits and chooses on.
pub(super) enum Rows<'a> {
    /// Fits on all rows that it may see; what needs rows that a fit has not seen is told by fits
    /// without each fold in turn.
    Pooled(Part),
    /// Fits on the train rows and chooses on some of them; offsets and probabilities come from the
    /// calibration rows.
    Split { train: &'a Part, sample: Option<Part> },
}

impl<'a> Rows<'a> {
    pub(super) fn of(data: &'a Dataset, grid: &Grid, seed: u64) -> Self {
        if grid.pooled {
            return Self::Pooled(data.seen());
        }
        Self::Split { train: &data.train, sample: selection_rows(&data.train, grid.max_rows, seed) }
    }

    pub(super) fn of_selection(&self) -> &Part {
        match self {
            Self::Pooled(seen) => seen,
            Self::Split { train, sample } => sample.as_ref().unwrap_or(train),
        }
    }
}

/// The networks of a candidate, one for each start, each with its offsets.
pub(super) fn fits(
    judged: &Judged,
    data: &Dataset,
    rows: &Rows<'_>,
    grid: &Grid,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Vec<(Fit, Vec<f64>)>> {
    // `outputs` are those of rows that the network has not seen.
    let offsets = |fit: &Fit, outputs: Matrix<f64>, part: &Part| {
        let all: Vec<usize> = (0..part.rows()).collect();
        let (scores, deferral_losses) = &(fit.scores_of(outputs), part.deferral_losses(&all));
        offsets_of(&judged.candidate, &ScoredRows { scores, deferral_losses }, grid.recipe.prior)
    };
    match rows {
        Rows::Pooled(seen) => {
            let outputs = cross_fitted(seen, judged, grid.folds, seed);
            let fit = refit(seen, judged, seed, progress)?;
            let fit = fit.with_refitted_platt_scaling(seen, &outputs);
            let offsets = offsets(&fit, outputs, seen);
            Ok(vec![(fit, offsets)])
        }
        Rows::Split { train, .. } => {
            // A convex fit ends in the same place from every start.
            let starts = if judged.candidate.is_solved() { 1 } else { grid.restarts };
            let calibration = &data.calibration;
            let all: Vec<usize> = (0..calibration.rows()).collect();
            let of_start = |start| {
                let fit = refit(train, judged, seed + start, progress)?;
                let outputs = fit.outputs(calibration, &all);
                let fit = fit.with_refitted_platt_scaling(calibration, &outputs);
                let offsets = offsets(&fit, outputs, calibration);
                Ok((fit, offsets))
            };
            (0..starts).map(of_start).collect()
        }
    }
}

/// The rows that a selection uses when there are more than it needs: whole groups, seeded.
pub(crate) fn selection_rows(part: &Part, most: usize, seed: u64) -> Option<Part> {
    if part.rows() <= most {
        return None;
    }
    // Folds keep groups together and are balanced: take one of as many as needed.
    let shares = part.rows().div_ceil(most).min(usize::from(u8::MAX));
    let folds = part.folds(shares as u8, seed ^ 0x5e1e_c710);
    let rows: Vec<usize> = (0..part.rows()).filter(|&row| folds[row] == 0).collect();
    Some(part.subset(&rows))
}
