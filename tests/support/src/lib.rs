//! What the project's tests share, on the host and on devices, so that both sides of a comparison
//! use the same code.
//!
//! - [`random`], [`checksum`]: a small generator of numbers, and the checksum of images written
//!   independently.
//! - [`cores`]: the emulated cores and their memory maps (`std`).
//! - [`imports`]: the import graph of a crate (`imports`).
//! - [`inputs`]: inputs, governor settings and digests for decisions (`inputs`).
//! - [`governed`]: governors whose experts fail (`governed`).
//! - [`onnx`]: ONNX models of a few nodes (`onnx`).
//! - [`online`]: thresholds that learn from answers (`online`).
//! - [`flash`], [`updates`]: a flash whose power fails, and updates during which it does
//!   (`updates`).
//! - [`windows`]: samples, and digests of their statistics (`window-features`).
//! - [`window_log`]: a log with windows of samples, and its inputs (`window-log`).
//! - [`images`], [`reference`](mod@reference): images, and what must come out of them (`images`).
//! - [`cold_store`]: the log of the sensor example (`std`).

#![cfg_attr(not(feature = "std"), no_std)]

pub mod checksum;
#[cfg(feature = "std")]
pub mod cold_store;
#[cfg(feature = "std")]
pub mod cores;
#[cfg(feature = "updates")]
pub mod flash;
#[cfg(feature = "governed")]
pub mod governed;
#[cfg(feature = "images")]
pub mod images;
#[cfg(feature = "imports")]
pub mod imports;
#[cfg(feature = "inputs")]
pub mod inputs;
#[cfg(feature = "online")]
pub mod online;
#[cfg(feature = "onnx")]
pub mod onnx;
pub mod random;
#[cfg(feature = "images")]
pub mod reference;
#[cfg(feature = "updates")]
pub mod updates;
#[cfg(feature = "window-log")]
pub mod window_log;
#[cfg(feature = "window-features")]
pub mod windows;
