//! The kernel for Armv8.1-M cores with Helium (Cortex-M55, M85).
//!
//! Activations are plain bytes, four a word. Weights are taken as they lie in the image: de-interleaving
//! loads bring 16 weights of each row of a block into a register of its own, an exclusive or takes the
//! bias off, and `VMLADAVA` adds their products to the sum of the row, exactly.
//!
//! The packed codes of an input lie in every second word, as all kernels leave as much room: they are
//! moved together first.
//!
//! An operation on a vector takes an M55 two cycles. The counts of instructions do not show that.

use core::arch::naked_asm;

use super::interface::{Signs, TopTwo};
use super::shared::registers::{in_registers, thumb2_signs};
use super::shared::routine::{Assembly, Routine};
use super::{GROUP, Group};

/// This kernel.
pub(super) struct Active;

impl Assembly for Active {
    const LAYERS: Routine = all_layers;

    #[inline(always)]
    fn pack_input(codes: [i8; GROUP]) -> Group {
        [u32::from_le_bytes(codes.map(|code| code as u8)), 0]
    }
}

impl Signs for Active {
    thumb2_signs! {
        cpu: ".cpu cortex-m55",
        add: "qadd {result}, {a}, {b}",
        subtract: "qsub {result}, {a}, {b}",
    }
}

/// 16 activations and the weights of four rows: r0 and r1 move on.
macro_rules! sixteen {
    () => {
        "vldrw.u32 q4, [r1], #16
         vld40.32 {{q0, q1, q2, q3}}, [r0]
         vld41.32 {{q0, q1, q2, q3}}, [r0]
         vld42.32 {{q0, q1, q2, q3}}, [r0]
         vld43.32 {{q0, q1, q2, q3}}, [r0]!
         veor q0, q0, q5
         veor q1, q1, q5
         veor q2, q2, q5
         veor q3, q3, q5
         vmladava.s8 r4, q0, q4
         vmladava.s8 r6, q1, q4
         vmladava.s8 r8, q2, q4
         vmladava.s8 r10, q3, q4"
    };
}

/// The rest of a row, fewer than 16 activations, and its weights, each fourth word from r0, which moves on
/// by one: lanes that are not there are 0 in q4, and are not read.
macro_rules! tail {
    ($sum:literal) => {
        concat!(
            "vpst
             vldrwt.u32 q0, [r0, q1, uxtw #2]
             adds r0, #4
             veor q0, q0, q5
             vmladava.s8 ",
            $sum,
            ", q0, q4\n"
        )
    };
}

/// Requantizes the sums q0 by the words q1, as [`requantize`](super::requantize) does. A shift by a
/// negative number is one to the right, rounding half up. Its number is the low byte of the negative
/// word: 256 less the word's low byte. Saturating upward at bit 25 and shifting back saturates to 0..=127.
macro_rules! requantize {
    () => {
        "vmulh.s32 q0, q0, q1
         vneg.s32 q1, q1
         vrshl.s32 q0, q0, q1
         vqshlu.s32 q0, q0, #25
         vshr.u32 q0, q0, #25"
    };
}

/// In the loops over blocks: r0 weights, r1 activations, r2 where results go, r3 biases, r4, r6, r8 and r10
/// the sums, r5 requantizers or null if the sums are the result, r7 groups beyond a multiple of four, r9 how
/// often 64 activations, r11 how often 16 after that, r12 blocks, q5 the bias of the weights.
///
/// On the stack: 0 the activations, 4 where the layer's results begin, 8 groups, 12 outputs, 16 the end of the last layer,
/// 20 four sums, 36 and 52 the caller's q4 and q5.
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
    naked_asm!(
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        "sub sp, #68",
        "str r3, [sp, #16]",
        "vstrw.32 q4, [sp, #36]",
        "vstrw.32 q5, [sp, #52]",
        "vmov.i16 q5, #0x80",
        "ldr r3, [r0, #4]",
        "lsrs r3, r3, #1", // the flag of the first layer
        "beq 10f",
        // The codes of an input move together.
        "ldrh r4, [r0]",
        "adds r4, #3",
        "lsrs r4, r4, #2",
        "mov r5, r1",
        "mov r6, r1",
        "mov r12, #0",
        "vidup.u32 q0, r12, #2",
        "wlstp.32 lr, r4, 10f",
        "9:",
        "vldrw.u32 q1, [r5, q0, uxtw #2]",
        "adds r5, #32",
        "vstrw.32 q1, [r6], #16",
        "letp lr, 9b",
        // A layer.
        "10:",
        "ldrd r4, r6, [r0], #8",
        "strd r1, r2, [sp]",
        "lsrs r5, r4, #16",
        "adds r4, #3",
        "ubfx r4, r4, #2, #14", // groups: widths have 15 bits
        "strd r4, r5, [sp, #8]",
        "mov r3, r0",
        "lsr r12, r5, #2",
        "add r0, r0, r5, lsl #2",
        "lsrs r6, r6, #1", // the flag of the first layer; the carry is that of a ReLU
        "mul r6, r6, r5",
        "add r0, r0, r6, lsl #2", // rebased biases
        "itee cs",
        "movcs r6, r0",
        "movcc r6, #0",
        "movcc r5, #0",
        "add r0, r0, r5, lsl #2",
        "mov r5, r6",
        "and r7, r4, #3",
        "lsr r9, r4, #4",
        "ubfx r11, r4, #2, #2",
        "cmp r12, #0",
        "beq.w 30f",
        // A block.
        "20:",
        "ldm r3!, {{r4, r6, r8, r10}}",
        "ldr r1, [sp]",
        "wls lr, r9, 22f",
        "21:",
        sixteen!(),
        sixteen!(),
        sixteen!(),
        sixteen!(),
        "le lr, 21b",
        "22:",
        "wls lr, r11, 24f",
        "23:",
        sixteen!(),
        "le lr, 23b",
        "24:",
        "cbnz r7, 26f",
        "25:",
        "cbz r5, 28f",
        "vmov q0[2], q0[0], r4, r8",
        "vmov q0[3], q0[1], r6, r10",
        "vldrw.u32 q1, [r5], #16",
        requantize!(),
        "vstrb.32 q0, [r2], #4",
        "subs r12, #1",
        "bne.w 20b",
        "b.w 30f",
        "28:",
        "stm r2!, {{r4, r6, r8, r10}}",
        "subs r12, #1",
        "bne.w 20b",
        "b.w 30f",
        "26:",
        "mov lr, #0",
        "vidup.u32 q1, lr, #4",
        "vctp.32 r7",
        "vpst",
        "vldrwt.u32 q4, [r1]",
        tail!("r4"),
        tail!("r6"),
        tail!("r8"),
        tail!("r10"),
        "subs r1, r7, #1",
        "add r0, r0, r1, lsl #4",
        "b.w 25b",
        // What is left, row by row; those that are not there give 0, as the padding of a group must be.
        "30:",
        "ldrd r6, r8, [sp, #8]",
        "ands r8, r8, #3",
        "beq.w 6f",
        "mov r12, #0",
        "vidup.u32 q3, r12, #1",
        "vmul.i32 q3, q3, r8",
        "vmov.i32 q0, #0",
        "vstrw.32 q0, [sp, #20]",
        "lsl r9, r8, #4", // bytes of four groups
        "add r10, sp, #20",
        "cmp r5, #0",
        "it eq",
        "moveq r10, r2",
        "mov r11, r8",
        "31:",
        "ldr r4, [r3], #4",
        "ldr r1, [sp]",
        "mov r12, r0",
        "wlstp.32 lr, r6, 33f",
        "32:",
        "vldrw.u32 q4, [r1], #16",
        "vldrw.u32 q0, [r12, q3, uxtw #2]",
        "add r12, r12, r9",
        "veor q0, q0, q5",
        "vmladava.s8 r4, q0, q4",
        "letp lr, 32b",
        "33:",
        "str r4, [r10], #4",
        "adds r0, #4",
        "subs r11, #1",
        "bne 31b",
        "subs r6, #1",
        "mul r6, r6, r8",
        "add r0, r0, r6, lsl #2", // the end of the layer
        "cbz r5, 6f",
        "vctp.32 r8",
        "vpst",
        "vldrwt.u32 q1, [r5]",
        "vldrw.u32 q0, [sp, #20]",
        requantize!(),
        "vstrb.32 q0, [r2]",
        // The next layer, from what is now there to where this one took its activations.
        "6:",
        "ldrd r2, r1, [sp]",
        "ldr r3, [sp, #16]",
        "cmp r0, r3",
        "bne.w 10b",
        "mov r0, r1",
        "vldrw.u32 q4, [sp, #36]",
        "vldrw.u32 q5, [sp, #52]",
        "add sp, #68",
        "pop {{r4-r11, pc}}",
    )
}
