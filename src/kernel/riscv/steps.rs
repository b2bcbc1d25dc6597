//! The steps of the kernel for RISC-V, as pieces of assembly. The kernel says what the
//! registers are.

/// The codes of a group of an input, a to d: s1, ra, s9, s11.
macro_rules! input_group {
    () => {
        "lb s1, 2(a1)
         lb ra, 6(a1)
         lb s9, 0(a1)
         lb s11, 4(a1)
         "
    };
}

/// One row of a group over the codes of an input: its sum, the register of its words, and where its
/// word is from there.
#[rustfmt::skip] // an instruction is a line, here and below
macro_rules! input_row {
    ($sum:literal, $words:literal, $at:literal) => {
        concat!(
            "lbu a2, ", $at, "+0(", $words, ")\n",
            "lb a3, ", $at, "+1(", $words, ")\n",
            "mul a2, a2, s1\n",
            "mul a3, a3, ra\n",
            "add ", $sum, ", ", $sum, ", a2\n",
            "lbu a2, ", $at, "+2(", $words, ")\n",
            "add ", $sum, ", ", $sum, ", a3\n",
            "lb a3, ", $at, "+3(", $words, ")\n",
            "mul a2, a2, s9\n",
            "mul a3, a3, s11\n",
            "add ", $sum, ", ", $sum, ", a2\n",
            "add ", $sum, ", ", $sum, ", a3\n",
        )
    };
}

/// Four rows of a group over the codes of an input: the register of their words, and their sums.
macro_rules! input_block {
    ($words:literal, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            input_row!($a, $words, "0"),
            input_row!($b, $words, "4"),
            input_row!($c, $words, "8"),
            input_row!($d, $words, "12"),
        )
    };
}

/// The activations of a group after a ReLU, from where they are from a1: s1, ra.
#[rustfmt::skip]
macro_rules! hidden_group {
    ($at:literal) => {
        concat!("lw s1, ", $at, "+0(a1)\n", "lw ra, ", $at, "+4(a1)\n")
    };
}

/// The products of a word, in a register, and a group after a ReLU; a3 is free.
#[rustfmt::skip]
macro_rules! hidden_products {
    ($sum:literal, $word:literal) => {
        concat!(
            "xor ", $word, ", ", $word, ", s8\n",
            "and a3, ", $word, ", s7\n",
            "xor ", $word, ", ", $word, ", a3\n",
            "mul a3, a3, s1\n",
            "mulhu ", $word, ", ", $word, ", ra\n",
            "srli a3, a3, 16\n",
            "and ", $word, ", ", $word, ", s9\n",
            "add ", $sum, ", ", $sum, ", a3\n",
            "add ", $sum, ", ", $sum, ", ", $word, "\n",
        )
    };
}

/// Four rows of a group over the results of a ReLU: the register of their words, where those are
/// from there, and their sums. A word is loaded while the one before it is worked on: many cores
/// would wait for it.
#[rustfmt::skip]
macro_rules! hidden_block {
    ($words:literal, $at:literal, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "lw a2, ", $at, "+0(", $words, ")\n",
            "lw s11, ", $at, "+4(", $words, ")\n",
            hidden_products!($a, "a2"),
            "lw a2, ", $at, "+8(", $words, ")\n",
            hidden_products!($b, "s11"),
            "lw s11, ", $at, "+12(", $words, ")\n",
            hidden_products!($c, "a2"),
            hidden_products!($d, "s11"),
        )
    };
}

/// The sums of a block start from their biases: where those are from s2, and the sums.
#[rustfmt::skip]
macro_rules! start_block {
    ($at:literal, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "lw ", $a, ", ", $at, "+0(s2)\n",
            "lw ", $b, ", ", $at, "+4(s2)\n",
            "lw ", $c, ", ", $at, "+8(s2)\n",
            "lw ", $d, ", ", $at, "+12(s2)\n",
            "add ", $a, ", ", $a, ", s6\n",
            "add ", $b, ", ", $b, ", s6\n",
            "add ", $c, ", ", $c, ", s6\n",
            "add ", $d, ", ", $d, ", s6\n",
        )
    };
}

/// Requantizes a sum by the word at this place from s3, as [`requantize`](super::requantize) does,
/// but for the last bit and an offset: with t twice the result before that is rounded, it is
/// `t - 254`, and -255 to 0. A negative sum is shifted by 31, which makes it -1.
#[rustfmt::skip]
macro_rules! requantize {
    ($sum:literal, $at:expr) => {
        concat!(
            "lw a2, ", $at, "(s3)\n",
            "srai a3, ", $sum, ", 31\n",
            "mulh ", $sum, ", ", $sum, ", a2\n",
            "addi a2, a2, -1\n",
            "or a2, a2, a3\n",
            "sra ", $sum, ", ", $sum, ", a2\n",
            "addi ", $sum, ", ", $sum, ", -254\n",
            "srai a2, ", $sum, ", 31\n",
            "and ", $sum, ", ", $sum, ", a2\n",
        )
    };
}

/// Packs two results of [`requantize`] crosswise, in `$low`: adds 254, and the 1 by which half of
/// them rounds half up.
#[rustfmt::skip]
macro_rules! pack_two {
    ($low:literal, $high:literal) => {
        concat!(
            "slli ", $high, ", ", $high, ", 16\n",
            "add ", $low, ", ", $low, ", s7\n",
            "add ", $low, ", ", $low, ", ", $high, "\n",
            "srli ", $low, ", ", $low, ", 1\n",
            "and ", $low, ", ", $low, ", s7\n",
        )
    };
}

/// Stores the packed results of a block, and adds them to a7.
#[rustfmt::skip]
macro_rules! store_packed {
    ($to:literal, $even:literal, $odd:literal) => {
        concat!(
            "add a7, a7, ", $even, "\n",
            "sw ", $even, ", ", $to, "+0(s4)\n",
            "add a7, a7, ", $odd, "\n",
            "slli ", $odd, ", ", $odd, ", 8\n",
            "sw ", $odd, ", ", $to, "+4(s4)\n",
        )
    };
}

/// Requantizes and packs the sums of a block, and stores the results.
macro_rules! finish_block {
    ($at:literal, $to:literal, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            requantize!($a, concat!($at, "+0")),
            requantize!($b, concat!($at, "+4")),
            requantize!($c, concat!($at, "+8")),
            requantize!($d, concat!($at, "+12")),
            pack_two!($c, $a),
            pack_two!($d, $b),
            store_packed!($to, $c, $d),
        )
    };
}

/// Stores four scores.
#[rustfmt::skip]
macro_rules! scores {
    ($to:literal, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "sw ", $a, ", ", $to, "+0(s4)\n",
            "sw ", $b, ", ", $to, "+4(s4)\n",
            "sw ", $c, ", ", $to, "+8(s4)\n",
            "sw ", $d, ", ", $to, "+12(s4)\n",
        )
    };
}

pub(super) use {
    finish_block, hidden_block, hidden_group, hidden_products, input_block, input_group, input_row,
    pack_two, requantize, scores, start_block, store_packed,
};
