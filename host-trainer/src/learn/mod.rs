//! Fitting candidates, choosing among them by cross-validation, and tuning their offsets.

pub mod batch;
pub mod candidate;
pub mod fit;
pub mod footprint;
pub mod grid;
pub(crate) mod logistic;
pub mod objective;
pub mod offsets;
pub mod platt_scaling;
pub mod select;
pub mod store;
pub mod train;
pub(crate) mod widths;
