//! The instructions of the DSP kernel in software, so that its arithmetic is tested on the host.

use super::rows::{Blocks, Rows};
use super::{each_block, each_group};
use crate::kernel::shared::lanes;
use crate::kernel::{Activations, Group};

/// As `dsp`, whose routines are assembly.
pub(super) struct EmulatedDsp;

impl Rows for EmulatedDsp {
    const REBASED: bool = true;

    fn pack(kind: Activations, codes: [i8; 4]) -> Group {
        let word = u32::from_le_bytes(codes.map(|code| code as u8));
        match kind {
            Activations::Input => [sxtb16(word), lanes::odd_input(word)],
            Activations::Hidden => lanes::pack(codes, sxtb16(word)),
        }
    }

    fn start(_: Activations, activations: &[Group]) -> i32 {
        const ONES: u32 = 0x0001_0001;
        let sum = activations.iter().fold(0, |sum, &[even, _]| smlad(even, ONES, sum));
        sum.wrapping_mul(-128)
    }

    fn blocks(_: Activations, blocks: Blocks<'_>) {
        each_block::<Self>(blocks, |weights, activations, sums| {
            for (words, &group) in weights.iter().zip(activations) {
                for (sum, &word) in sums.iter_mut().zip(words) {
                    *sum = add(word, group, *sum);
                }
            }
        });
    }

    fn row(_: Activations, weights: &[u32], stride: usize, activations: &[Group]) -> i32 {
        each_group(weights, stride, activations, add)
    }
}

/// The lanes of a word with sign.
fn signed(word: u32) -> [i32; 2] {
    [i32::from(word as i16), i32::from((word >> 16) as i16)]
}

fn smlad(a: u32, b: u32, sum: i32) -> i32 {
    let ([a0, a1], [b0, b1]) = (signed(a), signed(b));
    // Each product fits; the sums wrap, as the instruction's do.
    sum.wrapping_add(a0 * b0).wrapping_add(a1 * b1)
}

fn sxtb16(word: u32) -> u32 {
    let [a, _, c, _] = word.to_le_bytes().map(|byte| i32::from(byte as i8));
    lanes::word(a, c)
}

fn sxtb16_rotated(word: u32) -> u32 {
    sxtb16(word.rotate_right(8))
}

fn add(word: u32, [even, odd]: Group, sum: i32) -> i32 {
    smlad(sxtb16_rotated(word), odd, smlad(word, even, sum))
}
