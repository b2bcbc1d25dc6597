//! A journal of states in two blocks of flash.
//!
//! Records are appended; the one with the highest number counts. When a block is full the other
//! one is erased and the next record goes there, so that one block with the latest state is always
//! whole. A record whose writing was interrupted has a wrong checksum: the one before it counts.
//!
//! An interrupted write may also leave nothing to be seen, and a place must not be written twice. So
//! the first record after a reset goes into the other block, which is erased for it.

use embedded_storage::nor_flash::NorFlash;

use super::SlotsError;
use super::layout::{Layout, UNIT};
use super::record::State;

/// The latest state, and where the next one is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Journal {
    state: State,
    sequence: u32,
    /// The block with the latest record, 0 or 1.
    block: u32,
    /// The first place in it that certainly nobody has begun to write.
    next: u32,
}

impl Journal {
    /// Reads both blocks.
    pub(super) fn read<F: NorFlash>(flash: &mut F, layout: &Layout) -> Result<Self, F::Error> {
        let mut latest: Option<Self> = None;
        for block in 0..2 {
            for place in 0..layout.records() {
                let mut bytes = [0; UNIT];
                flash.read(address(layout, block, place), &mut bytes)?;
                if let Some((state, sequence)) = State::of_record(&bytes)
                    && latest.is_none_or(|latest| sequence > latest.sequence)
                {
                    latest = Some(Self { state, sequence, block, next: 0 });
                }
            }
        }
        let none = Self { state: State::NEW, sequence: 0, block: 0, next: 0 };
        Ok(Self { next: layout.records(), ..latest.unwrap_or(none) })
    }

    /// The latest state.
    pub(super) const fn state(&self) -> State {
        self.state
    }

    /// Makes this the latest state. If that fails, or the power does, the state before is still the
    /// latest one.
    pub(super) fn write<F: NorFlash>(
        &mut self,
        flash: &mut F,
        layout: &Layout,
        state: State,
    ) -> Result<(), SlotsError<F::Error>> {
        if state == self.state {
            return Ok(());
        }
        if self.next >= layout.records() {
            let other = 1 - self.block;
            let start = address(layout, other, 0);
            flash.erase(start, start + layout.block).map_err(SlotsError::Flash)?;
            (self.block, self.next) = (other, 0);
        }
        let place = address(layout, self.block, self.next);
        // Whatever comes of it, this place is used.
        self.next += 1;
        let sequence = self.sequence.wrapping_add(1);
        let record = state.record(sequence);
        flash.write(place, &record).map_err(SlotsError::Flash)?;
        let mut written = [0; UNIT];
        flash.read(place, &mut written).map_err(SlotsError::Flash)?;
        if written != record {
            return Err(SlotsError::NotWritten);
        }
        (self.state, self.sequence) = (state, sequence);
        Ok(())
    }
}

fn address(layout: &Layout, block: u32, place: u32) -> u32 {
    block * layout.block + place * UNIT as u32
}
