//! The kernel for cores with the DSP instructions: Armv7E-M, and Armv8-M main-line with that option.
//!
//! [`lanes`] explains the arithmetic.

mod two;

use core::arch::{asm, naked_asm};

use super::interface::{Signs, TopTwo};
use super::shared::registers::{in_registers, thumb2_signs};
use super::shared::routine::{Assembly, Routine};
use super::shared::{lanes, thumb2_layers};
use super::{GROUP, Group};

/// This kernel.
pub(super) struct Active;

impl Assembly for Active {
    const LAYERS: Routine = all_layers;
    const LAYERS_OF_TWO: Option<Routine> = Some(two::all_layers);

    #[inline(always)]
    fn pack_input(codes: [i8; GROUP]) -> Group {
        let word = u32::from_le_bytes(codes.map(|code| code as u8));
        [sxtb16(word), lanes::odd_input(word)]
    }
}

/// What makes the assembler accept the instructions. On Armv8-M the target leaves them out, and only
/// naming a core that has them brings them back; elsewhere the build script leaves this empty.
macro_rules! cpu {
    () => {
        env!("MILD_DSP_CPU")
    };
}

impl Signs for Active {
    thumb2_signs! {
        cpu: cpu!(),
        add: "qadd {result}, {a}, {b}",
        subtract: "qsub {result}, {a}, {b}",
    }
}

/// The bytes 0 and 2 as lanes with sign.
#[inline(always)]
fn sxtb16(word: u32) -> u32 {
    let lanes;
    // SAFETY: arithmetic in registers.
    unsafe {
        asm!(cpu!(), "sxtb16 {lanes}, {word}", word = in(reg) word, lanes = lateout(reg) lanes,
            options(pure, nomem, nostack, preserves_flags));
    }
    lanes
}

/// One row.
#[unsafe(naked)]
unsafe extern "C" fn row(_: *const u32, _: *const Group, _: *const Group, _: usize) -> i32 {
    naked_asm!(
        cpu!(),
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

/// One group of four rows.
macro_rules! group {
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

/// Requantizes a sum by a word, as [`requantize`](super::requantize) does: the last bit that
/// the shift drops is the carry, and adding it rounds half up.
macro_rules! requantize {
    ($sum:literal, $word:literal) => {
        concat!(
            "smmul ", $sum, ", ", $sum, ", ", $word, "\n", "asrs ", $sum, ", ", $sum, ", ", $word,
            "\n", "adc ", $sum, ", ", $sum, ", #0\n", "usat ", $sum, ", #7, ", $sum,
        )
    };
}

/// What the biases of the weights add, to be taken off: 64 times twice the sum of the activations whose
/// weights have one.
macro_rules! start {
    () => {
        concat!(
            cpu!(),
            "
         cbz r3, 3f
         mov r6, #0x00020002
         mov lr, r1
         2:
         ldr r12, [lr], #8
         smlad r5, r12, r6, r5
         cmp lr, r2
         bne 2b
         3:
         movs r6, #0
         sub r11, r6, r5, lsl #6"
        )
    };
}

/// In the loops over groups: r0 weights, r1 activations, r2 their end, r3 free, r4-r7 the sums, r8-r11 a word of each
/// row, r12 and lr the group.
///
/// # Safety
/// See [`Routine`].
#[unsafe(naked)]
unsafe extern "C" fn all_layers(
    _: *const u32,
    _: *mut Group,
    _: *mut u32,
    _: *const u32,
) -> *const u32 {
    thumb2_layers::layer! {
        biases: "mla r10, r3, r12, r0
                 add r7, r10, r12",
        start: start!(),
        more: 3,
        enter: "",
        loops: concat!(
            thumb2_layers::add_start!(),
            "\nbx r9\n40:\n", group!(), "\n41:\n", group!(), "\n", group!(), "\n", group!(), "\n",
            "cmp r1, r2\nbne.w 40b",
        ),
        requantize: requantize,
        // Bytes beside bytes of 0, both ways: their differences are twice the sum of the activations.
        pack: "pkhbt r4, r4, r6, lsl #16
               pkhbt r5, r5, r7, lsl #16
               lsls r6, r4, #8
               usada8 r12, r4, r6, r12
               ssub16 r5, r5, r6",
        row: "bl {row}",
        symbols: row,
    }
}
