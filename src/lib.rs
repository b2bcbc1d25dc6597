#![no_std]
#![doc = include_str!("../README.md")]

#[cfg(feature = "writer")]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod checksum;
#[cfg(feature = "client")]
pub mod client;
pub mod fixed;
pub mod governor;
pub mod image;
#[allow(unsafe_code)]
mod kernel;
pub mod online;
pub mod policy;
mod price;
mod rejector;
#[cfg(feature = "window-features")]
pub mod window_features;
#[cfg(feature = "wire")]
pub mod wire;

pub use governor::Governor;
pub use image::{
    Image, ImageError, MAX_ENERGY_STEPS, MAX_ENTRIES, OperatingPoints, PlattScaling, Provenance,
};
use kernel::constant_time;
pub use policy::{Decide, Decision, LOCAL, MAX_EXPERTS, Reachable, Resolution, Scores};
pub use price::Price;
pub use rejector::{FeatureValue, InputError, Rejector};
