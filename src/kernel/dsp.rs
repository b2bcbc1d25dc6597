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

#[cfg(not(mild_assembly))]
use super::{Blocks, Rows};
use super::{Group, Kernel, Range};
#[cfg(mild_assembly)]
pub(super) use ops::layers;

/// Two 16-bit multiplications with one instruction.
pub(crate) struct Dsp;

impl Kernel for Dsp {
    #[inline(always)]
    fn pack(range: Range, codes: [i8; 4]) -> Group {
        let word = u32::from_le_bytes(codes.map(|code| code as u8));
        let even = ops::sxtb16(word);
        let odd = ops::sxtb16_rotated(word);
        match range {
            Range::Input => [even, odd],
            Range::Hidden => {
                let [a, b, c, d] = codes.map(i32::from);
                [even, lanes(b - (a << 8), d - (c << 8))]
            }
        }
    }
}

#[cfg(not(mild_assembly))]
impl Rows for Dsp {
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
    use super::Group;
    use crate::kernel::thumb2;
    use core::arch::{asm, naked_asm};

    /// What makes the assembler accept the instructions. On Armv8-M the target leaves them out, and only naming a core
    /// that has them brings them back.
    #[cfg(mild_option)]
    macro_rules! option {
        () => {
            ".cpu cortex-m33"
        };
    }
    /// Nothing: the target has the instructions.
    #[cfg(not(mild_option))]
    macro_rules! option {
        () => {
            ""
        };
    }

    /// The bytes 1 and 3 as lanes with sign.
    #[inline(always)]
    pub(super) fn sxtb16_rotated(word: u32) -> u32 {
        let lanes;
        // SAFETY: arithmetic in registers.
        unsafe {
            asm!(option!(), "sxtb16 {lanes}, {word}, ror #8", word = in(reg) word, lanes = lateout(reg) lanes,
                options(pure, nomem, nostack, preserves_flags));
        }
        lanes
    }

    /// The bytes 0 and 2 as lanes with sign.
    #[inline(always)]
    pub(super) fn sxtb16(word: u32) -> u32 {
        let lanes;
        // SAFETY: arithmetic in registers.
        unsafe {
            asm!(option!(), "sxtb16 {lanes}, {word}", word = in(reg) word, lanes = lateout(reg) lanes,
                options(pure, nomem, nostack, preserves_flags));
        }
        lanes
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
            option!(),
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
            option!(),
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

    /// What the biases of the weights cost.
    macro_rules! start {
        () => {
            concat!(
                option!(),
                "
             movs r5, #0
             mov r6, #0x00010001
             mov r8, r1
             2:
             ldr r7, [r8], #8
             smlad r5, r7, r6, r5
             cmp r8, r2
             bne 2b
             lsls r5, r5, #7
             rsb r11, r5, #0"
            )
        };
    }

    /// In the loops over groups: r0 weights, r1 activations, r2 their end, r3 free, r4-r7 the sums, r8-r11 a word of each
    /// row, r12 and lr the group.
    ///
    /// # Safety
    /// See [`Routine`](thumb2::Routine).
    #[unsafe(naked)]
    pub(in crate::kernel) unsafe extern "C" fn layers(
        _: *const u32,
        _: *mut Group,
        _: *mut u32,
        _: *const u32,
        _: usize,
    ) -> *const u32 {
        thumb2::layer! {
            start: start,
            prepare: "",
            more: 3,
            input: input input input input,
            hidden: hidden hidden hidden hidden,
            requantize: requantize,
            pack: "pkhbt r4, r4, r6, lsl #16
                   pkhbt r5, r5, r7, lsl #16
                   lsls r6, r4, #8
                   ssub16 r5, r5, r6",
            row_input: row_input,
            row_hidden: row_hidden,
        }
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

    pub(super) fn sxtb16_rotated(word: u32) -> u32 {
        sxtb16(word.rotate_right(8))
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
        smlad(sxtb16_rotated(word), odd, smlad(first, even, sum))
    }
}
