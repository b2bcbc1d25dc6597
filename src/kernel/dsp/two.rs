//! Layers on two inputs at once: each word of weights is loaded and unpacked once for both.
//!
//! A pair of rows at a time, as there are registers for the sums of two rows of two inputs. The
//! groups of the two inputs lie side by side. [`lanes`](crate::kernel::shared::lanes) explains the
//! arithmetic.

use core::arch::naked_asm;

use crate::kernel::Group;

/// A group of both inputs and the words of two rows: r0 and r1 move on.
macro_rules! group {
    () => {
        "ldrd r8, r9, [r0], #16
         ldm r1!, {{r10-r12, lr}}
         smlad r4, r8, r10, r4
         smlad r5, r9, r10, r5
         smlad r6, r8, r12, r6
         smlad r7, r9, r12, r7
         sxtb16 r8, r8, ror #8
         sxtb16 r9, r9, ror #8
         smlad r4, r8, r11, r4
         smlad r5, r9, r11, r5
         smlad r6, r8, lr, r6
         smlad r7, r9, lr, r7"
    };
}

/// Requantizes the sums of a row, one of each input, by a word, as
/// [`requantize`](crate::kernel::requantize) does.
#[rustfmt::skip]
macro_rules! requantize {
    ($a:literal, $b:literal, $word:literal) => {
        concat!(
            "smmul ", $a, ", ", $a, ", ", $word, "\n",
            "smmul ", $b, ", ", $b, ", ", $word, "\n",
            "asrs ", $a, ", ", $a, ", ", $word, "\n",
            "adc ", $a, ", ", $a, ", #0\n",
            "usat ", $a, ", #7, ", $a, "\n",
            "asrs ", $b, ", ", $b, ", ", $word, "\n",
            "adc ", $b, ", ", $b, ", #0\n",
            "usat ", $b, ", #7, ", $b, "\n",
        )
    };
}

/// Runs layers on the codes of two inputs. Takes the first word of the first one, the packed codes,
/// where results go, and the end of the last layer's words; returns where the last layer's results
/// are: those of the first input, then those of the second.
///
/// In the loops over groups: r0 weights, r1 activations, r2 their end, r3 free, r4 and r5 the sums
/// of two rows of the first input, r6 and r7 of the second, r8 and r9 a word of each row, r10-r12
/// and lr the group of each input.
///
/// On the stack:
///
/// - 0 where results go, 4 the requantizers, null if the sums are the result;
/// - 8 a step for after a pair of rows: its lowest byte is added to where results go, the rest to
///   the weights. 12 is the exclusive or of this step and that after the block's other pair;
/// - 16 and 20 for each input the sum of the packed results whose weights will have a bias; in the
///   last layer 16 is the distance from the scores of the first input to those of the second;
/// - 24 the activations, 28 where to enter the loop, 32 the biases, 36 the end of those of whole
///   blocks, 40 and 44 the starts;
/// - 48 the rows after the last whole block, 52 where the layer's results begin, 56 the end of the
///   last layer;
/// - after the last whole block, 8 the next row and 12 the end of the layer.
///
/// # Safety
/// As that of a [`Routine`](crate::kernel::shared::routine::Routine), with sides of twice the
/// length.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn all_layers(
    _: *const u32,
    _: *mut Group,
    _: *mut u32,
    _: *const u32,
) -> *const u32 {
    naked_asm!(
        env!("MILD_DSP_CPU"),
        "push {{r4-r11, lr}}",
        "sub sp, #60",
        "str r3, [sp, #56]",
        "22:",
        "ldrd r4, r5, [r0], #8",
        "lsr r6, r4, #16",
        "adds r4, r4, #3",
        "ubfx r4, r4, #2, #14", // groups: widths have 15 bits
        "str r2, [sp]",
        "str r1, [sp, #24]",
        "lsl r12, r6, #2",
        "lsrs r3, r5, #1", // the flag of the first layer; the carry is that of a ReLU
        "mla r0, r3, r12, r0",
        "add r7, r0, r12",
        "bic r8, r6, #3",
        "add r8, r0, r8, lsl #2",
        "strd r0, r8, [sp, #32]",
        "itee cs",
        "addcs r0, r7, r12",
        "movcc r0, r7",
        "movcc r7, #0",
        "str r7, [sp, #4]",
        "and r8, r6, #3",
        "strd r8, r2, [sp, #48]",
        "add r2, r1, r4, lsl #4",
        // The starts.
        "ldrd r10, r11, [sp, #16]",
        "cbz r3, 3f",
        "mov r10, #0",
        "mov r11, #0",
        "mov r12, #0x00010001",
        "mov lr, r1",
        "2:",
        "ldr r8, [lr], #8",
        "ldr r9, [lr], #8",
        "smlad r10, r8, r12, r10",
        "smlad r11, r9, r12, r11",
        "cmp lr, r2",
        "bne 2b",
        "3:",
        "mov r8, #0",
        "sub r12, r8, r10, lsl #7",
        "sub lr, r8, r11, lsl #7",
        "strd r12, lr, [sp, #40]",
        "cmp r7, #0",
        "it eq",
        "lsleq r8, r6, #2",
        "strd r8, r8, [sp, #16]",
        // From the first pair of a block to the second, and to the next block: 8 bytes from the
        // last pair's first word of weights, and from the last group's end back to the upper lanes,
        // or to the next group.
        "mov r10, #8",
        "sub r10, r10, r4, lsl #4",
        "lsl r10, r10, #8",
        "orr r10, r10, #0xf2", // -14
        "mvn r11, #0x700",
        "sub r11, r11, #1", // -8 and -2
        "eor r11, r11, r10",
        "strd r10, r11, [sp, #8]",
        // Where to enter the loop, once for all blocks.
        "adr.w r9, 40f",
        "adr.w r5, 41f",
        "sub r5, r5, r9", // bytes of the code for a group
        "rsbs r4, r4, #0",
        "and r4, r4, #3", // groups that are missing in the first turn
        "mla r9, r5, r4, r9",
        "orr r9, r9, #1", // Thumb
        "str r9, [sp, #28]",
        "20:",
        "add r1, sp, #24",
        "ldm r1, {{r1, r9-r12, lr}}",
        "cmp r10, r11",
        "beq.w 7f",
        // A pair of rows.
        "21:",
        "ldrd r4, r5, [r10], #8",
        "str r10, [sp, #32]",
        "add r6, r4, lr",
        "add r7, r5, lr",
        "add r4, r4, r12",
        "add r5, r5, r12",
        "bx r9",
        "40:",
        group!(),
        "41:",
        group!(),
        group!(),
        group!(),
        "cmp r1, r2",
        "bne.w 40b",
        "pop {{r1, r3, r10-r12, lr}}",
        "add r0, r0, r10, asr #8",
        "cbnz r3, 5f",
        "strd r4, r5, [r1]",
        "add r8, r1, r12",
        "strd r6, r7, [r8]",
        "adds r1, r1, #8",
        "eor r10, r10, r11",
        "push {{r1, r3, r10-r12, lr}}",
        "b.w 20b",
        "5:",
        "ldrd r8, r9, [r3], #8",
        requantize!("r4", "r6", "r8"),
        requantize!("r5", "r7", "r9"),
        "add r12, r12, r4",
        "add lr, lr, r6",
        "sub r5, r5, r4, lsl #8",
        "sub r7, r7, r6, lsl #8",
        "strh r4, [r1], #4",
        "strh r5, [r1], #4",
        "strh r6, [r1], #4",
        "strh r7, [r1], #4",
        "sxtab r1, r1, r10",
        "eor r10, r10, r11",
        "push {{r1, r3, r10-r12, lr}}",
        "add r1, sp, #24",
        "ldm r1, {{r1, r9-r12, lr}}",
        "cmp r10, r11",
        "bne.w 21b",
        // What is left, row by row: r5 where the result goes, r7 how many rows there were. Those
        // that are not there give 0, as the padding of a group must be.
        "7:",
        "ldr r3, [sp, #48]",
        "cmp r3, #0",
        "beq.w 6f",
        "sub r4, r2, r1",
        "mul r4, r4, r3",
        "add r4, r0, r4, lsr #2",
        "strd r0, r4, [sp, #8]",
        "ldrd r5, r6, [sp]",
        "movs r7, #0",
        "cbz r6, 31f",
        "strd r7, r7, [r5]",
        "strd r7, r7, [r5, #8]",
        "31:",
        "ldr r0, [sp, #8]",
        "add r4, r0, #4",
        "str r4, [sp, #8]",
        "ldr r1, [sp, #24]",
        "ldr r3, [sp, #48]",
        "lsls r3, r3, #2",
        "ldr r10, [sp, #32]",
        "ldr r4, [r10], #4",
        "str r10, [sp, #32]",
        "ldrd r12, lr, [sp, #40]",
        "add r6, r4, lr",
        "add r4, r4, r12",
        "33:",
        "ldr r8, [r0]",
        "add r0, r0, r3",
        "ldm r1!, {{r10-r12, lr}}",
        "smlad r4, r8, r10, r4",
        "smlad r6, r8, r12, r6",
        "sxtb16 r8, r8, ror #8",
        "smlad r4, r8, r11, r4",
        "smlad r6, r8, lr, r6",
        "cmp r1, r2",
        "bne 33b",
        "ldr r10, [sp, #4]",
        "cmp r10, #0",
        "beq 36f",
        "ldr r8, [r10], #4",
        "str r10, [sp, #4]",
        requantize!("r4", "r6", "r8"),
        "tst r7, #1",
        "bne 35f",
        "mov r9, #0",
        "sub r10, r9, r4, lsl #8",
        "sub r11, r9, r6, lsl #8",
        "strh r4, [r5]",
        "strh r10, [r5, #4]",
        "strh r6, [r5, #8]",
        "strh r11, [r5, #12]",
        "ldrd r8, r9, [sp, #16]",
        "add r8, r8, r4",
        "add r9, r9, r6",
        "strd r8, r9, [sp, #16]",
        "b 37f",
        "35:",
        "ldrh r8, [r5, #4]",
        "add r8, r8, r4",
        "strh r8, [r5, #4]",
        "ldrh r8, [r5, #12]",
        "add r8, r8, r6",
        "strh r8, [r5, #12]",
        "adds r5, r5, #2",
        "b 37f",
        "36:",
        "ldr r8, [sp, #16]",
        "str r6, [r5, r8]",
        "str r4, [r5], #4",
        "37:",
        "adds r7, r7, #1",
        "ldr r8, [sp, #48]",
        "cmp r7, r8",
        "bne 31b",
        "ldr r0, [sp, #12]",
        // The next layer, from what is now there to where this one took its activations.
        "6:",
        "ldr r2, [sp, #24]",
        "ldrd r1, r4, [sp, #52]",
        "cmp r0, r4",
        "bne.w 22b",
        "mov r0, r1",
        "add sp, #60",
        "pop {{r4-r11, pc}}",
    )
}
