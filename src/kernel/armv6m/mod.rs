//! The kernel for Armv6-M (Cortex-M0, M0+) and Armv8-M base-line (M23).
//!
//! The arithmetic of [`crosswise`], which explains it, in assembly. Sums live in
//! the high registers, which can be added to but not much else.

mod steps;

use core::arch::naked_asm;

use super::interface::Signs;
use super::shared::crosswise;
use super::shared::registers::in_registers;
use super::shared::routine::{Assembly, Routine};
use super::{GROUP, Group};
use steps::{hidden_row, input_row, requantize, word};

/// This kernel.
pub(super) struct Active;

impl Assembly for Active {
    const LAYERS: Routine = all_layers;

    #[inline(always)]
    fn pack_input(codes: [i8; GROUP]) -> Group {
        crosswise::pack(codes)
    }
}

/// The core has no conditional instructions, and the compiler must not see through these: it knows
/// masks, and makes branches of them.
impl Signs for Active {
    const BRANCHES: bool = true;
    const MULTIPLIES_HIGH: bool = false;

    #[inline(always)]
    fn negative(number: i32) -> i32 {
        in_registers!("asrs {result}, {number}, #31"; number)
    }

    #[inline(always)]
    fn below(a: u32, b: u32) -> i32 {
        in_registers!("cmp {a}, {b}", "sbcs {result}, {result}"; a, b)
    }

    #[inline(always)]
    fn negate(number: i32) -> i32 {
        in_registers!("rsbs {result}, {number}, #0"; number)
    }
}

/// A layer: r0 its words, r1 the activations, r2 where results go, r3 1 if the activations are
/// codes of an input, else 0. In the loops over groups: r0 weights, r1 activations, r2 and r3 the group, r4
/// and r5 free, r6 the bias of the odd bytes, r7 the mask of the even ones, r8-r11 the sums. Over
/// the codes of an input r12 is minus the bias of the even bytes and lr the half; else r12 is the
/// end of the activations.
///
/// On the stack: 0 the weights, 4 the activations, 8 their end, 12 the start, 16 the biases, 20 the
/// end of those of whole blocks, then the end of the layer, 24 the requantizers, null if the sums
/// are the result, 28 where results go, 32 whether the activations are codes of an input, 36 the
/// rows after the last whole block, 40 where the layer's results begin, 44 the end of the last
/// layer, 48 four results.
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
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "push {{r4-r7}}",
        "sub sp, #64",
        "str r3, [sp, #44]",
        "10:",
        "str r1, [sp, #4]",
        "str r2, [sp, #28]",
        "str r2, [sp, #40]",
        "ldm r0!, {{r4, r5}}",
        "str r0, [sp, #16]",
        "lsrs r3, r5, #1", // the flag of the first layer
        "str r3, [sp, #32]",
        "lsrs r6, r4, #16",
        "movs r2, #3",
        "uxth r4, r4",
        "adds r4, r4, #3",
        "bics r4, r2",
        "lsls r4, r4, #1", // 8 bytes for each group
        "adds r4, r1, r4",
        "str r4, [sp, #8]",
        "movs r7, r6",
        "bics r7, r2",
        "lsls r7, r7, #2",
        "adds r7, r0, r7",
        "str r7, [sp, #20]",
        "ands r2, r6",
        "str r2, [sp, #36]",
        "lsls r6, r6, #2",
        "adds r0, r0, r6",
        "muls r3, r6, r3",
        "adds r0, r0, r3", // rebased biases
        "movs r7, #0",
        "lsrs r5, r5, #1", // the carry is the flag of a ReLU
        "bcc 11f",
        "movs r7, r0",
        "adds r0, r0, r6",
        "11:",
        "str r7, [sp, #24]",
        "str r0, [sp]",
        // The start: with L and H the sums of the lower and the upper halves, r5 becomes L + 2^16
        // H, r6 becomes H, and then r5 becomes L + H.
        "cmp r5, #0",
        "bne 13f",
        "mov r12, r4",
        "movs r6, #0",
        "12:",
        "ldm r1!, {{r2, r3}}",
        "adds r2, r2, r3",
        "adds r5, r5, r2",
        "lsrs r2, r2, #16",
        "adds r6, r6, r2",
        "cmp r1, r4",
        "bne 12b",
        "adds r5, r5, r6",
        "lsls r6, r6, #16",
        "subs r5, r5, r6",
        "lsls r5, r5, #7",
        "rsbs r5, r5, #0",
        "b 14f",
        "13:",
        "movs r5, #0",
        "ldr r2, 92f",
        "mov r12, r2",
        "ldr r2, 93f",
        "mov lr, r2",
        "14:",
        "str r5, [sp, #12]",
        "ldr r0, [sp, #16]",
        "ldr r1, [sp, #20]",
        "cmp r0, r1",
        "bne 20f",
        "b 70f",
        // A block, whose biases are at r0.
        "20:",
        "ldr r3, [sp, #12]",
        "ldm r0!, {{r1, r2, r4, r5}}",
        "str r0, [sp, #16]",
        "adds r1, r1, r3",
        "adds r2, r2, r3",
        "adds r4, r4, r3",
        "adds r5, r5, r3",
        "mov r8, r1",
        "mov r9, r2",
        "mov r10, r4",
        "mov r11, r5",
        "ldr r0, [sp]",
        "ldr r1, [sp, #4]",
        "ldr r2, [sp, #32]",
        "ldr r6, 90f",
        "ldr r7, 91f",
        "cmp r2, #0",
        "beq 40f",
        "30:",
        "ldm r1!, {{r2, r3}}",
        input_row!("r8"),
        input_row!("r9"),
        input_row!("r10"),
        input_row!("r11"),
        "ldr r4, [sp, #8]",
        "cmp r1, r4",
        "bne 30b",
        "b 50f",
        "40:",
        "ldm r1!, {{r2, r3}}",
        hidden_row!("r8"),
        hidden_row!("r9"),
        hidden_row!("r10"),
        hidden_row!("r11"),
        "cmp r1, r12",
        "bne 40b",
        "50:",
        "str r0, [sp]",
        "ldr r0, [sp, #24]",
        "cmp r0, #0",
        "bne 51f",
        "b 60f",
        ".p2align 2",
        "90: .word 0x80008000",
        "91: .word 0x00ff00ff",
        "92: .word -0x00800080",
        "93: .word 0x8000",
        "51:",
        "movs r1, #0",
        "mov r2, r8",
        requantize!(),
        "lsls r6, r6, #16",
        "mov r8, r6",
        "mov r2, r9",
        requantize!(),
        "lsls r6, r6, #16",
        "mov r9, r6",
        "mov r2, r10",
        requantize!(),
        "add r8, r6",
        "mov r2, r11",
        requantize!(),
        "add r6, r9",
        "mov r2, r8",
        "ldr r1, [sp, #28]",
        "stm r1!, {{r2, r6}}",
        "str r0, [sp, #24]",
        "52:",
        "str r1, [sp, #28]",
        "ldr r0, [sp, #16]",
        "ldr r1, [sp, #20]",
        "cmp r0, r1",
        "beq 70f",
        "b 20b",
        // Scores.
        "60:",
        "ldr r1, [sp, #28]",
        "mov r2, r8",
        "mov r3, r9",
        "mov r4, r10",
        "mov r5, r11",
        "stm r1!, {{r2-r5}}",
        "b 52b",
        // What is left, row by row.
        "70:",
        "ldr r5, [sp, #36]",
        "cmp r5, #0",
        "bne 80f",
        // The next layer, from what is now there to where this one took its activations.
        "71:",
        "ldr r0, [sp]",
        "ldr r3, [sp, #44]",
        "ldr r1, [sp, #40]",
        "cmp r0, r3",
        "beq 72f",
        "ldr r2, [sp, #4]",
        "movs r3, #0",
        "b 10b",
        "72:",
        "mov r0, r1",
        "add sp, #64",
        "pop {{r4-r7}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "mov r11, r7",
        "pop {{r4-r7, pc}}",
        // Rows: r4 the first word of one, r5 how many are left, r6 where the result goes, r7 the
        // bytes from word to word.
        "80:",
        "ldr r4, [sp]",
        "ldr r1, [sp, #4]",
        "ldr r2, [sp, #8]",
        "subs r2, r2, r1",
        "lsrs r2, r2, #1",
        "muls r2, r5, r2",
        "adds r2, r2, r4",
        "str r2, [sp, #20]",
        "lsls r7, r5, #2",
        "ldr r6, [sp, #28]",
        "ldr r0, [sp, #24]",
        "cmp r0, #0",
        "beq 81f",
        // Rows that are not there give 0, as the padding of a group must be.
        "add r6, sp, #48",
        "movs r0, #0",
        "str r0, [sp, #48]",
        "str r0, [sp, #52]",
        "str r0, [sp, #56]",
        "str r0, [sp, #60]",
        "81:",
        "mov r0, r4",
        "ldr r1, [sp, #4]",
        "ldr r2, [sp, #8]",
        "ldr r3, [sp, #32]",
        "cmp r3, #0",
        "mov r3, r7",
        "beq 82f",
        "bl {row_input}",
        "b 83f",
        "82:",
        "bl {row_hidden}",
        "83:",
        "ldr r1, [sp, #12]",
        "adds r0, r0, r1",
        "ldr r1, [sp, #16]",
        "ldm r1!, {{r2}}",
        "str r1, [sp, #16]",
        "adds r2, r2, r0",
        "ldr r0, [sp, #24]",
        "cmp r0, #0",
        "beq 84f",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "mov r11, r7",
        "movs r1, #0",
        requantize!(),
        "str r0, [sp, #24]",
        "movs r2, r6",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "84:",
        "stm r6!, {{r2}}",
        "adds r4, r4, #4",
        "subs r5, r5, #1",
        "bne 81b",
        "ldr r0, [sp, #20]",
        "str r0, [sp]",
        "ldr r0, [sp, #24]",
        "cmp r0, #0",
        "beq 71b",
        "ldr r2, [sp, #48]",
        "ldr r3, [sp, #52]",
        "ldr r4, [sp, #56]",
        "ldr r5, [sp, #60]",
        "lsls r2, r2, #16",
        "lsls r3, r3, #16",
        "orrs r2, r4",
        "orrs r3, r5",
        "ldr r1, [sp, #28]",
        "stm r1!, {{r2, r3}}",
        "b 71b",
        row_input = sym row_input,
        row_hidden = sym row_hidden,
    )
}

/// One row, over the codes of an input: as in the loop over groups, with one sum, r8; r9 is what is
/// left of the step, r10 the end.
#[unsafe(naked)]
unsafe extern "C" fn row_input(_: *const u32, _: *const Group, _: *const Group, _: usize) -> i32 {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "push {{r4-r6}}",
        "mov r10, r2",
        "subs r3, r3, #4",
        "mov r9, r3",
        "movs r2, #0",
        "mov r8, r2",
        "ldr r6, 90f",
        "ldr r7, 91f",
        "ldr r2, 92f",
        "mov r12, r2",
        "ldr r2, 93f",
        "mov lr, r2",
        "2:",
        "ldm r1!, {{r2, r3}}",
        input_row!("r8"),
        "add r0, r9",
        "cmp r1, r10",
        "bne 2b",
        "mov r0, r8",
        "pop {{r4-r6}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "pop {{r4-r7, pc}}",
        ".p2align 2",
        "90: .word 0x80008000",
        "91: .word 0x00ff00ff",
        "92: .word -0x00800080",
        "93: .word 0x8000",
    )
}

/// One row, over the results of a ReLU; r12 is the end.
#[unsafe(naked)]
unsafe extern "C" fn row_hidden(_: *const u32, _: *const Group, _: *const Group, _: usize) -> i32 {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "push {{r4, r5}}",
        "mov r12, r2",
        "subs r3, r3, #4",
        "mov r9, r3",
        "movs r2, #0",
        "mov r8, r2",
        "ldr r6, 90f",
        "ldr r7, 91f",
        "2:",
        "ldm r1!, {{r2, r3}}",
        hidden_row!("r8"),
        "add r0, r9",
        "cmp r1, r12",
        "bne 2b",
        "mov r0, r8",
        "pop {{r4, r5}}",
        "mov r8, r4",
        "mov r9, r5",
        "pop {{r4-r7, pc}}",
        ".p2align 2",
        "90: .word 0x80008000",
        "91: .word 0x00ff00ff",
    )
}
