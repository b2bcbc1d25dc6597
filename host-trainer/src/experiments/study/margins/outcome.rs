//! What is judged, and what comes of it.

use serde::Serialize;

use crate::data::dataset::Dataset;
use crate::experiments::compare::paired::Against;
use crate::intake::config::Config;
use crate::loss::Tau;

/// A log of the study.
pub(crate) struct StudiedLog {
    /// Its name in the table.
    pub name: String,
    /// Its configuration.
    pub config: Config,
    /// Its rows.
    pub data: Dataset,
}

/// One combination.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Setting {
    /// Train rows.
    pub train_rows: usize,
    /// The width of the hidden layer; 0 without one.
    pub width: usize,
    /// The factor of half the squared norm of the weights.
    pub l2: f64,
    /// How deferral losses become weights.
    pub tau: Tau,
}

/// One way on one log in one setting. Losses are mean deferral losses over seeds, on the test rows
/// unless they say otherwise.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MarginsResult {
    /// The log.
    pub log: String,
    /// Where.
    #[serde(flatten)]
    pub setting: Setting,
    /// The margins, or what stands beside them.
    pub margins: String,
    /// On the train rows, with scores as they are, less that of the best possible choices: 0 where
    /// the network fits them all.
    pub excess_on_train: f64,
    /// With scores as they are.
    pub plain: f64,
    /// The difference from equal margins, both with scores as they are.
    pub plain_against_equal: Against,
    /// With tuned offsets.
    pub tuned: f64,
    /// The difference from equal margins, both with tuned offsets.
    pub tuned_against_equal: Against,
    /// With scores as they are: the share of the rows on which a minority expert is the cheapest
    /// right choice that are given to it; none without such rows.
    pub minority_recall: Option<f64>,
    /// Of the penalised logistic regressions on the same samples, which have no part in the setting
    /// but its rows.
    pub reference_logistic: f64,
    /// Of the single expert that is best on the rows that a training may see.
    pub single: f64,
}
