//! The kernel for cores with the DSP instructions: Armv7E-M, and Armv8-M main-line with that option.
//!
//! A word of four weights a, b, c, d has the bytes a+128, b, c+128, d, so as two signed 16-bit lanes it is
//! `(256 b + a', 256 d + c')` with a' = a+128 and c' = c+128. `SXTB16` with a rotation by 8 takes `(b, d)` out of it. With
//! the activations of a layer after a ReLU packed as `U = (x_a, x_c)` and `V = (x_b - 256 x_a, x_d - 256 x_c)`,
//!
//! ```text
//! SMLAD(word, U) + SMLAD(SXTB16(word, 8), V) = a' x_a + b x_b + c' x_c + d x_d
//! ```
//!
//! exactly: three instructions for four multiply-accumulates, and no shift after them. V fits its lanes, as activations
//! are 0 to 127. For the codes of an input, -128 to 127, it would not (x_a = -128 with x_b >= 0): there V is `(x_b, x_d)`,
//! and `UXTB16` takes `(a', c')` out of the word first, one instruction more. The bias of 128 costs 128 (x_a + x_c) for
//! every group, the same for all rows: it is taken off where the sums start.

use super::{Blocks, Group, Kernel, Range};

/// Two 16-bit multiplications with one instruction.
pub(crate) struct Dsp;

impl Kernel for Dsp {
    #[inline(always)]
    fn pack(range: Range, codes: [i8; 4]) -> Group {
        let word = u32::from_le_bytes(codes.map(|code| code as u8));
        let even = ops::sxtb16(word);
        let odd = ops::sxtb16(word.rotate_right(8));
        match range {
            Range::Input => [even, odd],
            Range::Hidden => {
                let [a, b, c, d] = codes.map(i32::from);
                [even, lanes(b - (a << 8), d - (c << 8))]
            }
        }
    }

    #[inline(always)]
    fn start(_: Range, activations: &[Group]) -> i32 {
        const ONES: u32 = 0x0001_0001;
        let sum = activations.iter().fold(0, |sum, &[even, _]| ops::smlad(even, ONES, sum));
        sum.wrapping_mul(-128)
    }

    #[inline(always)]
    fn blocks(range: Range, blocks: Blocks<'_>) {
        ops::blocks(range, blocks);
    }

    #[inline(always)]
    fn row(range: Range, weights: &[u32], stride: usize, activations: &[Group]) -> i32 {
        ops::row(range, weights, stride, activations)
    }
}

/// Two lanes of 16 bits; what does not fit is lost.
#[inline(always)]
fn lanes(low: i32, high: i32) -> u32 {
    low as u32 & 0xffff | (high as u32) << 16
}

/// The instructions, and the loops that are made of nothing else. The only unsafe code of the crate.
#[cfg(mild_kernel = "dsp")]
#[allow(unsafe_code)]
mod ops {
    use super::{Blocks, Group, Range};
    use crate::kernel::routine::{self, Frame};
    use core::arch::{asm, naked_asm};

    /// `sum` plus the products of the lower and of the upper lanes.
    #[inline(always)]
    pub(super) fn smlad(a: u32, b: u32, mut sum: i32) -> i32 {
        // SAFETY: arithmetic in registers. It may set the flag Q, which nobody reads.
        unsafe {
            asm!("smlad {sum}, {a}, {b}, {sum}", a = in(reg) a, b = in(reg) b, sum = inout(reg) sum,
                options(pure, nomem, nostack, preserves_flags));
        }
        sum
    }

    /// The bytes 0 and 2 as lanes with sign.
    #[inline(always)]
    pub(super) fn sxtb16(word: u32) -> u32 {
        let lanes;
        // SAFETY: arithmetic in registers.
        unsafe {
            asm!("sxtb16 {lanes}, {word}", word = in(reg) word, lanes = lateout(reg) lanes,
                options(pure, nomem, nostack, preserves_flags));
        }
        lanes
    }

    /// Computes the blocks of a layer.
    #[inline(always)]
    pub(super) fn blocks(range: Range, blocks: Blocks<'_>) {
        routine::call(rows, range, blocks);
    }

    /// The dot product of one row.
    #[inline(always)]
    pub(super) fn row(range: Range, weights: &[u32], stride: usize, activations: &[Group]) -> i32 {
        routine::call_row([row_input, row_hidden], range, weights, stride, activations)
    }

    /// One row over the codes of an input.
    #[unsafe(naked)]
    unsafe extern "C" fn row_input(
        _: *const u32,
        _: *const Group,
        _: *const Group,
        _: usize,
    ) -> i32 {
        naked_asm!(
            "push {{r4-r7, lr}}",
            "mov r7, #0",
            "2:",
            "ldr r4, [r0]",
            "add r0, r0, r3",
            "ldrd r5, r6, [r1], #8",
            "uxtb16 r12, r4",
            "sxtb16 r4, r4, ror #8",
            "smlad r7, r12, r5, r7",
            "smlad r7, r4, r6, r7",
            "cmp r1, r2",
            "bne 2b",
            "mov r0, r7",
            "pop {{r4-r7, pc}}",
        )
    }

    /// One row over the results of a ReLU.
    #[unsafe(naked)]
    unsafe extern "C" fn row_hidden(
        _: *const u32,
        _: *const Group,
        _: *const Group,
        _: usize,
    ) -> i32 {
        naked_asm!(
            "push {{r4-r7, lr}}",
            "mov r7, #0",
            "2:",
            "ldr r4, [r0]",
            "add r0, r0, r3",
            "ldrd r5, r6, [r1], #8",
            "smlad r7, r4, r5, r7",
            "sxtb16 r4, r4, ror #8",
            "smlad r7, r4, r6, r7",
            "cmp r1, r2",
            "bne 2b",
            "mov r0, r7",
            "pop {{r4-r7, pc}}",
        )
    }

    /// One group of four rows over the codes of an input.
    macro_rules! input {
        () => {
            "ldm r0!, {{r8-r11}}
             ldrd r12, lr, [r1], #8
             uxtb16 r3, r8
             sxtb16 r8, r8, ror #8
             smlad r4, r3, r12, r4
             smlad r4, r8, lr, r4
             uxtb16 r3, r9
             sxtb16 r9, r9, ror #8
             smlad r5, r3, r12, r5
             smlad r5, r9, lr, r5
             uxtb16 r3, r10
             sxtb16 r10, r10, ror #8
             smlad r6, r3, r12, r6
             smlad r6, r10, lr, r6
             uxtb16 r3, r11
             sxtb16 r11, r11, ror #8
             smlad r7, r3, r12, r7
             smlad r7, r11, lr, r7"
        };
    }

    /// One group of four rows over the results of a ReLU.
    macro_rules! hidden {
        () => {
            "ldm r0!, {{r8-r11}}
             ldrd r12, lr, [r1], #8
             smlad r4, r8, r12, r4
             sxtb16 r8, r8, ror #8
             smlad r5, r9, r12, r5
             sxtb16 r9, r9, ror #8
             smlad r6, r10, r12, r6
             sxtb16 r10, r10, ror #8
             smlad r7, r11, r12, r7
             sxtb16 r11, r11, ror #8
             smlad r4, r8, lr, r4
             smlad r5, r9, lr, r5
             smlad r6, r10, lr, r6
             smlad r7, r11, lr, r7"
        };
    }

    /// Requantizes a sum by a word, as [`Requantizer::apply`](crate::fixed::Requantizer::apply) does: the last bit that
    /// the shift drops is the carry, and adding it rounds half up.
    macro_rules! requantize {
        ($sum:literal, $word:literal) => {
            concat!(
                "smmul ", $sum, ", ", $sum, ", ", $word, "\n", "and ", $word, ", ", $word,
                ", #31\n", "asrs ", $sum, ", ", $sum, ", ", $word, "\n", "adc ", $sum, ", ", $sum,
                ", #0\n", "usat ", $sum, ", #7, ", $sum,
            )
        };
    }

    /// In the loops over groups: r0 weights, r1 activations, r2 their end, r3 free, r4-r7 the sums, r8-r11 a word of each
    /// row, r12 and lr the group. Two groups in a turn, so an odd number of groups starts in the middle of the first turn.
    #[unsafe(naked)]
    unsafe extern "C" fn rows(frame: &mut Frame) {
        naked_asm!(
            "push {{r0, r4-r11, lr}}",
            "mov r12, r0",
            // Where to enter the loop, once for all blocks.
            "ldrd r1, r2, [r0, #4]",
            "ldr r3, [r0, #32]",
            "subs r2, r2, r1",
            "adr.w r4, 40f",
            "adr.w r5, 41f",
            "cbz r3, 2f",
            "adr.w r4, 30f",
            "adr.w r5, 31f",
            "2:",
            "tst r2, #8", // bytes of a group
            "it ne",
            "movne r4, r5",
            "orr r4, r4, #1", // Thumb
            "str r4, [r0, #32]",
            "ldr lr, [r12, #16]",
            // A block; lr is at its biases.
            "20:",
            "ldm r12, {{r0-r3}}",
            "ldm lr!, {{r4-r7}}",
            "str lr, [r12, #16]",
            "add r4, r4, r3",
            "add r5, r5, r3",
            "add r6, r6, r3",
            "add r7, r7, r3",
            "ldr pc, [r12, #32]",
            "30:",
            input!(),
            "31:",
            input!(),
            "cmp r1, r2",
            "bne 30b",
            "b 50f",
            "40:",
            hidden!(),
            "41:",
            hidden!(),
            "cmp r1, r2",
            "bne 40b",
            "50:",
            "ldr r12, [sp]",
            "str r0, [r12]",
            "ldrd r0, r1, [r12, #24]",
            "cbz r0, 60f",
            "ldm r0!, {{r8-r11}}",
            requantize!("r4", "r8"),
            requantize!("r5", "r9"),
            requantize!("r6", "r10"),
            requantize!("r7", "r11"),
            "pkhbt r4, r4, r6, lsl #16",
            "pkhbt r5, r5, r7, lsl #16",
            "lsl r6, r4, #8",
            "ssub16 r5, r5, r6",
            "stm r1!, {{r4, r5}}",
            "strd r0, r1, [r12, #24]",
            "ldrd lr, r0, [r12, #16]",
            "cmp lr, r0",
            "bne 20b",
            "pop {{r0, r4-r11, pc}}",
            // Scores.
            "60:",
            "stm r1!, {{r4-r7}}",
            "str r1, [r12, #28]",
            "ldrd lr, r0, [r12, #16]",
            "cmp lr, r0",
            "bne 20b",
            "pop {{r0, r4-r11, pc}}",
        )
    }
}

/// The same instructions in software, so that the arithmetic of this kernel is tested on the host.
#[cfg(not(mild_assembly))]
mod ops {
    use super::{Blocks, Dsp, Group, Range};
    use crate::kernel::{each_block, each_group};

    /// The lanes of a word with sign.
    fn signed(word: u32) -> [i32; 2] {
        [i32::from(word as i16), i32::from((word >> 16) as i16)]
    }

    pub(super) fn smlad(a: u32, b: u32, sum: i32) -> i32 {
        let ([a0, a1], [b0, b1]) = (signed(a), signed(b));
        // Each product fits; the sums wrap, as the instruction's do.
        sum.wrapping_add(a0 * b0).wrapping_add(a1 * b1)
    }

    fn uxtb16(word: u32) -> u32 {
        word & 0x00ff_00ff
    }

    pub(super) fn sxtb16(word: u32) -> u32 {
        let [a, _, c, _] = word.to_le_bytes().map(|byte| i32::from(byte as i8));
        super::lanes(a, c)
    }

    pub(super) fn blocks(range: Range, blocks: Blocks<'_>) {
        each_block::<Dsp>(blocks, |weights, activations, sums| {
            for (words, &group) in weights.iter().zip(activations) {
                for (sum, &word) in sums.iter_mut().zip(words) {
                    *sum = add(range, word, group, *sum);
                }
            }
        });
    }

    pub(super) fn row(range: Range, weights: &[u32], stride: usize, activations: &[Group]) -> i32 {
        each_group(weights, stride, activations, |word, group, sum| add(range, word, group, sum))
    }

    fn add(range: Range, word: u32, [even, odd]: Group, sum: i32) -> i32 {
        let first = match range {
            Range::Input => uxtb16(word),
            Range::Hidden => word,
        };
        smlad(sxtb16(word.rotate_right(8)), odd, smlad(first, even, sum))
    }
}
