//! Where slots and journal lie in the flash.

use embedded_storage::nor_flash::NorFlash;

/// Bytes that are written at once: what the largest unit of a flash needs, and a record.
pub(super) const UNIT: usize = 32;

/// Blocks of the journal.
const JOURNAL_BLOCKS: u32 = 2;

/// One of the two places of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Slot {
    /// The first one, after the journal.
    A,
    /// The second one.
    B,
}

impl Slot {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// The parts of a flash: a journal of two blocks, then two slots of as many blocks each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// Bytes that are erased at once.
    pub(super) block: u32,
    /// Bytes of a slot.
    pub(super) slot: u32,
}

impl Layout {
    /// The fewest bytes that a flash must have: one block for each slot.
    pub(super) const fn least<F: NorFlash>() -> usize {
        const {
            assert!(UNIT.is_multiple_of(F::WRITE_SIZE), "writes of 1, 2, 4, 8, 16 or 32 bytes");
            assert!(4usize.is_multiple_of(F::READ_SIZE), "reads of 1, 2 or 4 bytes");
            assert!(F::ERASE_SIZE.is_multiple_of(UNIT), "blocks of a multiple of 32 bytes");
            assert!(F::ERASE_SIZE <= (u32::MAX / 8) as usize, "blocks of less than 512 MiB");
        }
        F::ERASE_SIZE * (JOURNAL_BLOCKS as usize + 2)
    }

    /// The layout of a flash with so many bytes; `None` if they are too few.
    pub(super) fn new<F: NorFlash>(capacity: usize) -> Option<Self> {
        if capacity < Self::least::<F>() {
            return None;
        }
        let block = F::ERASE_SIZE as u32;
        let blocks = u32::try_from(capacity / F::ERASE_SIZE).unwrap_or(u32::MAX / block);
        Some(Self { block, slot: (blocks - JOURNAL_BLOCKS) / 2 * block })
    }

    /// The first byte of a slot.
    pub(super) const fn start(&self, slot: Slot) -> u32 {
        let journal = JOURNAL_BLOCKS * self.block;
        match slot {
            Slot::A => journal,
            Slot::B => journal + self.slot,
        }
    }

    /// Records in a block of the journal.
    pub(super) const fn records(&self) -> u32 {
        self.block / UNIT as u32
    }
}
