//! The trainer of `mild`: from a deferral log to an image that a microcontroller runs.
//!
//! The wings, in the order in which they may import each other:
//! [`arithmetic`] (numbers, dense layers, the optimizer), [`data`] (a log in memory), [`loss`] (the surrogate losses),
//! [`intake`] (configuration and log reader), [`learn`] (candidates, selection, offsets), [`integers`] (quantization and the
//! image), [`promises`] (the threshold that keeps a policy), [`pipeline`] (from a log to an image), [`judge`] (what it is
//! worth), [`new_expert`] (one more expert for a trained rejector), [`experiments`] (comparisons, replays, studies) and
//! [`commands`] (the program).
//!
//! Everything that is said of integer inference was computed by the crate `mild` itself.

pub mod arithmetic;
mod choice;
pub mod commands;
pub mod data;
pub mod error;
pub mod experiments;
pub mod files;
pub mod intake;
pub mod integers;
pub mod judge;
pub mod learn;
pub mod loss;
pub mod new_expert;
pub mod pipeline;
pub mod progress;
pub mod promises;
pub mod refusal;
