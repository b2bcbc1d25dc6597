//! The kernel for Armv6-M (Cortex-M0, M0+) and Armv8-M base-line (M23).
//!
//! The arithmetic of [`crosswise`](super::crosswise), which explains it, in assembly. Sums live in the
//! high registers, which can be added to but not much else.

mod routine;

use core::arch::naked_asm;

use super::rows::{self, Blocks, Rows};
use super::{Activations, Group, crosswise};
use routine::Frame;

/// Packs four activations.
#[inline(always)]
pub(super) fn pack(_: Activations, codes: [i8; 4]) -> Group {
    crosswise::pack(codes)
}

/// Runs layers.
///
/// # Safety
/// None is needed here: [`routine`] checks all lengths.
#[inline(always)]
pub(super) unsafe fn layers<'s>(
    words: &[u32],
    kind: Activations,
    from: &'s mut [u32],
    to: &'s mut [u32],
) -> &'s mut [u32] {
    rows::layers::<Armv6m>(words, kind, from, to)
}

/// Blocks and rows in assembly.
struct Armv6m;

impl Rows for Armv6m {
    #[inline(always)]
    fn pack(_: Activations, codes: [i8; 4]) -> Group {
        crosswise::pack(codes)
    }

    #[inline(always)]
    fn start(kind: Activations, activations: &[Group]) -> i32 {
        crosswise::start(kind, activations)
    }

    #[inline(always)]
    fn blocks(kind: Activations, blocks: Blocks<'_>) {
        routine::call(all_blocks, kind, blocks);
    }

    #[inline(always)]
    fn row(kind: Activations, weights: &[u32], stride: usize, activations: &[Group]) -> i32 {
        routine::call_row([row_input, row_hidden], kind, weights, stride, activations)
    }
}

/// The bytes of the next word in two words, r5 (a', c') and r4 (b', d'), all without sign. Exchanging the
/// bytes of each half takes an instruction less than a copy that is shifted.
macro_rules! word {
    () => {
        "ldm r0!, {{r5}}
         eors r5, r6
         rev16 r4, r5
         ands r5, r7
         ands r4, r7
         "
    };
}

/// One row of a group over the codes of an input; `$sum` is its register. The biases are taken off the weights.
macro_rules! input_row {
    ($sum:literal) => {
        concat!(
            word!(),
            "add r5, r12\n",
            "add r4, r12\n",
            "muls r5, r2, r5\n",
            "muls r4, r3, r4\n",
            "add r5, lr\n",
            "add r4, lr\n",
            "asrs r5, r5, #16\n",
            "asrs r4, r4, #16\n",
            "add ",
            $sum,
            ", r5\n",
            "add ",
            $sum,
            ", r4\n",
        )
    };
}

/// One row of a group over the results of a ReLU.
macro_rules! hidden_row {
    ($sum:literal) => {
        concat!(
            word!(),
            "muls r5, r2, r5\n",
            "muls r4, r3, r4\n",
            "lsrs r5, r5, #16\n",
            "lsrs r4, r4, #16\n",
            "add ",
            $sum,
            ", r5\n",
            "add ",
            $sum,
            ", r4\n",
        )
    };
}

/// Requantizes a sum by the next word, as [`requantize`](super::requantize) does. The upper word of
/// the product comes from four products of halves; the last bit that the shift drops is the carry, and adding it rounds
/// half up. No branches: the run time does not depend on the data.
macro_rules! requantize {
    ($sum:literal) => {
        concat!(
            "mov r2, ",
            $sum,
            "\n",
            "ldm r0!, {{r4}}
             sxth r3, r2
             subs r2, r2, r3
             asrs r2, r2, #16
             uxth r5, r4
             lsrs r6, r4, #16
             mov r7, r3
             muls r7, r5, r7
             muls r3, r6, r3
             muls r5, r2, r5
             muls r6, r2, r6
             asrs r7, r7, #16
             adds r3, r3, r7
             adds r3, r3, r5
             asrs r3, r3, #16
             adds r6, r6, r3
             movs r3, #31
             ands r4, r3
             asrs r6, r4
             movs r3, #0
             adcs r6, r3
             subs r6, #127
             asrs r3, r6, #31
             ands r6, r3
             adds r6, #127
             asrs r3, r6, #31
             bics r6, r3
             mov ",
            $sum,
            ", r6\n",
        )
    };
}

/// In the loops over groups: r0 weights, r1 activations, r2 and r3 the group, r4 and r5 free, r6 the bias of the odd bytes,
/// r7 the mask of the even ones, r8-r11 the sums. Over the codes of an input r12 is minus the bias of the even bytes and lr
/// the half; else r12 is the end of the activations. On the stack: the frame, the end of the activations.
#[unsafe(naked)]
unsafe extern "C" fn all_blocks(frame: &mut Frame) {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "ldr r1, [r0, #8]",
        "push {{r0, r1, r4-r7}}",
        "mov r12, r1",
        "ldr r2, [r0, #32]",
        "cmp r2, #0",
        "beq 20f",
        "ldr r2, 92f",
        "mov r12, r2",
        "ldr r2, 93f",
        "mov lr, r2",
        // A block.
        "20:",
        "ldr r7, [sp]",
        "ldr r0, [r7, #16]",
        "ldr r3, [r7, #12]",
        "ldm r0!, {{r1, r2, r4, r5}}",
        "str r0, [r7, #16]",
        "adds r1, r1, r3",
        "adds r2, r2, r3",
        "adds r4, r4, r3",
        "adds r5, r5, r3",
        "mov r8, r1",
        "mov r9, r2",
        "mov r10, r4",
        "mov r11, r5",
        "ldr r0, [r7]",
        "ldr r1, [r7, #4]",
        "ldr r2, [r7, #32]",
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
        "ldr r4, [sp, #4]",
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
        "ldr r7, [sp]",
        "str r0, [r7]",
        "ldr r0, [r7, #24]",
        "ldr r1, [r7, #28]",
        "cmp r0, #0",
        "bne 5f",
        "b 60f",
        ".p2align 2",
        "90: .word 0x80008000",
        "91: .word 0x00ff00ff",
        "92: .word -0x00800080",
        "93: .word 0x8000",
        "5:",
        requantize!("r8"),
        requantize!("r9"),
        requantize!("r10"),
        requantize!("r11"),
        "mov r2, r8",
        "lsls r2, r2, #16",
        "mov r3, r10",
        "orrs r2, r3",
        "mov r3, r9",
        "lsls r3, r3, #16",
        "mov r4, r11",
        "orrs r3, r4",
        "stm r1!, {{r2, r3}}",
        "ldr r7, [sp]",
        "str r0, [r7, #24]",
        "6:",
        "str r1, [r7, #28]",
        "ldr r0, [r7, #16]",
        "ldr r1, [r7, #20]",
        "cmp r0, r1",
        "beq 7f",
        "b 20b",
        "7:",
        "pop {{r0, r1, r4-r7}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "mov r11, r7",
        "pop {{r4-r7, pc}}",
        // Scores.
        "60:",
        "mov r2, r8",
        "mov r3, r9",
        "mov r4, r10",
        "mov r5, r11",
        "stm r1!, {{r2-r5}}",
        "b 6b",
    )
}

/// One row, over the codes of an input: as in the loop over groups, with one sum, r8; r9 is what is left of the step, r10
/// the end.
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
