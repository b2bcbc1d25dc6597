//! The trainer of `mild`: from a deferral log to an image that a microcontroller runs.
//!
//! The way of the data, and the modules in its order:
//! [`config`] and [`log`] read what a person has; [`dataset`] holds it; [`grid`] says what is tried (what fits a budget: [`footprint`]),
//! [`select`](mod@select) chooses among it by cross-validated deferral loss; [`train`](mod@train) fits one candidate:
//! a [`loss`] over a [`network`] on [`batch`]es, an [`objective`] that [`optimize`] minimises;
//! [`offsets`] are tuned; [`quantize`](mod@quantize) makes integers of it, [`fine_tune`](mod@fine_tune) improves them, and
//! [`artifact`] makes an image; [`calibrate`] finds the threshold that keeps a policy's promises;
//! [`new_expert`] adds an expert to a trained rejector;
//! [`method`] sets other ways of deciding beside it; [`evaluate`] and [`report`] say what it is worth. [`pipeline`] is the whole way, [`commands`] the
//! program.
//!
//! Everything that is said of integer inference was computed by the crate `mild` itself.

pub mod artifact;
pub mod batch;
pub mod calibrate;
pub mod commands;
pub mod compare;
pub mod confidence;
pub mod config;
pub mod dataset;
pub mod demo;
mod dense;
pub mod error;
pub mod evaluate;
pub mod files;
pub mod fine_tune;
pub mod footprint;
pub mod grid;
pub mod imbalance;
pub mod log;
mod logistic;
pub mod loss;
pub mod method;
pub mod multi_task;
pub mod network;
pub mod new_expert;
pub mod objective;
pub mod offsets;
pub mod optimize;
pub mod pipeline;
pub mod probability;
pub mod progress;
pub mod quantize;
pub mod random;
pub mod real;
pub mod report;
pub mod select;
pub mod simulate;
pub mod store;
pub mod study;
pub mod train;
pub mod vectors;
mod widths;
