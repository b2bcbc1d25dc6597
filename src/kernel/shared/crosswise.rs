//! The packing that the kernels without DSP instructions share: two products with one
//! multiplication.
//!
//! A word of four weights a, b, c, d becomes two words, `a' + 2^16 c'` and `b' + 2^16 d'`, where
//! a' = a+128 and so on are bytes without sign. Activations are packed crosswise, `x_c + 2^16 x_a`
//! and `x_d + 2^16 x_b`. Then
//!
//! ```text
//! (a' + 2^16 c') (x_c + 2^16 x_a) = a' x_c + 2^16 (a' x_a + c' x_c)   modulo 2^32
//! ```
//!
//! After a ReLU activations are 0 to 127, so `a' x_c` stays in the lower half and
//! `a' x_a + c' x_c`, at most 2 * 255 * 127 = 64770, in the upper one. The biases add 128 times the
//! sum of all activations, the same for all rows: it is taken off where the sums start.
//!
//! With the codes of an input, -128 to 127, that would not fit. There the biases are taken off in
//! the product itself: for all rows alike it is `2^7 (1 + 2^16)` times the packed activations too
//! large. What remains is `a x_c + 2^16 (a x_a + c x_c)`, and with 2^15 added the upper half is
//! exactly `a x_a + c x_c`: its magnitude is at most 2 * 127 * 128 = 32512, less than 2^15, and so
//! is that of `a x_c`, at most 127 * 128 = 16256.

use crate::kernel::{Activations, Group};

/// Four activations, crosswise.
#[inline(always)]
pub(in super::super) fn pack(codes: [i8; 4]) -> Group {
    // One by one: an array that is mapped becomes a loop over memory in builds for size.
    let [a, b, c, d] = codes;
    let (a, b, c, d) = (a as u32, b as u32, c as u32, d as u32);
    [c.wrapping_add(a << 16), d.wrapping_add(b << 16)]
}

/// What the biases of the weights add after a ReLU, to be taken off.
#[inline(always)]
pub(in super::super) fn start(kind: Activations, activations: &[Group]) -> i32 {
    match kind {
        Activations::Input => 0,
        Activations::Hidden => {
            let pairs = activations.iter().map(|&[even, odd]| even.wrapping_add(odd));
            let sum = pairs.fold(0, |sum, pair| {
                // Each pair of lanes has 8 bits at most.
                sum + (pair & 0xffff).wrapping_add(pair >> 16)
            });
            -128 * sum as i32
        }
    }
}
