//! A candidate of the selection.

use std::fmt;

use crate::intake::config::Ranges;
use crate::loss::{Loss, Tau, TwoStage};

/// What a feature is divided by before it is weighed, which says what a penalty on its weight
/// means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scaling {
    /// Its own standard deviation: every feature may tell as much.
    #[default]
    Each,
    /// The root mean square of all features' standard deviations: those that vary more may tell
    /// more, as with components of an image, of which the last are noise.
    Common,
}

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
    /// In a linear network, such a factor for each expert's weights in place of `l2`; none if all
    /// have the same.
    pub l2_of_experts: Vec<f64>,
    /// What the features are divided by.
    pub scaling: Scaling,
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
            l2_of_experts: Vec::new(),
            scaling: Scaling::Each,
            ranges: Ranges::default(),
        }
    }
}

impl Candidate {
    /// Whether its fit is the minimum itself, found by penalties alone, and never stopped early.
    #[must_use]
    pub fn is_solved(&self) -> bool {
        !self.l2_of_experts.is_empty()
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hidden, tau, loss, l2, l2_of_experts, scaling, .. } = self;
        write!(f, "{loss} tau={tau} ")?;
        match &l2_of_experts[..] {
            [] => write!(f, "l2={l2}")?,
            each => write!(f, "l2={each:?}")?,
        }
        if *scaling == Scaling::Common {
            f.write_str(" scaling=common")?;
        }
        write!(f, " hidden={hidden:?}")
    }
}
