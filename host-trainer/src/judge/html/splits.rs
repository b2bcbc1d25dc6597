//! The image on each split: whether its test rows are like those that it was made from.

use crate::arithmetic::statistics::{Estimate, mean};
use crate::data::split::Split;
use crate::integers::artifact::decisions;
use crate::judge::evaluate::{RowFigures, resamples};

use super::subject::Subject;

/// The image on one split.
pub(super) struct SplitFigures {
    pub(super) split: Split,
    pub(super) rows: usize,
    pub(super) deferral_loss: Estimate,
    pub(super) deferral_rate: f64,
    pub(super) accuracy: f64,
}

/// The image on train, calibration and test rows.
pub(super) struct Splits {
    pub(super) of: Vec<SplitFigures>,
}

impl Splits {
    pub(super) fn new(subject: &Subject<'_>) -> Self {
        let figures = |split| {
            let part = subject.data.part(split);
            let rows = RowFigures::new(part, &decisions(subject.image, part));
            SplitFigures {
                split,
                rows: part.rows(),
                deferral_loss: resamples(part, subject.seed).estimate(&rows.deferral_loss),
                deferral_rate: 1.0 - mean(&rows.coverage),
                accuracy: mean(&rows.accuracy),
            }
        };
        Self { of: Split::ALL.map(figures).into() }
    }

    /// The calibration and the test rows, if the latter cost clearly more: their intervals do not
    /// meet.
    pub(super) fn drift(&self) -> Option<(&SplitFigures, &SplitFigures)> {
        let [_, calibration, test] = &self.of[..] else { return None };
        let rows = calibration.rows > 0 && test.rows > 0;
        (rows && test.deferral_loss.low > calibration.deferral_loss.high)
            .then_some((calibration, test))
    }
}
