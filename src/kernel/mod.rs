//! Dense int8 kernels: one module a core, and the same results from each.
//!
//! A kernel works on *groups* of four activations, which it packs into [`WORDS_PER_GROUP`] words in
//! a form of its own choosing, and on *blocks* of one to four rows of weights. The image lays the
//! words of one group side by side for the rows of a block.
//!
//! The build script chooses the kernel by the target. Every kernel is a type `Active` with the traits
//! of [`interface`]: it packs codes, runs layers from end to end, and knows the signs of numbers. Nothing
//! here imports anything else of the crate, and all of the crate's `unsafe` code is here.

#![allow(unsafe_code)]

/// The kernel of the target.
#[cfg_attr(mild_kernel = "armv6m", path = "armv6m/mod.rs")]
#[cfg_attr(mild_kernel = "armv7m", path = "armv7m/mod.rs")]
#[cfg_attr(mild_kernel = "dsp", path = "dsp/mod.rs")]
#[cfg_attr(mild_kernel = "helium", path = "helium/mod.rs")]
#[cfg_attr(mild_kernel = "riscv", path = "riscv/mod.rs")]
#[cfg_attr(mild_kernel = "portable", path = "portable/mod.rs")]
mod active;
pub(crate) mod constant_time;
mod interface;
mod layer;
mod layers;
mod requantize;
mod search;
#[allow(dead_code, unused_imports, unused_macros)] // No kernel needs all of it.
mod shared;

pub use layer::MAX_WIDTH;
#[cfg(feature = "writer")]
pub(crate) use layer::ZERO_WEIGHTS;
pub(crate) use layer::{BLOCK_ROWS, GROUP, INPUT, Layer, RELU, WEIGHT_BIAS, groups, rebase};
pub(crate) use layers::{Chain, ChainError, Layers, Sides};
pub(crate) use requantize::requantize;
pub(crate) use search::Search;

/// Words that four packed activations take, whatever the kernel: the size of a scratch does not
/// depend on it.
pub(crate) const WORDS_PER_GROUP: usize = 2;

/// Four packed activations.
pub(crate) type Group = [u32; WORDS_PER_GROUP];

/// Which activations a layer takes: a kernel may make use of the smaller range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activations {
    /// Codes of an input, -128 to 127.
    Input,
    /// Results of a layer with a ReLU, 0 to 127.
    Hidden,
}

/// Whether the kernel runs layers on two inputs at once.
pub(crate) const TWO: bool = <active::Active as interface::Kernel>::TWO;

/// Packs four codes of an input.
#[inline(always)]
pub(crate) fn pack_input(codes: [i8; 4]) -> Group {
    <active::Active as interface::Kernel>::pack_input(codes)
}
