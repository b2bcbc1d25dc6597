//! Comparing, choosing and saturating in steps that are the same for any data. Conditions are masks:
//! 0, or -1 if they hold.
//!
//! Cores with conditional instructions turn plain comparisons into selections. An Armv6-M core would
//! branch, and the number of instructions would depend on the data: there, and only there, arithmetic
//! takes their place. Armv7-M branches only for a saturating sum, for which Armv7E-M has an
//! instruction. (`cargo xtask device prove` proves it.)

const BRANCHES: bool = cfg!(mild_kernel = "armv6m");
const SATURATES: bool = cfg!(any(mild_kernel = "dsp", mild_kernel = "portable"));

/// Whether the lowest bit is set.
#[inline(always)]
pub(crate) fn mask(bits: u32) -> i32 {
    arithmetic::sign((bits << 31) as i32)
}

/// Whether `a < b`.
#[inline(always)]
pub(crate) fn less(a: i32, b: i32) -> i32 {
    if BRANCHES { arithmetic::less(a, b) } else { -((a < b) as i32) }
}

/// `a` if the condition holds, else `b`.
#[inline(always)]
pub(crate) fn select(mask: i32, a: i32, b: i32) -> i32 {
    if BRANCHES {
        arithmetic::select(mask, a, b)
    } else if mask != 0 {
        a
    } else {
        b
    }
}

/// The saturating sum.
#[inline(always)]
pub(crate) fn add(a: i32, b: i32) -> i32 {
    if SATURATES { a.saturating_add(b) } else { arithmetic::add(a, b) }
}

/// The saturating difference.
#[inline(always)]
pub(crate) fn subtract(a: i32, b: i32) -> i32 {
    if SATURATES { a.saturating_sub(b) } else { arithmetic::subtract(a, b) }
}

/// The number, or the bound that it exceeds.
#[inline(always)]
pub(crate) fn clamp(number: i32, low: i32, high: i32) -> i32 {
    if BRANCHES { arithmetic::clamp(number, low, high) } else { number.max(low).min(high) }
}

/// Whether any bit is set.
#[inline(always)]
pub(crate) fn any_bit(bits: u32) -> i32 {
    if BRANCHES {
        // Of a number and its negative one has the sign, unless both are 0.
        arithmetic::sign((bits | bits.wrapping_neg()) as i32)
    } else {
        -((bits != 0) as i32)
    }
}

/// The smaller of two numbers.
#[inline(always)]
pub(crate) fn least(a: i32, b: i32) -> i32 {
    if BRANCHES { arithmetic::select(arithmetic::less(b, a), b, a) } else { a.min(b) }
}

/// As `clamp(number, 0, 127)`, for numbers of magnitude up to 2^30.
#[inline(always)]
pub(crate) fn clamp_activation(number: i32) -> i32 {
    if BRANCHES { arithmetic::clamp_activation(number) } else { clamp(number, 0, 127) }
}

/// The steps that would branch on a core without conditional instructions.
mod arithmetic {
    /// Whether a number is negative: 0, or -1. The compiler must not see through it: it knows masks,
    /// and makes branches of them.
    #[cfg(mild_kernel = "armv6m")]
    #[inline(always)]
    pub(super) fn sign(mut number: i32) -> i32 {
        // SAFETY: arithmetic in a register.
        unsafe {
            core::arch::asm!("asrs {number}, {number}, #31", number = inout(reg) number,
                options(pure, nomem, nostack));
        }
        number
    }

    /// Whether a number is negative: 0, or -1.
    #[cfg(not(mild_kernel = "armv6m"))]
    #[inline(always)]
    pub(super) fn sign(number: i32) -> i32 {
        number >> 31
    }

    /// The sign of the difference, unless that overflows: then the signs of the two differ and say it.
    #[inline(always)]
    pub(super) fn less(a: i32, b: i32) -> i32 {
        sign((a & !b) | (!(a ^ b) & a.wrapping_sub(b)))
    }

    #[inline(always)]
    pub(super) fn select(mask: i32, a: i32, b: i32) -> i32 {
        b ^ ((a ^ b) & mask)
    }

    /// An overflowing sum has another sign than both of its parts.
    #[inline(always)]
    pub(super) fn add(a: i32, b: i32) -> i32 {
        let sum = a.wrapping_add(b);
        select(sign((a ^ sum) & (b ^ sum)), sign(a) ^ i32::MAX, sum)
    }

    /// An overflowing difference has another sign than its first part, and so has the second.
    #[inline(always)]
    pub(super) fn subtract(a: i32, b: i32) -> i32 {
        let difference = a.wrapping_sub(b);
        select(sign((a ^ b) & (a ^ difference)), sign(a) ^ i32::MAX, difference)
    }

    #[inline(always)]
    pub(super) fn clamp(number: i32, low: i32, high: i32) -> i32 {
        let number = select(less(number, low), low, number);
        select(less(high, number), high, number)
    }

    /// Neither difference overflows.
    #[inline(always)]
    pub(super) fn clamp_activation(number: i32) -> i32 {
        let number = number & !sign(number);
        let missing = 127 - number;
        number + (missing & sign(missing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any number, the extremes and their neighbours more often.
    fn number() -> impl Strategy<Value = i32> {
        let extremes = std::vec![i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX - 1, i32::MAX];
        prop_oneof![any::<i32>(), prop::sample::select(extremes), -300..=300]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn arithmetic_compares_selects_and_saturates(a in number(), b in number()) {
            prop_assert_eq!(arithmetic::less(a, b), -i32::from(a < b));
            prop_assert_eq!(arithmetic::select(-1, a, b), a);
            prop_assert_eq!(arithmetic::select(0, a, b), b);
            prop_assert_eq!(arithmetic::add(a, b), a.saturating_add(b));
            prop_assert_eq!(arithmetic::subtract(a, b), a.saturating_sub(b));
            prop_assert_eq!(arithmetic::clamp(a, -128, 127), a.clamp(-128, 127));
            prop_assert_eq!(arithmetic::clamp_activation(a / 2), (a / 2).clamp(0, 127));
        }
    }
}
