#![no_std]
#![doc = include_str!("../README.md")]

#[cfg(feature = "writer")]
extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "feature")]
pub mod feature;
pub mod fixed;
pub mod governor;
pub mod image;
mod kernel;
mod knob;
mod network;
pub mod online;
pub mod policy;
mod probability;
mod rejector;
mod steps;
#[cfg(feature = "wire")]
pub mod wire;

pub use governor::Governor;
pub use image::{Image, ImageError, Provenance};
pub use knob::{Knob, MAX_ENERGY_STEPS, MAX_ENTRIES};
pub use policy::{Decision, LOCAL, MAX_EXPERTS, Reachable};
pub use probability::Calibration;
pub use rejector::{Feature, InputError, Rejector};
