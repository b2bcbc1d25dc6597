//! Comparing, choosing and saturating in steps that are the same for any data. Conditions are
//! masks: 0, or -1 if they hold.
//!
//! Cores with conditional instructions turn plain comparisons into selections. Armv6-M and RISC-V
//! cores would branch, and the number of instructions would depend on the data: there, and only
//! there, arithmetic takes their place. (`cargo xtask device prove` proves it.)

use super::active::Active;
use super::interface::Signs;

const BRANCHES: bool = Active::BRANCHES;
const MULTIPLIES_HIGH: bool = Active::MULTIPLIES_HIGH;

/// Whether the lowest bit is set.
#[inline(always)]
pub(crate) fn mask(bits: u32) -> i32 {
    arithmetic::sign((bits << 31) as i32)
}

/// A negative number if any bit but bit 0, which must not be, is set; else 0.
#[inline(always)]
pub(crate) fn any_bit(bits: u32) -> i32 {
    Active::negate((bits >> 1) as i32)
}

/// Whether a number is negative.
#[inline(always)]
pub(crate) fn negative(number: i32) -> i32 {
    arithmetic::sign(number)
}

/// The number, or 0 if it is negative.
#[inline(always)]
pub(crate) fn positive(number: i32) -> i32 {
    number & !arithmetic::sign(number)
}

/// Whether `a < b`, for numbers whose difference does not overflow.
#[inline(always)]
pub(crate) fn less_near(a: i32, b: i32) -> i32 {
    arithmetic::sign(a.wrapping_sub(b))
}

/// Whether `a < b`, for numbers without sign.
#[inline(always)]
pub(crate) fn below(a: u32, b: u32) -> i32 {
    if BRANCHES { arithmetic::below(a, b) } else { -((a < b) as i32) }
}

/// The number with its order kept and no sign: `i32::MIN` is 0.
#[inline(always)]
pub(crate) fn biased(number: i32) -> u32 {
    (number ^ i32::MIN) as u32
}

/// The number of which this is the biased form.
#[inline(always)]
pub(crate) fn unbiased(number: u32) -> i32 {
    number as i32 ^ i32::MIN
}

/// `a * b / 2^16`, rounded down, where that fits.
#[inline(always)]
pub(crate) fn scale(a: i32, b: i32) -> i32 {
    if MULTIPLIES_HIGH {
        (i64::from(a).wrapping_mul(i64::from(b)) >> 16) as i32
    } else {
        arithmetic::scale(a, b)
    }
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

/// Two numbers, exchanged if the condition holds; on any core as on one that branches.
#[inline(always)]
pub(crate) fn exchange(mask: i32, a: u32, b: u32) -> (u32, u32) {
    let difference = (a ^ b) & mask as u32;
    (a ^ difference, b ^ difference)
}

/// The larger of two numbers; on any core as on one that branches.
#[inline(always)]
pub(crate) fn greatest(a: u32, b: u32) -> u32 {
    a ^ (a ^ b) & arithmetic::below(a, b) as u32
}

/// By how much one number exceeds another one, which is not larger, `i32::MAX` at most. Both are
/// biased. On any core as on one that branches.
#[inline(always)]
pub(crate) fn distance(larger: u32, smaller: u32) -> i32 {
    let distance = larger.wrapping_sub(smaller) as i32;
    (distance | arithmetic::sign(distance)) & i32::MAX
}

/// The saturating sum.
#[inline(always)]
pub(crate) fn add(a: i32, b: i32) -> i32 {
    if BRANCHES { arithmetic::add(a, b) } else { Active::add(a, b) }
}

/// The saturating difference.
#[inline(always)]
pub(crate) fn subtract(a: i32, b: i32) -> i32 {
    if BRANCHES { arithmetic::subtract(a, b) } else { Active::subtract(a, b) }
}

/// Whether `a > b`, where their saturating difference is known, too.
#[inline(always)]
pub(crate) fn above(a: i32, b: i32) -> i32 {
    if BRANCHES {
        arithmetic::less(b, a)
    } else {
        let difference = subtract(a, b);
        // Its negative is negative, and it is not, as `i32::MIN` is.
        arithmetic::sign(0i32.wrapping_sub(difference) & !difference)
    }
}

/// The difference, or the bound that it exceeds: a `low` of 0 or below, a `high` of 0 or above.
#[inline(always)]
pub(crate) fn clamped_difference(a: i32, b: i32, low: i32, high: i32) -> i32 {
    if BRANCHES {
        arithmetic::clamped_difference(a, b, low, high)
    } else {
        clamp(subtract(a, b), low, high)
    }
}

/// The number, or the bound that it exceeds.
#[inline(always)]
pub(crate) fn clamp(number: i32, low: i32, high: i32) -> i32 {
    if BRANCHES { arithmetic::clamp(number, low, high) } else { number.max(low).min(high) }
}

/// The smaller of two numbers whose difference does not overflow.
#[inline(always)]
pub(crate) fn least_near(a: i32, b: i32) -> i32 {
    if BRANCHES { arithmetic::least_near(a, b) } else { a.min(b) }
}

/// As [`clamp`], for numbers whose differences do not overflow.
#[inline(always)]
pub(crate) fn clamp_near(number: i32, low: i32, high: i32) -> i32 {
    if BRANCHES {
        let above = positive(number.wrapping_sub(low)).wrapping_add(low);
        arithmetic::least_near(above, high)
    } else {
        number.max(low).min(high)
    }
}

/// As `clamp(number, 0, 127)`, for numbers of magnitude up to 2^30.
#[inline(always)]
pub(crate) fn clamp_activation(number: i32) -> i32 {
    if BRANCHES { arithmetic::clamp_activation(number) } else { clamp(number, 0, 127) }
}

/// The steps that would branch on a core without conditional instructions.
mod arithmetic {
    use super::{Active, Signs};

    #[inline(always)]
    pub(super) fn sign(number: i32) -> i32 {
        Active::negative(number)
    }

    #[inline(always)]
    pub(super) fn below(a: u32, b: u32) -> i32 {
        Active::below(a, b)
    }

    #[inline(always)]
    pub(super) fn less(a: i32, b: i32) -> i32 {
        below(super::biased(a), super::biased(b))
    }

    /// By magnitude, which has 32 bits, and sign, which is the borrow.
    #[inline(always)]
    pub(super) fn clamped_difference(a: i32, b: i32, low: i32, high: i32) -> i32 {
        let sign = less(a, b);
        let magnitude = (a.wrapping_sub(b) ^ sign).wrapping_sub(sign);
        let bound = select(sign, 0i32.wrapping_sub(low), high);
        let within = below(magnitude as u32, bound as u32);
        (select(within, magnitude, bound) ^ sign).wrapping_sub(sign)
    }

    #[inline(always)]
    pub(super) fn least_near(a: i32, b: i32) -> i32 {
        b.wrapping_sub(super::positive(b.wrapping_sub(a)))
    }

    /// In products of 32 bits: a library's 64-bit one takes several times as long.
    #[inline(always)]
    pub(super) fn scale(a: i32, b: i32) -> i32 {
        let (a_high, a_low) = (a >> 16, a & 0xffff);
        let (b_high, b_low) = (b >> 16, b & 0xffff);
        let low = (a_low as u32).wrapping_mul(b_low as u32) >> 16;
        let middle = a_high.wrapping_mul(b_low).wrapping_add(low as i32);
        a.wrapping_mul(b_high).wrapping_add(middle)
    }

    #[inline(always)]
    pub(super) fn select(mask: i32, a: i32, b: i32) -> i32 {
        b ^ ((a ^ b) & mask)
    }

    /// An overflowing sum has another sign than both of its parts. What it saturates to is simpler,
    /// and what is done with it, in biased form.
    #[inline(always)]
    pub(super) fn add(a: i32, b: i32) -> i32 {
        let sum = a.wrapping_add(b);
        let overflow = sign((a ^ sum) & (b ^ sum));
        super::unbiased(select(overflow, !sign(a), super::biased(sum) as i32) as u32)
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
            prop_assert_eq!(arithmetic::below(a as u32, b as u32), -i32::from((a as u32) < b as u32));
            prop_assert_eq!(biased(a) < biased(b), a < b);
            prop_assert_eq!(unbiased(biased(a)), a);
            let product = (i64::from(a) * i64::from(b)) >> 16;
            prop_assert_eq!(arithmetic::scale(a, b), product as i32);
            prop_assert_eq!(arithmetic::least_near(a >> 1, b >> 1), (a >> 1).min(b >> 1));
            prop_assert_eq!(less_near(a >> 1, b >> 1), -i32::from(a >> 1 < b >> 1));
            prop_assert_eq!((negative(a), positive(a)), (-i32::from(a < 0), a.max(0)));
            prop_assert_eq!(arithmetic::select(-1, a, b), a);
            prop_assert_eq!(arithmetic::select(0, a, b), b);
            prop_assert_eq!(arithmetic::add(a, b), a.saturating_add(b));
            prop_assert_eq!(arithmetic::subtract(a, b), a.saturating_sub(b));
            prop_assert_eq!(arithmetic::clamp(a, -128, 127), a.clamp(-128, 127));
            prop_assert_eq!(exchange(-1, a as u32, b as u32), (b as u32, a as u32));
            prop_assert_eq!(exchange(0, a as u32, b as u32), (a as u32, b as u32));
            prop_assert_eq!(greatest(a as u32, b as u32), (a as u32).max(b as u32));
            let (larger, smaller) = (a.max(b), a.min(b));
            prop_assert_eq!(distance(biased(larger), biased(smaller)), larger.saturating_sub(smaller));
            prop_assert_eq!(above(a, b), -i32::from(a > b));
            prop_assert_eq!(any_bit(a as u32 & !1) < 0, a & !1 != 0);
            for (low, high) in [(-128, 127), (0, 5), (-(1 << 28), 0), (-(1 << 28), 1 << 28)] {
                let difference = a.saturating_sub(b).clamp(low, high);
                prop_assert_eq!(arithmetic::clamped_difference(a, b, low, high), difference);
            }
            prop_assert_eq!(arithmetic::clamp_activation(a / 2), (a / 2).clamp(0, 127));
        }
    }
}
