//! Fitting candidates, choosing among them by cross-validation, and tuning their offsets.

mod axes;
pub mod batch;
pub mod candidate;
pub(crate) mod fit;
pub(crate) mod footprint;
pub mod grid;
pub(crate) mod linear;
pub(crate) mod logistic;
pub mod objective;
pub(crate) mod offsets;
pub(crate) mod platt_scaling;
pub(crate) mod recipe;
pub mod select;
pub(crate) mod store;
pub mod train;
pub(crate) mod widths;
