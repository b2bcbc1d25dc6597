//! A candidate of the selection.

use std::fmt;

use crate::intake::config::Ranges;
use crate::loss::{Loss, Tau, TwoStage};

/// Everything that training is free to choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Widths of the hidden layers; none for a linear rejector.
    pub hidden: Vec<usize>,
    /// How deferral losses become weights.
    pub tau: Tau,
    /// The surrogate loss.
    pub loss: Loss,
    /// Factor of half the squared norm of the weights.
    pub l2: f64,
    /// Where the codes of the features end: the network is trained on what the device will see.
    pub ranges: Ranges,
}

/// The plainest candidate.
impl Default for Candidate {
    fn default() -> Self {
        Self {
            hidden: Vec::new(),
            tau: Tau::Max,
            loss: TwoStage::LOG.into(),
            l2: 1e-3,
            ranges: Ranges::default(),
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hidden, tau, loss, l2, .. } = self;
        write!(f, "{loss} tau={tau} l2={l2} hidden={hidden:?}")
    }
}
