//! The signs of numbers, in plain Rust.

/// Whether plain comparisons become branches.
pub(super) const BRANCHES: bool = false;

/// Whether saturating sums take no branch.
pub(super) const SATURATES: bool = true;

/// Whether there is an instruction for the upper half of a product: on most cores.
pub(super) const MULTIPLIES_HIGH: bool = true;

/// Whether a number is negative: 0, or -1.
#[inline(always)]
pub(super) fn negative(number: i32) -> i32 {
    number >> 31
}

/// Whether `a < b`: the borrow of the difference.
#[inline(always)]
pub(super) fn below(a: u32, b: u32) -> i32 {
    -(a.overflowing_sub(b).1 as i32)
}

/// The negative number.
#[inline(always)]
pub(super) fn negate(number: i32) -> i32 {
    number.wrapping_neg()
}
