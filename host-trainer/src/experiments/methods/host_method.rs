//! A method that only a host runs, as its file defines it.

use super::run::Run;
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::intake::config::Config;
use crate::learn::store::Store;
use crate::progress::Progress;
use crate::refusal::Refusal;

/// One of the methods of a file.
#[derive(Debug)]
pub struct HostMethod {
    /// The name on a command line.
    pub name: &'static str,
    /// What it is, for help: a phrase without a full stop.
    pub about: &'static str,
    /// Whether it uses what the log says of the local model's confidence.
    pub uses_confidence: bool,
    /// Whether it can be used on a log; if not, why.
    pub(super) applies: fn(&Config, &Dataset) -> std::result::Result<(), Refusal>,
    /// Trains it and asks it about the test rows.
    pub(super) run: fn(&Task<'_>) -> Result<Run>,
}

/// Names are unique.
impl PartialEq for HostMethod {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for HostMethod {}

/// What a method is trained on.
pub struct Task<'a> {
    /// The configuration of the log.
    pub config: &'a Config,
    /// The log.
    pub data: &'a Dataset,
    /// What is known of the selection.
    pub store: &'a dyn Store,
    /// Who is told how far training is.
    pub progress: &'a dyn Progress,
}
