//! The packing for the DSP instructions, and why it works.
//!
//! A word of four weights a, b, c, d has the bytes a+128, b, c+128, d, so as two signed 16-bit lanes
//! it is `(256 b + a', 256 d + c')` with a' = a+128 and c' = c+128. `SXTB16` with a rotation by 8
//! takes `(b, d)` out of it. With the activations of a layer after a ReLU packed as `U = (x_a, x_c)`
//! and `V = (x_b - 256 x_a, x_d - 256 x_c)`,
//!
//! ```text
//! SMLAD(word, U) + SMLAD(SXTB16(word, 8), V) = a' x_a + b x_b + c' x_c + d x_d
//! ```
//!
//! exactly: three instructions for four multiply-accumulates, and no shift after them. V fits its
//! lanes, as activations are 0 to 127. For the codes of an input, -128 to 127, it would not
//! (x_a = -128 with x_b >= 0), but `x_b - 256 x_a - 128` does, just: it is -32768 to 32767. So the
//! odd codes are taken less 128 there, and the image has *rebased biases* that make up for it. The
//! bias of 128 adds 128 (x_a + x_c) for every group, the same for all rows: it is taken off where
//! the sums start.

use crate::kernel::Group;

/// Two lanes of 16 bits; what does not fit is lost.
#[inline(always)]
pub(in super::super) fn word(low: i32, high: i32) -> u32 {
    low as u32 & 0xffff | (high as u32) << 16
}

/// The lanes `x_b - 256 x_a - 128` and `x_d - 256 x_c - 128` of the codes of an input, the bytes of a
/// word. The low byte of such a lane is that of `x_b + 128`, the high byte `-1 - x_a`, so all of them
/// are bytes of the word with bits inverted.
#[inline(always)]
pub(in super::super) fn odd_input(codes: u32) -> u32 {
    // `REV16`.
    codes.swap_bytes().rotate_left(16) ^ 0xff80_ff80
}

/// Packs four activations, results of a ReLU, of which `even` are the lanes (a, c).
#[inline(always)]
pub(in super::super) fn pack(codes: [i8; 4], even: u32) -> Group {
    let [a, b, c, d] = codes.map(i32::from);
    [even, word(b - (a << 8), d - (c << 8))]
}
