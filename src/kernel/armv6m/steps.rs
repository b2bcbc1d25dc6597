//! The steps of the kernel for Armv6-M, as pieces of assembly. The kernel says what the registers
//! are.

/// The bytes of the next word in two words, r5 (a', c') and r4 (b', d'), all without sign.
/// Exchanging the bytes of each half takes an instruction less than a copy that is shifted.
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

/// One row of a group over the codes of an input; `$sum` is its register. The biases are taken off
/// the weights.
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

/// Requantizes a sum in r2 by the next word from r0, as [`requantize`](crate::kernel::requantize) does,
/// into r6. The upper word of the product comes from four products of halves; the last bit that the
/// shift drops is the carry, and adding it rounds half up. r1 is 0. No branches: the run time does
/// not depend on the data.
macro_rules! requantize {
    () => {
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
         asrs r6, r4
         adcs r6, r1
         subs r6, #127
         asrs r3, r6, #31
         ands r6, r3
         adds r6, #127
         asrs r3, r6, #31
         bics r6, r3
         "
    };
}

pub(super) use {hidden_row, input_row, requantize, word};
