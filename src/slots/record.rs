//! What the journal remembers, as bytes.

use super::layout::{Slot, UNIT};
use crate::checksum;

/// The first word of a record: the bytes `MREC`.
const MAGIC: u32 = u32::from_le_bytes(*b"MREC");

const WORDS: usize = UNIT / 4;

/// What a device must not forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// The slot whose image runs, unless another is offered.
    pub(super) confirmed: Option<Slot>,
    /// The slot of an image that has yet to prove itself.
    pub(super) offer: Option<Offer>,
    /// The lowest security counter of an image that may run.
    pub(super) minimum_counter: u32,
}

/// An image that was received, and is authentic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) slot: Slot,
    /// Whether it has been started.
    pub(super) tried: bool,
}

impl State {
    /// Of a device that has never started.
    pub(super) const NEW: Self = Self { confirmed: None, offer: None, minimum_counter: 0 };

    /// The bytes of the record with this number.
    pub(super) fn record(&self, sequence: u32) -> [u8; UNIT] {
        let offer = self.offer.map(|offer| offer.slot);
        let tried = self.offer.is_some_and(|offer| offer.tried);
        let flags = code(self.confirmed) | code(offer) << 2 | u32::from(tried) << 4;
        let covered = [MAGIC, sequence, self.minimum_counter, flags, 0, 0, 0];
        let [a, b, c, d, e, f, g] = covered;
        let words: [u32; WORDS] = [a, b, c, d, e, f, g, checksum::of_words(&covered)];
        bytemuck::must_cast(words)
    }

    /// What a record says, and its number; `None` if it is not one, or only a part of one.
    pub(super) fn of_record(bytes: &[u8; UNIT]) -> Option<(Self, u32)> {
        let words: [u32; WORDS] = bytemuck::must_cast(*bytes);
        let [covered @ .., stated] = words;
        let [magic, sequence, minimum_counter, flags, ..] = covered;
        if magic != MAGIC || stated != checksum::of_words(&covered) {
            return None;
        }
        let tried = flags >> 4 & 1 == 1;
        let offer = slot(flags >> 2).map(|slot| Offer { slot, tried });
        Some((Self { confirmed: slot(flags), offer, minimum_counter }, sequence))
    }
}

const fn code(slot: Option<Slot>) -> u32 {
    match slot {
        None => 0,
        Some(Slot::A) => 1,
        Some(Slot::B) => 2,
    }
}

const fn slot(code: u32) -> Option<Slot> {
    match code & 3 {
        1 => Some(Slot::A),
        2 => Some(Slot::B),
        _ => None,
    }
}
