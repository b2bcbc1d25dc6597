//! A rejector, or always the same expert.

use std::fmt;

use crate::arithmetic::statistics::paired_difference;
use crate::data::dataset::Dataset;
use crate::data::part::Part;
use crate::learn::select::{Judged, Selection};

/// What each standard error beyond the first by which a rejector must be better than a constant counts
/// at most: on a log of few rows two whole errors are more than most rejectors can gain.
const FURTHER_ERROR: f64 = 0.01;

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
        /// Why no rejector was taken.
        reason: Reason,
    },
}

/// Why an expert is always asked, although rejectors were trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
    /// In cross-validation the best candidate was not ahead by as much as luck may give.
    NotClearlyAhead {
        /// By how much it was ahead, in deferral loss; negative if it was behind.
        gain: f64,
        /// What it had to be ahead by.
        needed: f64,
    },
    /// On the calibration rows, which have no part in the choice, the chosen candidate was behind.
    BehindOnCalibration {
        /// Mean deferral loss of the constant there.
        constant: f64,
        /// Mean deferral loss of the candidate's image there.
        rejector: f64,
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

/// A candidate, unless it is not better than the best constant by so many standard errors. One
/// counts in full, the others up to [`FURTHER_ERROR`] each.
pub(super) fn choose(selection: &Selection, index: usize, part: &Part, errors: f64) -> Choice {
    let judged = &selection.ranking[index];
    let (expert, loss) = best_constant(selection);
    let always: Vec<f64> =
        (0..part.rows()).map(|row| f64::from(part.deferral_loss(row, expert))).collect();
    let (gain, error) = paired_difference(&always, &judged.losses);
    let further = (errors - 1.0).max(0.0) * error.min(FURTHER_ERROR);
    let needed = errors.min(1.0) * error + further;
    if gain <= needed {
        Choice::Constant { expert, loss, reason: Reason::NotClearlyAhead { gain, needed } }
    } else {
        Choice::Rejector(judged.clone())
    }
}

/// The expert with the lowest mean deferral loss on the rows of the selection, and that loss.
fn best_constant(selection: &Selection) -> (usize, f64) {
    let constants = selection.constants.iter().copied().enumerate();
    constants.min_by(|a, b| a.1.total_cmp(&b.1)).expect("at least two experts")
}

/// The best constant, if it is better than a rejector on the calibration rows. These had no part in
/// the choice; the best of many candidates looks better than it is on the rows that chose it.
/// `rejector`: the mean deferral loss of the rejector's image on the calibration rows.
pub(super) fn better_constant(
    selection: &Selection,
    choice: &Choice,
    rejector: f64,
    data: &Dataset,
) -> Option<Choice> {
    let (expert, loss) = best_constant(selection);
    let on_calibration = data.calibration.mean_deferral_loss(|_| expert);
    let better = matches!(choice, Choice::Rejector(_))
        && data.calibration.rows() > 0
        && on_calibration < rejector;
    let reason = Reason::BehindOnCalibration { constant: on_calibration, rejector };
    better.then_some(Choice::Constant { expert, loss, reason })
}
