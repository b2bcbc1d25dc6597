//! From a fitted network to the integers of an image, and what the image takes of a device.

pub mod artifact;
pub mod fine_tune;
pub mod footprint;
pub mod quantize;
pub mod vectors;
