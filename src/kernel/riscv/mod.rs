//! The kernel for RISC-V cores with 32 bits and multiplication (ESP32-C3 and -C6, the Hazard3 of
//! the RP2350).
//!
//! After a ReLU the arithmetic is that of [`crosswise`](super::shared::crosswise), two products with one
//! multiplication. The bytes b' and d' need not be moved down: the activations for them are packed
//! as `2^8 (x_d + 2^16 x_b)`, and the upper half of the product of 64 bits is then
//!
//! ```text
//! 2^8 (b' + 2^16 d') 2^8 (x_d + 2^16 x_b) / 2^32 = (b' x_b + d' x_d) + 2^16 d' x_b   rounded down
//! ```
//!
//! of which the lower 16 bits are wanted.
//!
//! Over the codes of an input it would take more to correct two products than one for each costs:
//! there a weight is loaded as a byte. The bytes a+128 and c+128 are loaded without sign, so 128
//! times the sum of their codes is taken off where the sums start.
//!
//! Two blocks of weights, eight rows, are computed side by side, as there are registers enough: the
//! activations are loaded half as often.

mod steps;

use core::arch::naked_asm;

use super::interface::Signs;
use super::shared::registers::in_registers;
use super::shared::routine::{Assembly, Routine};
use super::{GROUP, Group};
use steps::*;

/// This kernel.
pub(super) struct Active;

impl Assembly for Active {
    const LAYERS: Routine = all_layers;

    #[inline(always)]
    fn pack_input(codes: [i8; GROUP]) -> Group {
        // The bytes 0 and 2 are c and a, then d and b.
        let word = |low: i8, high: i8| u32::from(low as u8) | u32::from(high as u8) << 16;
        let [a, b, c, d] = codes;
        [word(c, a), word(d, b)]
    }
}

/// The core has no conditional instructions, and the compiler must not see through these: it knows
/// masks, and makes branches of them.
impl Signs for Active {
    const BRANCHES: bool = true;

    #[inline(always)]
    fn negative(number: i32) -> i32 {
        in_registers!("srai {result}, {number}, 31"; number)
    }

    #[inline(always)]
    fn below(a: u32, b: u32) -> i32 {
        in_registers!("sltu {result}, {a}, {b}", "neg {result}, {result}"; a, b)
    }

    #[inline(always)]
    fn negate(number: i32) -> i32 {
        in_registers!("neg {result}, {number}"; number)
    }
}

/// In a layer: a0 weights, a4 1 if the activations are codes of an input, else 0, or -1 if their
/// groups are odd in number, a5 their end, a7 the sum of the packed results, s0 the activations, s2
/// the biases, s3 the requantizers (null if the sums are the result), s4 where results go, s5 the
/// blocks that are left, s6 the start, s7 the mask 0x00ff00ff, s8 the bias of the odd bytes, s9
/// 0xffff but over the codes of an input. In the loops over groups: a1 activations, a6 the weights
/// of the second block, t0-t6 and s10 the sums, a2, a3, s1, s9, s11 and ra free.
///
/// On the stack: 0 where the layer's results begin, 4 the end of the last layer, 8 the rows after
/// the last whole block, 12 the bytes of a block of weights, then the end of the layer, 16 four
/// results.
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
        ".option push",
        env!("MILD_RISCV_ARCH"),
        "addi sp, sp, -96",
        "sw ra, 92(sp)",
        "sw s0, 88(sp)",
        "sw s1, 84(sp)",
        "sw s2, 80(sp)",
        "sw s3, 76(sp)",
        "sw s4, 72(sp)",
        "sw s5, 68(sp)",
        "sw s6, 64(sp)",
        "sw s7, 60(sp)",
        "sw s8, 56(sp)",
        "sw s9, 52(sp)",
        "sw s10, 48(sp)",
        "sw s11, 44(sp)",
        "sw a3, 4(sp)",
        "li s7, 0x00ff00ff",
        "li s8, 0x80008000",
        "li a7, 0",
        // A layer.
        "20:",
        "lhu t0, 0(a0)",
        "lhu t1, 2(a0)",
        "lw t2, 4(a0)",
        "addi s2, a0, 8",
        "slli t3, t1, 2",
        "add a0, s2, t3",
        "srli a4, t2, 1", // 1 for the codes of an input, else 0
        "neg t4, a4",
        "and t4, t4, t3",
        "add a0, a0, t4", // rebased biases
        "li s3, 0",
        "andi t2, t2, 1",
        "beqz t2, 27f",
        "mv s3, a0",
        "add a0, a0, t3",
        "27:",
        "srli s5, t1, 2",
        "andi t1, t1, 3",
        "addi t0, t0, 3",
        "srli t0, t0, 2", // groups
        "slli t3, t0, 4",
        "slli t2, t0, 3",
        "mv s0, a1",
        "add a5, a1, t2",
        "sw t3, 12(sp)",
        "mv s4, a2",
        "sw a2, 0(sp)",
        "sw t1, 8(sp)",
        // The start.
        "bgtz a4, 22f",
        "li s9, 0xffff",
        "slli a4, t0, 31",
        "srai a4, a4, 31",
        "addi t0, t0, -257",
        "bltz t0, 23f",
        // The sum of so many activations does not fit in a7. With L and H the sums of the lower and the
        // upper halves, t2 becomes L + 2^16 H, t1 becomes H, and then t0 becomes L + H.
        "li t1, 0",
        "li t2, 0",
        "25:",
        "lw t3, 4(a1)",
        "lw t4, 0(a1)",
        "addi a1, a1, 8",
        "srli t3, t3, 8",
        "add t3, t3, t4",
        "add t2, t2, t3",
        "srli t3, t3, 16",
        "add t1, t1, t3",
        "bne a1, a5, 25b",
        "slli t0, t1, 16",
        "sub t0, t2, t0",
        "add t0, t0, t1",
        "j 24f",
        // That of the codes whose weights are biased.
        "22:",
        "li t0, 0",
        "26:",
        "lb t1, 0(a1)",
        "lb t2, 2(a1)",
        "addi a1, a1, 8",
        "add t0, t0, t1",
        "add t0, t0, t2",
        "bne a1, a5, 26b",
        "j 24f",
        // Known from the layer before: the halves of so few do not overflow.
        "23:",
        "and t0, a7, s9",
        "srli t1, a7, 16",
        "add t0, t0, t1",
        "24:",
        "slli t0, t0, 7",
        "neg s6, t0",
        "li a7, 0",
        // Two blocks, as long as there are two.
        "addi s5, s5, -2",
        "bltz s5, 40f",
        "30:",
        start_block!("0", "t0", "t1", "t2", "t3"),
        start_block!("16", "t4", "t5", "t6", "s10"),
        "addi s2, s2, 32",
        "lw a6, 12(sp)",
        "add a6, a6, a0",
        "mv a1, s0",
        "bgtz a4, 32f",
        "bltz a4, 36f",
        // Two groups a turn; an odd number of them starts in the middle.
        "31:",
        hidden_group!("0"),
        hidden_block!("a0", "0", "t0", "t1", "t2", "t3"),
        hidden_block!("a6", "0", "t4", "t5", "t6", "s10"),
        "35:",
        hidden_group!("8"),
        hidden_block!("a0", "16", "t0", "t1", "t2", "t3"),
        hidden_block!("a6", "16", "t4", "t5", "t6", "s10"),
        "addi a0, a0, 32",
        "addi a6, a6, 32",
        "addi a1, a1, 16",
        "bne a1, a5, 31b",
        "j 33f",
        "32:",
        input_group!(),
        input_block!("a0", "t0", "t1", "t2", "t3"),
        input_block!("a6", "t4", "t5", "t6", "s10"),
        "addi a0, a0, 16",
        "addi a6, a6, 16",
        "addi a1, a1, 8",
        "bne a1, a5, 32b",
        "33:",
        "mv a0, a6",
        "addi s5, s5, -2",
        "beqz s3, 34f",
        finish_block!("0", "0", "t0", "t1", "t2", "t3"),
        finish_block!("16", "8", "t4", "t5", "t6", "s10"),
        "addi s3, s3, 32",
        "addi s4, s4, 16",
        "bgez s5, 30b",
        "j 40f",
        "34:",
        scores!("0", "t0", "t1", "t2", "t3"),
        scores!("16", "t4", "t5", "t6", "s10"),
        "addi s4, s4, 32",
        "bgez s5, 30b",
        "j 40f",
        "36:",
        "addi a0, a0, -16",
        "addi a6, a6, -16",
        "addi a1, a1, -8",
        "j 35b",
        // One block, if it is left.
        "40:",
        "addi s5, s5, 1",
        "bltz s5, 50f",
        start_block!("0", "t0", "t1", "t2", "t3"),
        "addi s2, s2, 16",
        "mv a1, s0",
        "bgtz a4, 42f",
        "41:",
        hidden_group!("0"),
        hidden_block!("a0", "0", "t0", "t1", "t2", "t3"),
        "addi a0, a0, 16",
        "addi a1, a1, 8",
        "bne a1, a5, 41b",
        "j 43f",
        "42:",
        input_group!(),
        input_block!("a0", "t0", "t1", "t2", "t3"),
        "addi a0, a0, 16",
        "addi a1, a1, 8",
        "bne a1, a5, 42b",
        "43:",
        "beqz s3, 44f",
        finish_block!("0", "0", "t0", "t1", "t2", "t3"),
        "addi s3, s3, 16",
        "addi s4, s4, 8",
        "j 50f",
        "44:",
        scores!("0", "t0", "t1", "t2", "t3"),
        "addi s4, s4, 16",
        // What is left, row by row.
        "50:",
        "lw t1, 8(sp)",
        "bnez t1, 60f",
        // The next layer, from what is now there to where this one took its activations.
        "51:",
        "lw a1, 0(sp)",
        "lw a3, 4(sp)",
        "mv a2, s0",
        "bne a0, a3, 20b",
        "mv a0, a1",
        "lw ra, 92(sp)",
        "lw s0, 88(sp)",
        "lw s1, 84(sp)",
        "lw s2, 80(sp)",
        "lw s3, 76(sp)",
        "lw s4, 72(sp)",
        "lw s5, 68(sp)",
        "lw s6, 64(sp)",
        "lw s7, 60(sp)",
        "lw s8, 56(sp)",
        "lw s9, 52(sp)",
        "lw s10, 48(sp)",
        "lw s11, 44(sp)",
        "addi sp, sp, 96",
        "ret",
        // Rows: t1 how many are left, t2 where the result of one goes, t3 the bytes from word to
        // word, a6 the first word of one.
        "60:",
        "slli t3, t1, 2",
        "lw t2, 12(sp)",
        "srli t2, t2, 2",
        "mul t2, t2, t1",
        "add t2, t2, a0",
        "sw t2, 12(sp)",
        "mv a6, a0",
        "mv t2, s4",
        "beqz s3, 61f",
        // Rows that are not there give 0, as the padding of a group must be.
        "li t0, -254",
        "addi t2, sp, 16",
        "sw t0, 0(t2)",
        "sw t0, 4(t2)",
        "sw t0, 8(t2)",
        "sw t0, 12(t2)",
        "61:",
        "lw t0, 0(s2)",
        "addi s2, s2, 4",
        "add t0, t0, s6",
        "mv a0, a6",
        "mv a1, s0",
        "bgtz a4, 63f",
        "62:",
        hidden_group!("0"),
        "lw a2, 0(a0)",
        hidden_products!("t0", "a2"),
        "add a0, a0, t3",
        "addi a1, a1, 8",
        "bne a1, a5, 62b",
        "j 64f",
        "63:",
        input_group!(),
        input_row!("t0", "a0", "0"),
        "add a0, a0, t3",
        "addi a1, a1, 8",
        "bne a1, a5, 63b",
        "64:",
        "beqz s3, 65f",
        requantize!("t0", "0"),
        "addi s3, s3, 4",
        "65:",
        "sw t0, 0(t2)",
        "addi t2, t2, 4",
        "addi a6, a6, 4",
        "addi t1, t1, -1",
        "bnez t1, 61b",
        "lw a0, 12(sp)",
        "beqz s3, 51b",
        "lw t0, 16(sp)",
        "lw t1, 20(sp)",
        "lw t2, 24(sp)",
        "lw t3, 28(sp)",
        pack_two!("t2", "t0"),
        pack_two!("t3", "t1"),
        store_packed!("0", "t2", "t3"),
        "j 51b",
        ".option pop",
    )
}
