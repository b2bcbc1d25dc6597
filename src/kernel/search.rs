//! A search for the largest of some sums, in steps that are the same for any sums.

use super::active::Active;
use super::constant_time;
use super::interface::{Signs, TopTwo};

/// The largest of the sums seen so far, the first one if there are several, and the largest of the
/// others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search {
    top: TopTwo,
    /// Bit 0, on cores that branch, or else bit 31 says whether the sum that was seen last counts.
    bits: u32,
    /// All of `bits`, one on the other.
    others: u32,
}

impl Search {
    /// A search that has seen this sum, which counts whatever bit 0 is. Bit *k* + 1 says whether
    /// the sum with index *k* counts.
    #[inline(always)]
    pub(crate) fn new(first: i32, bits: u32) -> Self {
        let (best, second, bits) = if Active::BRANCHES {
            (constant_time::biased(first) as i32, 0, bits)
        } else {
            (first, i32::MIN, bits.reverse_bits())
        };
        Self { top: TopTwo { best, second, index: -1 }, bits, others: 0 }
    }

    /// Looks at the next sum; indices count from 0.
    #[inline(always)]
    pub(crate) fn see(&mut self, index: i32, sum: i32) {
        // A sum that does not count becomes the least one: it is never above the best, and as
        // second it changes nothing.
        if Active::BRANCHES {
            self.bits >>= 1;
            let counts = constant_time::mask(self.bits);
            self.others |= counts as u32;
            let sum = constant_time::biased(sum) & counts as u32;
            let top = self.top;
            let first = constant_time::below(top.best as u32, sum);
            let (best, loser) = constant_time::exchange(first, top.best as u32, sum);
            self.top = TopTwo {
                best: best as i32,
                second: constant_time::greatest(top.second as u32, loser) as i32,
                index: constant_time::select(first, index, top.index),
            };
        } else {
            (self.top, self.bits) = Active::top_two(self.top, index, sum, self.bits);
            self.others |= self.bits;
        }
    }

    /// The index of the largest sum, and by how much it exceeds the largest of the others:
    /// `i32::MAX` at most, and if none of the others counts.
    #[inline(always)]
    pub(crate) fn found(self) -> (i32, i32) {
        let TopTwo { best, second, index } = self.top;
        let margin = if Active::BRANCHES {
            constant_time::distance(best as u32, second as u32)
        } else {
            constant_time::subtract(best, second)
        };
        // The sign of `others`, or all of it, is whether any counts.
        (
            index,
            constant_time::select(constant_time::negative(self.others as i32), margin, i32::MAX),
        )
    }
}
