//! The code that runs layers on cores with the Thumb-2 instructions and no vectors.

/// The code of a [`Routine`](super::routine::Routine), around what is different from kernel to kernel:
///
/// - `biases`: sets r10 to the biases that the kernel takes and r7 to the end of all biases. r0 are the biases, r12 their bytes,
///   r3 1 if there are rebased biases after them, else 0.
/// - `start`: sets r11 to what the sums of all rows start from besides their biases, and r6 to 0. r1 is the first and r2 the end
///   of the activations, r4 the number of their groups, r3 1 if they are the codes of an input, else 0. r5 is the sum of them
///   that `pack` has made, or 0 if it has not. It may use r5, r6, r12 and lr.
/// - `enter`: where there is a second loop, sets r9 and r5 to its first and second group, labels 30 and 31, if it is the one to
///   take; r3 is as above.
/// - `loops`: the code from a block's biases in r4-r7 to their sums. It goes on at r9, which is in the loop 40, whose second
///   group begins at 41, or in that of `enter`, and at label 50 when it is done. r0 and r1 move on in weights and activations;
///   r3, r8 to r12 and lr are free.
/// - `requantize`: a sum by a word; r1 is free.
/// - `pack`: the group of the codes r4-r7, as r4 and r5; adds what `start` wants to know of them to r12. It may use r6 to r11.
/// - `row`: code that calls a function, one of `symbols`, for the dot product of one row. It takes the row's first word, the
///   first activations and their end, and the bytes from word to word. It may change r9, which is r3 as above.
///
/// A turn of a loop is one group and `more` others, a power of two in all. If the groups do not fill whole turns, the first turn
/// starts in its middle.
///
/// On the stack, in the order in which a block takes them: 0 the requantizers, null if the sums are the result, 4 the sum of the
/// packed results, 8 where results go; 12 the activations, 16 the end of the biases of whole blocks, 20 where to enter the loop,
/// 24 the biases, 28 the start; then 32 the rows after the last whole block, 36 whether the activations are codes of an input,
/// 40 where the layer's results begin, 44 the end of the last layer. After the last whole block, 0 the end of the layer and
/// 16 four results.
macro_rules! layer {
    (
        biases: $biases:literal, start: $start:expr, more: $more:literal, enter: $enter:literal, loops: $loops:expr,
        requantize: $requantize:ident, pack: $pack:literal, row: $row:literal, symbols: $($symbol:ident),+ $(,)?
    ) => {
        core::arch::naked_asm!(
            "push {{r4-r11, lr}}",
            "sub sp, #48",
            "movs r4, #0",
            "str r4, [sp, #4]",
            "str r3, [sp, #44]",
            "22:",
            "ldrd r4, r5, [r0], #8",
            "lsr r6, r4, #16",
            "adds r4, r4, #3",
            "ubfx r4, r4, #2, #14", // groups: widths have 15 bits
            "lsl r12, r6, #2",
            "lsrs r3, r5, #1", // the flag of the first layer; the carry is that of a ReLU
            $biases,
            "bic r8, r6, #3",
            "add r8, r10, r8, lsl #2",
            "itee cs",
            "addcs r0, r7, r12",
            "movcc r0, r7",
            "movcc r7, #0",
            "and r6, r6, #3",
            "strd r2, r1, [sp, #8]",
            "strd r6, r3, [sp, #32]",
            "str r2, [sp, #40]",
            "add r2, r1, r4, lsl #3",
            "ldr r5, [sp, #4]",
            $start,
            "strd r7, r6, [sp]",
            // Where to enter the loop, once for all blocks.
            "adr.w r9, 40f",
            "adr.w r5, 41f",
            $enter,
            "sub r5, r5, r9", // bytes of the code for a group
            "rsbs r4, r4, #0",
            "and r4, r4, #{more}", // groups that are missing in the first turn
            "mla r9, r5, r4, r9",
            "orr r9, r9, #1", // Thumb
            "strd r8, r9, [sp, #16]",
            "str r11, [sp, #28]",
            "20:",
            "cmp r10, r8",
            "beq.w 7f",
            // A block.
            "21:",
            "ldm r10!, {{r4-r7}}",
            "str r10, [sp, #24]",
            $loops,
            "50:",
            "pop {{r3, r12, lr}}",
            "cbnz r3, 5f",
            "stm lr!, {{r4-r7}}",
            "ldm sp, {{r1, r8-r11}}",
            "push {{r3, r12, lr}}",
            "b.w 20b",
            "5:",
            "ldm r3!, {{r8-r11}}",
            $requantize!("r4", "r8"),
            $requantize!("r5", "r9"),
            $requantize!("r6", "r10"),
            $requantize!("r7", "r11"),
            $pack,
            "stm lr!, {{r4, r5}}",
            "ldm sp, {{r1, r8-r11}}",
            "push {{r3, r12, lr}}",
            "cmp r10, r8",
            "bne.w 21b",
            // What is left, row by row; those that are not there give 0, as the padding of a group must be.
            "7:",
            "ldr r5, [sp, #32]",
            "cbnz r5, 8f",
            // The next layer, from what is now there to where this one took its activations.
            "6:",
            "ldrd r1, r3, [sp, #40]",
            "ldr r2, [sp, #12]",
            "cmp r0, r3",
            "bne.w 22b",
            "mov r0, r1",
            "add sp, #48",
            "pop {{r4-r11, pc}}",
            "8:",
            "mov r4, r0",
            "mov r8, r2",
            "subs r2, r2, r1",
            "muls r2, r5, r2",
            "add r2, r0, r2, lsr #1", // the end of the layer
            "ldr r7, [sp]",
            "ldr r6, [sp, #8]",
            "str r2, [sp]",
            "cbz r7, 2f",
            "add r6, sp, #16",
            "movs r0, #0",
            "strd r0, r0, [r6]",
            "strd r0, r0, [r6, #8]",
            "2:",
            "mov r0, r4",
            "ldr r1, [sp, #12]",
            "mov r2, r8",
            "ldrd r3, r9, [sp, #32]",
            "lsls r3, r3, #2",
            $row,
            "ldr r1, [r10], #4",
            "add r0, r0, r11",
            "add r0, r0, r1",
            "cbz r7, 5f",
            "ldr r2, [r7], #4",
            $requantize!("r0", "r2"),
            "5:",
            "str r0, [r6], #4",
            "adds r4, r4, #4",
            "subs r5, r5, #1",
            "bne 2b",
            "ldr r0, [sp]",
            "cmp r7, #0",
            "beq 6b",
            "ldrd r12, lr, [sp, #4]",
            "add r6, sp, #16",
            "ldm r6, {{r4-r7}}",
            $pack,
            "stm lr!, {{r4, r5}}",
            "str r12, [sp, #4]",
            "b 6b",
            more = const $more,
            $($symbol = sym $symbol,)+
        )
    };
}

/// Adds the start to the sums of a block.
macro_rules! add_start {
    () => {
        "add r4, r4, r11
         add r5, r5, r11
         add r6, r6, r11
         add r7, r7, r11"
    };
}
pub(in super::super) use {add_start, layer};
