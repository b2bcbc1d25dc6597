//! Thresholds that learn from the answers that come back from experts.
//!
//! Both keep a few counts for each of `BINS` ranges of a score, with integers only. The right
//! answer is known only for inputs that were deferred, so both defer some inputs in order to learn.
//! `mild simulate --online` replays a log with either.

mod feasible;
mod two_thresholds;

pub use feasible::FeasibleSearch;
pub use two_thresholds::{Action, Losses, TwoThresholds};
