//! The signs of numbers, on cores with the Thumb-2 instructions.

use core::arch::asm;

/// Whether plain comparisons become branches: they become conditional instructions.
pub(super) const BRANCHES: bool = false;

/// Whether saturating sums take no branch: there is an instruction, but not on Armv7-M.
pub(super) const SATURATES: bool = cfg!(any(mild_kernel = "dsp", mild_kernel = "helium"));

/// Whether there is an instruction for the upper half of a product.
pub(super) const MULTIPLIES_HIGH: bool = true;

/// Whether a number is negative: 0, or -1. Most instructions can shift an operand like this.
#[inline(always)]
pub(super) fn negative(number: i32) -> i32 {
    number >> 31
}

/// Whether `a < b`: the borrow of the difference.
#[inline(always)]
pub(super) fn below(a: u32, b: u32) -> i32 {
    -(a.overflowing_sub(b).1 as i32)
}

/// The negative number. The compiler does not see that it is: where it knows a sign it makes a comparison
/// of it, which takes more instructions.
#[inline(always)]
pub(super) fn negate(number: i32) -> i32 {
    let negative;
    // SAFETY: arithmetic in registers.
    unsafe {
        asm!("rsbs {negative}, {number}, #0",
            number = in(reg) number, negative = lateout(reg) negative,
            options(pure, nomem, nostack));
    }
    negative
}
