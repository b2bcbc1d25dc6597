//! The crate `mild` for C and C++: one inference, the same bits.
//!
//! This file and its modules are what `include/mild.h` is generated from (`cargo xtask c header`), so
//! the comments of public items address a C programmer.
//!
//! Nothing here allocates, keeps a global variable, or panics on the way to a decision. Objects live
//! where the caller puts them: a C type is an array of words large enough for the Rust type that
//! [`boundary`] writes into it.

#![no_std]

mod boundary;
pub mod client;
pub mod decision;
pub mod governor;
#[cfg(feature = "window-features")]
pub mod history;
pub mod image;
mod line;
pub mod port;
#[cfg(feature = "window-features")]
pub mod spectrum;
pub mod status;
#[cfg(feature = "window-features")]
pub mod window;

/// Reached in builds without optimization only: `cargo xtask c test` checks that a release build
/// links no call to it.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
