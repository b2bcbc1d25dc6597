//! Every way of deciding that can be compared: the rejectors that end in an image, and others that
//! only a host runs. One file each, all ending in a [`Run`].

mod class_gate;
mod contender;
mod gate;
mod guarded_knn;
mod host_method;
mod image;
mod knn;
mod neighbours;
mod one_stage;
mod random;
mod reference_logistic;
mod run;
mod table;

pub use contender::Contender;
pub use host_method::{HostMethod, Task};
pub use run::{Answers, Run};

use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::intake::config::Config;
use crate::learn::store::Store;
use crate::progress::Progress;
use crate::refusal::Refusal;

/// Trains a contender on the train rows, tunes it on the calibration rows and asks it about the
/// test rows. What `store` remembers of a selection is not done again.
///
/// # Errors
/// [`Error::Method`] if the contender does not [apply](applies), and the errors of its
/// training.
pub fn run(
    contender: Contender,
    config: &Config,
    data: &Dataset,
    store: &dyn Store,
    progress: &dyn Progress,
) -> Result<Run> {
    applies(contender, config, data).map_err(|reason| Error::Method {
        log: config.data.log.name(),
        method: contender.to_string(),
        reason: Box::new(reason),
    })?;
    match contender {
        Contender::Image(method) => image::run(method, config, data, store, progress),
        Contender::HostOnly(method) => (method.run)(&Task { config, data, store, progress }),
    }
}

/// Whether a contender can be used on a log.
///
/// # Errors
/// Why it cannot.
pub fn applies(
    contender: Contender,
    config: &Config,
    data: &Dataset,
) -> std::result::Result<(), Refusal> {
    match contender {
        Contender::Image(_) => Ok(()),
        Contender::HostOnly(method) => (method.applies)(config, data),
    }
}
