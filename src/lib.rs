#![no_std]
#![doc = include_str!("../README.md")]

#[cfg(feature = "writer")]
extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(feature = "client")]
pub mod client;
mod constant_time;
pub mod fixed;
pub mod governor;
pub mod image;
mod kernel;
mod network;
pub mod online;
mod operating_points;
mod platt_scaling;
pub mod policy;
mod rejector;
#[cfg(feature = "window-features")]
pub mod window_features;
#[cfg(feature = "wire")]
pub mod wire;

pub use governor::Governor;
pub use image::{Image, ImageError, Provenance};
pub use operating_points::{MAX_ENERGY_STEPS, MAX_ENTRIES, OperatingPoints};
pub use platt_scaling::PlattScaling;
pub use policy::{Decision, LOCAL, MAX_EXPERTS, Reachable};
pub use rejector::{FeatureValue, InputError, Rejector};
