//! What a kernel gives.

use super::{GROUP, Group};

/// The layers of one core.
pub(super) trait Kernel {
    /// Packs four codes of an input, first to last.
    fn pack_input(codes: [i8; GROUP]) -> Group;

    /// Runs layers from end to end, the first one on what is in `from`; returns the side that has the
    /// results of the last one.
    ///
    /// # Safety
    /// The words must be those of a [`Chain`](super::Chain) or of one layer of it, and the sides as
    /// long as that chain needs them.
    unsafe fn layers<'s>(words: &[u32], from: &'s mut [u32], to: &'s mut [u32]) -> &'s mut [u32];

    /// Whether it runs layers on two inputs at once.
    const TWO: bool = false;

    /// As [`Self::layers`] on the codes of two inputs, whose groups lie side by side; the results of
    /// the last layer are those of the first input, then those of the second. Only if
    /// [`Self::TWO`].
    ///
    /// # Safety
    /// As [`Self::layers`], with sides of twice the length.
    unsafe fn layers_of_two<'s>(_: &[u32], _: &'s mut [u32], to: &'s mut [u32]) -> &'s mut [u32] {
        to
    }
}

/// The largest sum, its index, which is -1 for the first of all sums, and the largest of the
/// others.
///
/// On cores that branch the sums are biased, so that a mask makes the least of all sums.
#[derive(Debug, Clone, Copy)]
pub(super) struct TopTwo {
    pub(super) best: i32,
    pub(super) second: i32,
    pub(super) index: i32,
}

/// The signs of numbers on one core, and what its compiler makes of a comparison. The defaults are
/// those of a core with conditional instructions.
pub(super) trait Signs {
    /// Whether plain comparisons become branches.
    const BRANCHES: bool = false;

    /// Whether there is an instruction for the upper half of a product.
    const MULTIPLIES_HIGH: bool = true;

    /// Whether a number is negative: 0, or -1.
    #[inline(always)]
    fn negative(number: i32) -> i32 {
        number >> 31
    }

    /// Whether `a < b`: the borrow of the difference.
    #[inline(always)]
    fn below(a: u32, b: u32) -> i32 {
        -(a.overflowing_sub(b).1 as i32)
    }

    /// The negative number.
    #[inline(always)]
    fn negate(number: i32) -> i32 {
        number.wrapping_neg()
    }

    /// The saturating sum.
    #[inline(always)]
    fn add(a: i32, b: i32) -> i32 {
        a.saturating_add(b)
    }

    /// The saturating difference.
    #[inline(always)]
    fn subtract(a: i32, b: i32) -> i32 {
        a.saturating_sub(b)
    }

    /// Looks at one more sum with this index, which counts if bit 30 is set; returns the bits one
    /// place up. Cores that branch do not need it.
    #[inline(always)]
    fn top_two(top: TopTwo, index: i32, sum: i32, bits: u32) -> (TopTwo, u32) {
        let TopTwo { best, second, .. } = top;
        let bits = bits << 1;
        let sum = if (bits as i32) < 0 { sum } else { i32::MIN };
        let second = second.max(sum);
        let top = if sum > best {
            TopTwo { best: sum, second: best, index }
        } else {
            TopTwo { second, ..top }
        };
        (top, bits)
    }
}
