//! The kernel for Armv7-M (Cortex-M3), and for Armv8-M main-line without the DSP instructions.
//!
//! The arithmetic of [`crosswise`], which explains it, in assembly.

use core::arch::naked_asm;

use super::interface::{Signs, TopTwo};
use super::shared::registers::{in_registers, thumb2_signs};
use super::shared::routine::{Assembly, Routine};
use super::shared::{crosswise, thumb2_layers};
use super::{GROUP, Group};

/// This kernel.
pub(super) struct Active;

impl Assembly for Active {
    const LAYERS: Routine = all_layers;

    #[inline(always)]
    fn pack_input(codes: [i8; GROUP]) -> Group {
        crosswise::pack(codes)
    }
}

impl Signs for Active {
    thumb2_signs! {
        cpu: "",
        // An overflowing sum has the sign that its bound has not.
        add: "adds {result}, {a}, {b}
              itt vs
              asrvs {result}, {result}, #31
              eorvs {result}, {result}, #0x80000000",
        subtract: "subs {result}, {a}, {b}
                   itt vs
                   asrvs {result}, {result}, #31
                   eorvs {result}, {result}, #0x80000000",
    }
}

/// One row of a group over the codes of an input; `$sum` is its register.
macro_rules! input_row {
    ($sum:literal) => {
        concat!(
            "ldr r8, [r0], #4\n",
            "eor r8, r8, #0x80008000\n",
            "and r9, r8, r3\n",
            "and r8, r3, r8, lsr #8\n",
            "mla r9, r9, r12, r10\n",
            "mla r8, r8, lr, r11\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", r9, asr #16\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", r8, asr #16\n",
        )
    };
}

/// One group of four rows over the codes of an input: r10 and r11 become what takes the biases off, and adds the half.
macro_rules! input {
    () => {
        concat!(
            "ldrd r12, lr, [r1], #8\n",
            "mov r8, #0x8000\n",
            "mov r9, #0x00800080\n",
            "mls r10, r12, r9, r8\n",
            "mls r11, lr, r9, r8\n",
            input_row!("r4"),
            input_row!("r5"),
            input_row!("r6"),
            input_row!("r7"),
        )
    };
}

/// One row of a group over the results of a ReLU, and the registers of its sum and word.
macro_rules! hidden_row {
    ($sum:literal, $word:literal) => {
        concat!(
            "eor ",
            $word,
            ", ",
            $word,
            ", #0x80008000\n",
            "and r10, ",
            $word,
            ", r3\n",
            "and ",
            $word,
            ", r3, ",
            $word,
            ", lsr #8\n",
            "mul r10, r10, r12\n",
            "mul ",
            $word,
            ", ",
            $word,
            ", lr\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", r10, lsr #16\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", ",
            $word,
            ", lsr #16\n",
        )
    };
}

/// One group of four rows over the results of a ReLU.
macro_rules! hidden {
    () => {
        concat!(
            "ldrd r12, lr, [r1], #8\n",
            "ldrd r8, r9, [r0], #8\n",
            hidden_row!("r4", "r8"),
            hidden_row!("r5", "r9"),
            "ldrd r8, r9, [r0], #8\n",
            hidden_row!("r6", "r8"),
            hidden_row!("r7", "r9"),
        )
    };
}

/// Requantizes a sum by a word, as [`requantize`](super::requantize) does: the last bit that the
/// shift drops is the carry, and adding it rounds half up.
macro_rules! requantize {
    ($sum:literal, $word:literal) => {
        concat!(
            "smull r1, ",
            $sum,
            ", ",
            $sum,
            ", ",
            $word,
            "\n",
            "asrs ",
            $sum,
            ", ",
            $sum,
            ", ",
            $word,
            "\n",
            "adc ",
            $sum,
            ", ",
            $sum,
            ", #0\n",
            "usat ",
            $sum,
            ", #7, ",
            $sum,
            "\n",
        )
    };
}

/// What the biases of the weights add after a ReLU, to be taken off: 128 times the sum of all activations.
/// Where they are at most 256 groups, the sums of the lower and of the upper halves have 16 bits each,
/// and `pack` has them in one word; else they are summed here.
macro_rules! start {
    () => {
        "cmp r4, #256
         bls 3f
         cbnz r3, 3f
         movs r5, #0
         mov lr, r1
         2:
         ldrd r6, r12, [lr], #8
         add r6, r6, r12
         uxth r12, r6
         add r5, r5, r12
         add r5, r5, r6, lsr #16
         cmp lr, r2
         bne 2b
         b 4f
         3:
         uxth r6, r5
         add r5, r6, r5, lsr #16
         4:
         movs r6, #0
         sub r11, r6, r5, lsl #7"
    };
}

/// In the loops over groups: r0 weights, r1 activations, r2 their end, r3 the mask 0x00ff00ff, r4-r7 the sums, r12 and lr
/// the group, the others free.
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
        biases: "mov r10, r0
                 mla r7, r3, r12, r0
                 add r7, r7, r12",
        start: start!(),
        more: 1,
        enter: "cbz r3, 2f
                adr.w r9, 30f
                adr.w r5, 31f
                2:",
        // There is no start over the codes of an input.
        loops: concat!(
            "mov r3, #0x00ff00ff\nbx r9\n",
            "40:\n", hidden!(), "41:\n", hidden!(), "cmp r1, r2\nbne.w 40b\n",
            thumb2_layers::add_start!(), "\nb.w 50f\n",
            "30:\n", input!(), "31:\n", input!(), "cmp r1, r2\nbne.w 30b",
        ),
        requantize: requantize,
        pack: "orr r4, r6, r4, lsl #16
               orr r5, r7, r5, lsl #16
               add r12, r12, r4
               add r12, r12, r5",
        row: "cmp r9, #0
              beq 3f
              bl {row_input}
              b 4f
              3:
              bl {row_hidden}
              4:",
        symbols: row_input, row_hidden,
    }
}

/// One row, over the codes of an input: as in the loop over groups, with one sum, r4.
#[unsafe(naked)]
unsafe extern "C" fn row_input(_: *const u32, _: *const Group, _: *const Group, _: usize) -> i32 {
    naked_asm!(
        "push {{r4-r6, r8, r10, r11, lr}}",
        "mov r4, #0",
        "mov r5, #0x00ff00ff",
        "mov r6, #0x8000",
        "2:",
        "ldr r8, [r0]",
        "add r0, r0, r3",
        "ldrd r12, lr, [r1], #8",
        "sub r10, r6, r12, lsl #7",
        "sub r10, r10, r12, lsl #23",
        "sub r11, r6, lr, lsl #7",
        "sub r11, r11, lr, lsl #23",
        "eor r8, r8, #0x80008000",
        "and r9, r8, r5",
        "and r8, r5, r8, lsr #8",
        "mla r9, r9, r12, r10",
        "mla r8, r8, lr, r11",
        "add r4, r4, r9, asr #16",
        "add r4, r4, r8, asr #16",
        "cmp r1, r2",
        "bne 2b",
        "mov r0, r4",
        "pop {{r4-r6, r8, r10, r11, pc}}",
    )
}

/// One row, over the results of a ReLU.
#[unsafe(naked)]
unsafe extern "C" fn row_hidden(_: *const u32, _: *const Group, _: *const Group, _: usize) -> i32 {
    naked_asm!(
        "push {{r4, r5, r8, lr}}",
        "mov r4, #0",
        "mov r5, #0x00ff00ff",
        "2:",
        "ldr r8, [r0]",
        "add r0, r0, r3",
        "ldrd r12, lr, [r1], #8",
        "eor r8, r8, #0x80008000",
        "and r9, r8, r5",
        "and r8, r5, r8, lsr #8",
        "mul r9, r9, r12",
        "mul r8, r8, lr",
        "add r4, r4, r9, lsr #16",
        "add r4, r4, r8, lsr #16",
        "cmp r1, r2",
        "bne 2b",
        "mov r0, r4",
        "pop {{r4, r5, r8, pc}}",
    )
}
