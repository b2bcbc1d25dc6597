//! From a temperature sensor to a decision: read [`tmp105::Tmp105`] at a steady pace, and give
//! [`Monitor`] the readings.
//!
//! Nothing here knows a board: the sensor is on any `embedded_hal::i2c::I2c`. The test trains a
//! rejector on a log of such readings and finds the same decisions here as in the trainer; `cargo
//! xtask device test` runs it on an emulated board with an emulated sensor on its bus.

#![no_std]

mod monitor;
pub mod tmp105;

pub use monitor::{Monitor, STATISTICS, WINDOW};
