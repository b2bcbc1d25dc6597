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
//! (x_a = -128 with x_b >= 0): there V is `(x_b, x_d)`, and `UXTB16` takes `(a', c')` out of the
//! word first, one instruction more. The bias of 128 adds 128 (x_a + x_c) for every group, the same
//! for all rows: it is taken off where the sums start.

use crate::kernel::{Activations, Group};

/// Two lanes of 16 bits; what does not fit is lost.
#[inline(always)]
pub(in super::super) fn word(low: i32, high: i32) -> u32 {
    low as u32 & 0xffff | (high as u32) << 16
}

/// Packs four activations, of which `even` and `odd` are the lanes (a, c) and (b, d).
#[inline(always)]
pub(in super::super) fn pack(kind: Activations, codes: [i8; 4], [even, odd]: Group) -> Group {
    match kind {
        Activations::Input => [even, odd],
        Activations::Hidden => {
            let [a, b, c, d] = codes.map(i32::from);
            [even, word(b - (a << 8), d - (c << 8))]
        }
    }
}
