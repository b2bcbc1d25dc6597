//! The signs of numbers, on cores without conditional instructions.
//!
//! The compiler must not see through them: it knows masks, and makes branches of them.

use core::arch::asm;

/// Whether plain comparisons become branches.
pub(super) const BRANCHES: bool = true;

/// Whether saturating sums take no branch.
pub(super) const SATURATES: bool = false;

/// Whether there is an instruction for the upper half of a product.
pub(super) const MULTIPLIES_HIGH: bool = false;

/// Whether a number is negative: 0, or -1.
#[inline(always)]
pub(super) fn negative(number: i32) -> i32 {
    let sign;
    // SAFETY: arithmetic in registers.
    unsafe {
        asm!("asrs {sign}, {number}, #31",
            number = in(reg) number, sign = lateout(reg) sign,
            options(pure, nomem, nostack));
    }
    sign
}

/// Whether `a < b`: the borrow of the difference.
#[inline(always)]
pub(super) fn below(a: u32, b: u32) -> i32 {
    let mask;
    // SAFETY: arithmetic in registers.
    unsafe {
        asm!("cmp {a}, {b}", "sbcs {mask}, {mask}",
            a = in(reg) a, b = in(reg) b, mask = lateout(reg) mask,
            options(pure, nomem, nostack));
    }
    mask
}

/// The negative number.
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
