//! The code that runs layers on cores with the Thumb-2 instructions and no vectors.

/// The code of a [`Routine`](super::routine::Routine), around what is different from kernel to kernel:
///
/// - `start`: sets r11 to what the sums of all rows start from besides their biases. r1 is the first and r2 the end of the
///   activations, r3 whether they are the codes of an input; it may use r5 to r8, r10, r12 and lr.
/// - `prepare`: may set r3, which nothing else uses from there on.
/// - `input`, `hidden`: add the products of a group to r4-r7, the sums of four rows. r0 and r1 move on in weights and
///   activations; r8 to r12 and lr are free.
/// - `requantize`: a sum by a word; r12 is free.
/// - `pack`: the group of the codes r4-r7, as r4 and r5.
/// - `row_input`, `row_hidden`: functions for the dot product of one row. They take its first word, the first activations and
///   their end, and the bytes from word to word.
///
/// A turn of a loop is as many groups as `input` and `hidden` are repeated, `more` than one: all but whole turns start in the
/// middle of the first one. Numbers of groups in a turn are powers of two.
///
/// On the stack, in the order in which a block takes them: 0 the activations, 4 the end of the biases of whole blocks, 8
/// where to enter the loop, 12 the biases, 16 the start; then 20 the requantizers, null if the sums are the result, 24 where
/// results go, 28 the rows after the last whole block, 32 whether the activations are codes of an input, 36 four results,
/// 52 where the layer's results begin, 56 the end of the last layer.
macro_rules! layer {
    (
        start: $start:ident, prepare: $prepare:literal, more: $more:literal,
        input: $input:ident $($input_more:ident)+, hidden: $hidden:ident $($hidden_more:ident)+,
        requantize: $requantize:ident, pack: $pack:literal, row_input: $row_input:ident, row_hidden: $row_hidden:ident $(,)?
    ) => {
        core::arch::naked_asm!(
            "push {{r4-r11, lr}}",
            "sub sp, #60",
            "str r3, [sp, #56]",
            "ldr r3, [sp, #96]",
            "22:",
            "ldrd r4, r5, [r0], #8",
            "lsr r6, r4, #16",
            "adds r4, r4, #3",
            "ubfx r4, r4, #2, #14", // groups: widths have 15 bits
            "add r7, r0, r6, lsl #2",
            "bic r8, r6, #3",
            "add r8, r0, r8, lsl #2",
            "cmp r5, #1",
            "itee eq",
            "addeq r9, r7, r6, lsl #2",
            "movne r9, r7",
            "movne r7, #0",
            "and r6, r6, #3",
            "strd r1, r8, [sp]",
            "str r0, [sp, #12]",
            "strd r7, r2, [sp, #20]",
            "strd r6, r3, [sp, #28]",
            "str r2, [sp, #52]",
            "add r2, r1, r4, lsl #3",
            "mov r0, r9",
            $start!(),
            "str r11, [sp, #16]",
            // Where to enter the loop, once for all blocks.
            "adr.w r9, 40f",
            "adr.w r10, 41f",
            "cbz r3, 2f",
            "adr.w r9, 30f",
            "adr.w r10, 31f",
            "2:",
            "sub r10, r10, r9", // bytes of the code for a group
            "rsbs r4, r4, #0",
            "and r4, r4, #{more}", // groups that are missing in the first turn
            "mla r9, r10, r4, r9",
            "orr r9, r9, #1", // Thumb
            "str r9, [sp, #8]",
            $prepare,
            "20:",
            "ldm sp, {{r1, r8-r11}}",
            "cmp r10, r8",
            "beq.w 7f",
            // A block.
            "21:",
            "ldm r10!, {{r4-r7}}",
            "str r10, [sp, #12]",
            "add r4, r4, r11",
            "add r5, r5, r11",
            "add r6, r6, r11",
            "add r7, r7, r11",
            "bx r9",
            "40:",
            $hidden!(),
            "41:",
            $($hidden_more!(),)+
            "cmp r1, r2",
            "bne.w 40b",
            "b.w 50f",
            "30:",
            $input!(),
            "31:",
            $($input_more!(),)+
            "cmp r1, r2",
            "bne.w 30b",
            "50:",
            "ldrd r1, lr, [sp, #20]",
            "cbnz r1, 5f",
            "stm lr!, {{r4-r7}}",
            "str lr, [sp, #24]",
            "b.w 20b",
            "5:",
            "ldm r1!, {{r8-r11}}",
            $requantize!("r4", "r8"),
            $requantize!("r5", "r9"),
            $requantize!("r6", "r10"),
            $requantize!("r7", "r11"),
            $pack,
            "stm lr!, {{r4, r5}}",
            "strd r1, lr, [sp, #20]",
            "ldm sp, {{r1, r8-r11}}",
            "cmp r10, r8",
            "bne.w 21b",
            // What is left, row by row; those that are not there give 0, as the padding of a group must be.
            "7:",
            "ldr r5, [sp, #28]",
            "cbnz r5, 8f",
            // The next layer, from what is now there to where this one took its activations.
            "6:",
            "ldr r3, [sp, #56]",
            "ldr r1, [sp, #52]",
            "ldr r2, [sp]",
            "cmp r0, r3",
            "mov r3, #0",
            "bne.w 22b",
            "mov r0, r1",
            "add sp, #60",
            "pop {{r4-r11, pc}}",
            "8:",
            "mov r4, r0",
            "mov r8, r2",
            "ldr r1, [sp]",
            "subs r2, r2, r1",
            "muls r2, r5, r2",
            "add r2, r0, r2, lsr #1", // the end of the layer
            "str r2, [sp, #8]",
            "ldrd r7, r6, [sp, #20]",
            "cbz r7, 2f",
            "add r6, sp, #36",
            "movs r0, #0",
            "strd r0, r0, [r6]",
            "strd r0, r0, [r6, #8]",
            "2:",
            "mov r0, r4",
            "ldr r1, [sp]",
            "mov r2, r8",
            "ldrd r3, r9, [sp, #28]",
            "lsls r3, r3, #2",
            "cmp r9, #0",
            "beq 3f",
            "bl {row_input}",
            "b 4f",
            "3:",
            "bl {row_hidden}",
            "4:",
            "ldr r1, [r10], #4",
            "add r0, r0, r11",
            "add r0, r0, r1",
            "cbz r7, 5f",
            "ldr r1, [r7], #4",
            $requantize!("r0", "r1"),
            "5:",
            "str r0, [r6], #4",
            "adds r4, r4, #4",
            "subs r5, r5, #1",
            "bne 2b",
            "ldr r0, [sp, #8]",
            "cmp r7, #0",
            "beq 6b",
            "ldr lr, [sp, #24]",
            "add r6, sp, #36",
            "ldm r6, {{r4-r7}}",
            $pack,
            "stm lr!, {{r4, r5}}",
            "b 6b",
            more = const $more,
            row_input = sym $row_input,
            row_hidden = sym $row_hidden,
        )
    };
}
pub(in super::super) use layer;
