//! The kernel in plain Rust, for every core and for the host.

use super::{Kernel, WORDS_PER_GROUP};
use crate::image::layout::WEIGHT_BIAS;

/// Plain Rust: bytes are extracted and multiplied one by one.
pub(crate) struct Portable;

impl Kernel for Portable {
    /// The four codes, a byte each, in the first word; the second is not used.
    #[inline(always)]
    fn pack(codes: [i8; 4]) -> [u32; WORDS_PER_GROUP] {
        [u32::from_le_bytes(codes.map(|code| code as u8)), 0]
    }

    #[inline(always)]
    fn accumulate<const R: usize>(
        weights: &[[u32; R]],
        activations: &[[u32; WORDS_PER_GROUP]],
        mut sums: [i32; R],
    ) -> [i32; R] {
        for (words, &[codes, _]) in weights.iter().zip(activations) {
            let codes = bytes(codes);
            for (sum, &word) in sums.iter_mut().zip(words) {
                let weights = bytes(word ^ WEIGHT_BIAS);
                for (weight, code) in weights.into_iter().zip(codes) {
                    // Cannot overflow in a checked image; wrapping only says so to the compiler.
                    *sum = sum.wrapping_add(weight * code);
                }
            }
        }
        sums
    }
}

/// The four bytes of a word as signed numbers, lowest first.
#[inline(always)]
fn bytes(word: u32) -> [i32; 4] {
    word.to_le_bytes().map(|byte| i32::from(byte as i8))
}
