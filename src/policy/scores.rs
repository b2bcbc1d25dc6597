//! The scores of one input, and the plain rule on them.

use super::{Decide, Decision, LOCAL, Reachable, Resolution};
use crate::constant_time;
use crate::kernel::Search;

/// The scores of one input, together with the offsets that belong to them.
///
/// A [`Rejector`](crate::Rejector) makes them ([`Rejector::scores`](crate::Rejector::scores)).
/// They lie in its scratch, so the scratch is free again when they have been decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scores<'s> {
    values: &'s [i32],
    offsets: &'s [i32],
    image: u32,
}

impl<'s> Scores<'s> {
    /// Scores that do not come from a rejector, for instance recorded ones. Experts beyond the
    /// shorter slice are not considered.
    #[must_use]
    pub const fn new(values: &'s [i32], offsets: &'s [i32]) -> Self {
        Self { values, offsets, image: 0 }
    }

    /// Scores of an image.
    #[inline(always)]
    pub(crate) const fn of_image(values: &'s [i32], offsets: &'s [i32], image: u32) -> Self {
        Self { values, offsets, image }
    }

    /// One score for each expert, without the offsets.
    ///
    /// With [Platt scaling](crate::Image::platt_scaling) they are probabilities minus prices, in
    /// 2^-16 of one error.
    #[must_use]
    pub const fn values(&self) -> &'s [i32] {
        self.values
    }

    /// One offset for each expert.
    #[must_use]
    pub const fn offsets(&self) -> &'s [i32] {
        self.offsets
    }

    /// The checksum of the image that they are of ([`Image::checksum`](crate::Image::checksum)), or
    /// 0 if they do not come from a rejector.
    #[must_use]
    pub const fn image(&self) -> u32 {
        self.image
    }

    /// Chooses the reachable expert with the largest score plus offset; ties go to the lower index,
    /// so to `local` first.
    ///
    /// A checked image keeps scores and offsets each within ±2^30, so their sum cannot overflow;
    /// sums of other origin saturate. Without any scores the answer is `local`.
    #[must_use]
    #[inline(always)]
    pub fn decide(&self, reachable: Reachable) -> Decision {
        decide(self.values, self.offsets, reachable)
    }
}

/// The plain rule. A commit has nothing to record.
impl Decide for Scores<'_> {
    fn propose(&mut self, reachable: Reachable) -> Decision {
        self.decide(reachable)
    }

    fn commit(self, _: Resolution) {}

    fn image(&self) -> u32 {
        self.image
    }
}

/// See [`Scores::decide`].
#[inline(never)] // its variables would be on the stack while the layers run
fn decide(scores: &[i32], offsets: &[i32], reachable: Reachable) -> Decision {
    let mut sums =
        scores.iter().zip(offsets).map(|(&score, &offset)| constant_time::add(score, offset));
    let Some(first) = sums.next() else {
        return Decision { expert: LOCAL, margin: i32::MAX };
    };
    let mut search = Search::new(first, reachable.bits());
    let mut index = 0i32;
    sums.for_each(|sum| {
        search.see(index, sum);
        index = index.wrapping_add(1);
    });
    let (index, margin) = search.found();
    Decision { expert: index.wrapping_add(1) as u8, margin }
}
