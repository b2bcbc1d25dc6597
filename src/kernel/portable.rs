//! The kernel in plain Rust, for every core and for the host: two products with one multiplication.
//!
//! A word of four weights a, b, c, d becomes two words, `a' + 2^16 c'` and `b' + 2^16 d'`, where a' = a+128 and so on are
//! bytes without sign. Activations are packed crosswise, `x_c + 2^16 x_a` and `x_d + 2^16 x_b`. Then
//!
//! ```text
//! (a' + 2^16 c') (x_c + 2^16 x_a) = a' x_c + 2^16 (a' x_a + c' x_c)   modulo 2^32
//! ```
//!
//! After a ReLU activations are 0 to 127, so `a' x_c` stays in the lower half and `a' x_a + c' x_c`, at most
//! 2 * 255 * 127 = 64770, in the upper one. The biases cost 128 times the sum of all activations, the same for all rows:
//! it is taken off where the sums start.
//!
//! With the codes of an input, -128 to 127, that would not fit. There the biases are taken off in the product itself: for
//! all rows alike it is `2^7 (1 + 2^16)` times the packed activations too large. What remains is
//! `a x_c + 2^16 (a x_a + c x_c)`, and with 2^15 added the upper half is exactly `a x_a + c x_c`: its magnitude is at most
//! 2 * 127 * 128 = 32512, less than 2^15, and so is that of `a x_c`, at most 127 * 128 = 16256.

use super::Group;
#[cfg(not(mild_assembly))]
use super::{Blocks, Kernel, Range, Rows};
#[cfg(not(mild_assembly))]
use crate::image::layout::WEIGHT_BIAS;

/// Plain Rust, without any instruction that a core might not have.
#[cfg(not(mild_assembly))]
pub(crate) struct Portable;

/// Takes the first and the third byte of a word.
#[cfg(not(mild_assembly))]
const EVEN: u32 = 0x00ff_00ff;

/// Biases the second and the fourth byte of a word, as the other two are.
#[cfg(not(mild_assembly))]
const ODD_BIAS: u32 = WEIGHT_BIAS << 8;

/// Half of the lower half: makes the floor of the upper half a rounding.
#[cfg(not(mild_assembly))]
const HALF: u32 = 1 << 15;

/// Four activations, crosswise.
#[inline(always)]
pub(super) fn pack(codes: [i8; 4]) -> Group {
    // One by one: an array that is mapped becomes a loop over memory in builds for size.
    let [a, b, c, d] = codes;
    let (a, b, c, d) = (a as u32, b as u32, c as u32, d as u32);
    [c.wrapping_add(a << 16), d.wrapping_add(b << 16)]
}

/// What the biases of the weights cost after a ReLU.
#[cfg(not(mild_kernel_layers))]
#[inline(always)]
pub(super) fn start(range: super::Range, activations: &[Group]) -> i32 {
    match range {
        super::Range::Input => 0,
        super::Range::Hidden => {
            let pairs = activations.iter().map(|&[even, odd]| even.wrapping_add(odd));
            let sum = pairs.fold(0, |sum, pair| {
                // Each pair of lanes has 8 bits at most.
                sum + (pair & 0xffff).wrapping_add(pair >> 16)
            });
            -128 * sum as i32
        }
    }
}

#[cfg(not(mild_assembly))]
impl Kernel for Portable {
    #[inline(always)]
    fn pack(_: Range, codes: [i8; 4]) -> Group {
        pack(codes)
    }
}

#[cfg(not(mild_assembly))]
impl Rows for Portable {
    #[inline(always)]
    fn start(range: Range, activations: &[Group]) -> i32 {
        start(range, activations)
    }

    #[inline(always)]
    fn blocks(range: Range, blocks: Blocks<'_>) {
        super::each_block::<Self>(blocks, |weights, activations, sums| match range {
            Range::Input => block::<true>(weights, activations, sums),
            Range::Hidden => block::<false>(weights, activations, sums),
        });
    }

    #[inline(always)]
    fn row(range: Range, weights: &[u32], stride: usize, activations: &[Group]) -> i32 {
        super::each_group(weights, stride, activations, |word, group, sum| {
            sum.wrapping_add(match range {
                Range::Input => product::<true>(word, group, addends(group)),
                Range::Hidden => product::<false>(word, group, addends(group)),
            })
        })
    }
}

#[cfg(not(mild_assembly))]
#[inline(never)]
fn block<const INPUT: bool>(weights: &[[u32; 4]], activations: &[Group], sums: &mut [i32; 4]) {
    let mut totals = *sums;
    for (words, &group) in weights.iter().zip(activations) {
        let addends = addends(group);
        for (total, &word) in totals.iter_mut().zip(words) {
            *total = total.wrapping_add(product::<INPUT>(word, group, addends));
        }
    }
    *sums = totals;
}

/// What takes the biases off the products, and adds the half.
#[cfg(not(mild_assembly))]
#[inline(always)]
fn addends(group: Group) -> Group {
    group.map(|pair| HALF.wrapping_sub(pair.wrapping_mul(WEIGHT_BIAS)))
}

/// The dot product of four weights and four activations; after a ReLU, with the biases in it.
#[cfg(not(mild_assembly))]
#[inline(always)]
fn product<const INPUT: bool>(word: u32, [even, odd]: Group, addends: Group) -> i32 {
    let a_c = word & EVEN;
    let b_d = ((word ^ ODD_BIAS) >> 8) & EVEN;
    let (first, second) = (a_c.wrapping_mul(even), b_d.wrapping_mul(odd));
    if INPUT {
        let [even, odd] = addends;
        (first.wrapping_add(even) as i32 >> 16) + (second.wrapping_add(odd) as i32 >> 16)
    } else {
        ((first >> 16) + (second >> 16)) as i32
    }
}
