//! Every way of deciding that can be compared: the rejectors that end in an image, and others that only
//! a host runs. One file each, all ending in a [`Run`].

mod contender;
mod gate;
mod image;
mod knn;
mod one_stage;
mod random;

pub use contender::{Contender, HostOnly};

use self::gate::Gate;
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::intake::config::Config;
use crate::learn::offsets::{Scored, argmax, tune};
use crate::learn::store::Store;
use crate::loss::{Loss, OneStage, OneStageOneVsAll};
use crate::progress::Progress;
use crate::refusal::Refusal;

/// What a method says of the test rows of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// A score of each expert, row-major, rows x experts, in any unit. Methods that predict deferral
    /// losses give minus the prediction; an expert that is never asked has minus infinity.
    pub scores: Vec<f64>,
    /// One for each expert, in the unit of the scores, tuned on the calibration rows.
    pub offsets: Vec<f64>,
}

impl Answers {
    /// The expert chosen on each row: the highest score plus offset, ties to the lower index.
    #[must_use]
    pub fn choices(&self) -> Vec<usize> {
        self.argmax(&self.offsets)
    }

    /// The same without offsets.
    #[must_use]
    pub fn plain_choices(&self) -> Vec<usize> {
        self.argmax(&vec![0.0; self.offsets.len()])
    }

    fn argmax(&self, offsets: &[f64]) -> Vec<usize> {
        self.scores.chunks_exact(offsets.len()).map(|scores| argmax(scores, offsets)).collect()
    }
}

/// What came of training a method on a log.
#[derive(Debug, Clone)]
pub struct Run {
    /// What its own selection chose, for a person.
    pub chosen: String,
    /// What it says in floating point.
    pub float: Answers,
    /// What its image says, as integer scores and offsets; none without an image, or if quantization
    /// was refused.
    pub int8: Option<Answers>,
    /// Why there is no `int8`, if the method should have one.
    pub int8_refused: Option<Refusal>,
    /// Bytes of the image.
    pub image_bytes: Option<usize>,
    /// Methods that bring a classifier of their own in place of `local`: its error on each test row.
    pub local_errors: Option<Vec<f32>>,
    /// Whether another seed can change anything.
    pub seeded: bool,
}

/// Trains a contender on the train rows, tunes it on the calibration rows and asks it about the test
/// rows. What `store` remembers of a selection is not done again.
///
/// # Errors
/// [`Error::Method`] if the contender does not [apply](applies), or as training it may.
pub fn run(
    contender: Contender,
    config: &Config,
    data: &Dataset,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Result<Run> {
    applies(contender, config, data).map_err(|reason| Error::Method {
        log: config.data.log.clone(),
        method: contender.to_string(),
        reason: Box::new(reason),
    })?;
    let one_stage = |loss: fn(usize) -> Loss| one_stage::run(loss, config, data, store, progress);
    let method = match contender {
        Contender::Image(method) => return image::run(method, config, data, store, progress),
        Contender::HostOnly(method) => method,
    };
    match method {
        HostOnly::Knn => Ok(knn::run(config, data)),
        HostOnly::OneStage => one_stage(|classes| OneStage { classes, pick: false }.into()),
        HostOnly::PicceOneStage => one_stage(|classes| OneStage { classes, pick: true }.into()),
        HostOnly::OneStageOneVsAll => {
            one_stage(|classes| OneStageOneVsAll { classes, pick: false }.into())
        }
        HostOnly::PicceOneVsAll => {
            one_stage(|classes| OneStageOneVsAll { classes, pick: true }.into())
        }
        HostOnly::MaxSoftmax => Ok(gate::run(Gate::MaxSoftmax, data)),
        HostOnly::Entropy => Ok(gate::run(Gate::Entropy, data)),
        HostOnly::Margin => Ok(gate::run(Gate::Margin, data)),
        HostOnly::Dime => Ok(gate::run(Gate::Dime, data)),
        HostOnly::Random => Ok(random::run(config.train.seed, data)),
    }
}

/// Whether a contender can be used on a log; if not, why.
///
/// # Errors
/// The reason, for a person.
pub fn applies(
    contender: Contender,
    config: &Config,
    data: &Dataset,
) -> std::result::Result<(), Refusal> {
    match contender {
        Contender::Image(_) | Contender::HostOnly(HostOnly::Knn | HostOnly::Random) => Ok(()),
        Contender::HostOnly(
            HostOnly::OneStage
            | HostOnly::PicceOneStage
            | HostOnly::OneStageOneVsAll
            | HostOnly::PicceOneVsAll,
        ) => one_stage::applies(config, data),
        Contender::HostOnly(HostOnly::MaxSoftmax) => gate::applies(Gate::MaxSoftmax, data),
        Contender::HostOnly(HostOnly::Entropy) => gate::applies(Gate::Entropy, data),
        Contender::HostOnly(HostOnly::Margin) => gate::applies(Gate::Margin, data),
        Contender::HostOnly(HostOnly::Dime) => gate::applies(Gate::Dime, data),
    }
}

/// The run of a method without an image: offsets are tuned on the calibration rows' scores.
fn host_run(
    chosen: String,
    data: &Dataset,
    calibration: &[f64],
    test: Vec<f64>,
    seeded: bool,
) -> Run {
    let losses = data.calibration.deferral_losses(&all_rows(data.calibration.rows()));
    let offsets = tune(&Scored {
        experts: data.calibration.experts(),
        scores: calibration,
        costs: losses.values(),
    });
    without_image(chosen, Answers { scores: test, offsets }, seeded)
}

/// The run of a method without an image that has its offsets.
fn without_image(chosen: String, float: Answers, seeded: bool) -> Run {
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

fn all_rows(rows: usize) -> Vec<usize> {
    (0..rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_decide_and_ties_go_to_the_lower_index() {
        let answers =
            Answers { scores: vec![1.0, 1.0, 0.5, 0.0, 0.2, 0.9], offsets: vec![0.0, 0.0, 0.5] };
        assert_eq!(answers.plain_choices(), [0, 2]);
        assert_eq!(answers.choices(), [0, 2]);
        let other = Answers { offsets: vec![0.0, 1.0, 0.0], ..answers };
        assert_eq!(other.choices(), [1, 1]);
    }
}
