//! What comes of training a method on a log.

use crate::data::dataset::Dataset;
use crate::data::matrix::Matrix;
use crate::learn::offsets::{self, ScoredRows, tune};
use crate::refusal::Refusal;

/// What a method says of the test rows of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// Rows x experts: a score of each expert in any unit. Methods that predict deferral losses
    /// give minus the prediction; an expert that is never asked has minus infinity.
    pub scores: Matrix<f64>,
    /// One for each expert, in the unit of the scores, tuned on the calibration rows.
    pub offsets: Vec<f64>,
}

impl Answers {
    /// The expert chosen on each row: the highest score plus offset, ties to the lower index.
    #[must_use]
    pub fn choices(&self) -> Vec<usize> {
        offsets::choices(&self.scores, &self.offsets)
    }

    /// The same without offsets.
    #[must_use]
    pub fn plain_choices(&self) -> Vec<usize> {
        offsets::choices(&self.scores, &vec![0.0; self.offsets.len()])
    }
}

/// What came of training a method on a log.
#[derive(Debug, Clone)]
pub struct Run {
    /// What its own selection chose, for a person.
    pub chosen: String,
    /// What it says in floating point.
    pub float: Answers,
    /// What its image says, as integer scores and offsets; none without an image, or if
    /// quantization was refused.
    pub int8: Option<Answers>,
    /// Why there is no `int8`, if the method should have one.
    pub int8_refused: Option<Refusal>,
    /// Bytes of the image.
    pub image_bytes: Option<usize>,
    /// Methods that bring a classifier of their own in place of `local`: its error on each test
    /// row.
    pub local_errors: Option<Vec<f32>>,
    /// Whether another seed can change anything.
    pub seeded: bool,
}

/// The run of a method without an image: offsets are tuned on the calibration rows' scores.
pub(super) fn host_run(
    chosen: String,
    data: &Dataset,
    calibration: &Matrix<f64>,
    test: Matrix<f64>,
    seeded: bool,
) -> Run {
    let deferral_losses = &data.calibration.deferral_losses(&all_rows(data.calibration.rows()));
    let offsets = tune(&ScoredRows { scores: calibration, deferral_losses });
    without_image(chosen, Answers { scores: test, offsets }, seeded)
}

/// The run of a method without an image that has its offsets.
pub(super) fn without_image(chosen: String, float: Answers, seeded: bool) -> Run {
    Run {
        chosen,
        float,
        int8: None,
        int8_refused: None,
        image_bytes: None,
        local_errors: None,
        seeded,
    }
}

pub(super) fn all_rows(rows: usize) -> Vec<usize> {
    (0..rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_decide_and_ties_go_to_the_lower_index() {
        let scores = Matrix::new(2, 3, vec![1.0, 1.0, 0.5, 0.0, 0.2, 0.9]).unwrap();
        let answers = Answers { scores, offsets: vec![0.0, 0.0, 0.5] };
        assert_eq!(answers.plain_choices(), [0, 2]);
        assert_eq!(answers.choices(), [0, 2]);
        let other = Answers { offsets: vec![0.0, 1.0, 0.0], ..answers };
        assert_eq!(other.choices(), [1, 1]);
    }
}
