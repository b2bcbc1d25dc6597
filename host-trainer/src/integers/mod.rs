//! From a fitted network to the integers of an image, and what the image takes of a device.

pub(crate) mod artifact;
pub(crate) mod decision_costs;
pub(crate) mod fine_tune;
pub(crate) mod footprint;
pub(crate) mod names;
pub(crate) mod quantize;
pub(crate) mod vectors;
pub(crate) mod window_costs;
