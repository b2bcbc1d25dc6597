//! What a loss's file says of the loss, beside its value and gradient.

use std::fmt;

use super::{Entry, Loss, Rows, Surrogate, Tau};

/// A surrogate loss with its parameters.
///
/// Whatever the trainer must know of a loss is here. It finds the losses through the
/// [table](super::Loss), so a new loss is a file with this trait and [`Surrogate`], and a line
/// there.
pub trait Definition: Copy + fmt::Display + Into<Loss> {
    /// What is minimised on some rows: usually the loss itself.
    type Surrogate: Surrogate<f32>;

    /// Its methods: names that `rejector.method` can have. None for a loss that only
    /// `mild compare` uses.
    const METHODS: &'static [Entry] = &[];

    /// Whether its targets depend on tau.
    const USES_TAU: bool = true;

    /// Whether the sigmoid of an output is the probability that the expert is right. The image then
    /// holds these probabilities and the prices, and prices can change without training.
    const GIVES_PROBABILITIES: bool = false;

    /// Whether a method tries it with many parameters. All but the first are then tried with the
    /// first choice of regularisation and tau alone.
    const IS_FAMILY: bool = false;

    /// The loss of one expert's output alone, from output, error and deferral loss, if the loss is
    /// the sum of such terms: then each expert's weights may have a penalty of their own.
    const OF_ONE_OUTPUT: Option<fn(output: f64, error: f64, deferral_loss: f64) -> f64> = None;

    /// How many of its parameters were chosen. Among equals the selection takes the lowest.
    fn complexity(self) -> u8 {
        0
    }

    /// The plainest loss that is equal to it.
    fn plainest(self) -> Loss {
        self.into()
    }

    /// The targets of some rows, row-major, [`Surrogate::targets_per_row`] of each.
    fn targets(self, rows: &Rows<'_>, tau: Tau) -> Vec<f32>;

    /// The loss on rows with these targets.
    fn surrogate(self, rows: &Rows<'_>, targets: &[f32]) -> Self::Surrogate;
}
