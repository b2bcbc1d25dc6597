//! From scores to a [`Decision`]: which expert to ask, and what to do when it fails.
//!
//! Deciding and charging are two things. A *proposal* says whom to ask and changes nothing, so it
//! can be made again after an expert has failed, with that expert masked. A *commit* records what
//! really happened, once for each input. [`Scores`] alone propose the expert with the largest score
//! plus offset and keep no record; a [`Governor`](crate::Governor) bound to an input
//! ([`GovernedInput`](crate::governor::GovernedInput)) proposes under a budget and charges it. Both
//! are [`Decide`], which is all that a [client](crate::client) asks for.
//!
//! ```
//! use mild::{Decide, Reachable, Resolution, Scores};
//!
//! let mut scores = Scores::new(&[10, 30, 20], &[0, 0, 5]);
//! let first = scores.propose(Reachable::ALL);
//! assert_eq!(first.deferred_to(), Some(1));
//! // Expert 1 does not answer.
//! let second = scores.propose(Reachable::ALL.without(1));
//! assert_eq!(second.deferred_to(), Some(2));
//! scores.commit(Resolution::by(2).after(1));
//! ```

mod decision;
mod reachable;
mod scores;
#[cfg(test)]
mod tests;

pub use decision::{Decision, Resolution};
pub use reachable::Reachable;
pub use scores::Scores;

/// Index of the device's own predictor among the experts.
pub const LOCAL: u8 = 0;

/// The most experts that a rejector can have, `local` included: one bit each in [`Reachable`].
pub const MAX_EXPERTS: usize = 32;

/// Decides on one input: proposes whom to ask as often as needed, then takes what happened, once.
///
/// Implemented by [`Scores`] (the plain rule) and by
/// [`GovernedInput`](crate::governor::GovernedInput) (the same under a budget).
pub trait Decide {
    /// Whom to ask among the reachable experts.
    ///
    /// Charges nothing. After an expert has failed, call it again with that expert removed.
    fn propose(&mut self, reachable: Reachable) -> Decision;

    /// Records how the input was resolved, and ends it.
    fn commit(self, resolution: Resolution);

    /// The checksum of the image that the scores are of
    /// ([`Image::checksum`](crate::Image::checksum)), or 0 if they are of none.
    fn image(&self) -> u32;
}
