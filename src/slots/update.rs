//! Receiving an image in pieces.

use embedded_storage::nor_flash::NorFlash;
use sha2::{Digest as _, Sha256};

use super::layout::{Slot, UNIT};
use super::record::{Offer, State};
use super::{Failure, Refusal, Slots, SlotsError};
use crate::signed::{
    ImageDigest, KeyId, PublicKey, SignatureError, TRAILER_BYTES, TRAILER_WORDS, Trailer,
};

/// An image on its way into a slot. Dropped before [`Update::finish`] it is as if it had never
/// begun.
#[derive(Debug)]
pub struct Update<'s, F> {
    slots: &'s mut Slots<F>,
    slot: Slot,
    /// Bytes in the flash, a multiple of [`UNIT`].
    written: u32,
    /// What comes after them.
    unit: [u8; UNIT],
    /// Bytes of it that were received, less than all.
    pending: usize,
}

/// What an authentic update is, which the next start will try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offered {
    /// SHA-256 of the image.
    pub digest: ImageDigest,
    /// The key that signed it.
    pub key_id: KeyId,
    /// Its security counter.
    pub counter: u32,
    /// Bytes of the image and its trailer.
    pub bytes: u32,
}

impl<'s, F: NorFlash> Update<'s, F> {
    pub(super) const fn new(slots: &'s mut Slots<F>, slot: Slot) -> Self {
        Self { slots, slot, written: 0, unit: [0xff; UNIT], pending: 0 }
    }

    /// Bytes received so far: where the next piece begins in the file.
    #[must_use]
    pub const fn received(&self) -> u32 {
        self.written + self.pending as u32
    }

    /// Takes the next piece of the file, of any length. Blocks of flash are erased as they are
    /// reached.
    ///
    /// # Errors
    /// [`SlotsError::Full`], of which nothing was written, or [`SlotsError::Flash`], after which
    /// the update is to begin again.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), SlotsError<F::Error>> {
        let room = self.slots.layout.slot;
        if piece.len() > room.saturating_sub(self.received()) as usize {
            return Err(SlotsError::Full { room });
        }
        for &byte in piece {
            // There is always room for one.
            if let Some(place) = self.unit.get_mut(self.pending) {
                *place = byte;
            }
            self.pending += 1;
            if self.pending == UNIT {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Writes what is pending, and erases the block first if it begins one.
    fn flush(&mut self) -> Result<(), SlotsError<F::Error>> {
        let block = self.slots.layout.block;
        let at = self.slots.layout.start(self.slot) + self.written;
        if self.written.is_multiple_of(block) {
            self.slots.flash.erase(at, at + block).map_err(SlotsError::Flash)?;
        }
        self.slots.flash.write(at, &self.unit).map_err(SlotsError::Flash)?;
        self.written += UNIT as u32;
        self.unit = [0xff; UNIT];
        self.pending = 0;
        Ok(())
    }

    /// Verifies what is in the flash, and offers it to the next start.
    ///
    /// The checks are those of [`SignedImage::verify`](crate::signed::SignedImage::verify), but for
    /// the inside of the image, which [`Slots::start`] looks at.
    ///
    /// # Errors
    /// [`SlotsError::Refused`], [`SlotsError::Flash`] or [`SlotsError::NotWritten`]. The image that
    /// runs is as it was.
    pub fn finish(mut self, keys: &[PublicKey]) -> Result<Offered, SlotsError<F::Error>> {
        let received = self.received();
        if self.pending > 0 {
            self.flush()?;
        }
        let offered = match self.slots.authenticate(self.slot, keys) {
            Ok(offered) => offered,
            Err(Failure::Flash(error)) => return Err(SlotsError::Flash(error)),
            Err(Failure::Refusal(Refusal::Signature(error))) => {
                return Err(SlotsError::Refused(error));
            }
            Err(Failure::Refusal(Refusal::Buffer { found, expected })) => {
                return Err(SlotsError::Refused(SignatureError::Truncated { found, expected }));
            }
        };
        let (found, expected) = (received as usize, offered.bytes as usize);
        // What an earlier update left behind may complete this one.
        if found < expected {
            return Err(SlotsError::Refused(SignatureError::Truncated { found, expected }));
        }
        if found > expected {
            return Err(SlotsError::Refused(SignatureError::TrailingBytes { found, expected }));
        }
        let offer = Some(Offer { slot: self.slot, tried: false });
        let state = self.slots.journal.state();
        self.slots.remember(State { offer, ..state })?;
        Ok(offered)
    }
}

impl<F: NorFlash> Slots<F> {
    /// Verifies what is in a slot, without room for all of it: everything but the inside of the
    /// image.
    pub(super) fn authenticate(
        &mut self,
        slot: Slot,
        keys: &[PublicKey],
    ) -> Result<Offered, Failure<F::Error>> {
        let image = self.stated_bytes(slot)?;
        let start = self.layout.start(slot);
        let mut trailer = [0; TRAILER_WORDS];
        let into: &mut [u8] = bytemuck::must_cast_slice_mut(&mut trailer);
        self.flash.read(start + image, into).map_err(Failure::Flash)?;
        let trailer = Trailer::new(&trailer)?;
        let mut hash = Sha256::new();
        let mut at = 0;
        while at < image {
            let mut piece = [0; UNIT];
            let length = (image - at).min(UNIT as u32);
            let piece = piece.get_mut(..length as usize).unwrap_or_default();
            self.flash.read(start + at, piece).map_err(Failure::Flash)?;
            hash.update(&*piece);
            at += length;
        }
        let digest = hash.finalize().into();
        trailer.authenticate(keys, self.minimum_counter(), digest)?;
        Ok(Offered {
            digest,
            key_id: trailer.key_id(),
            counter: trailer.counter(),
            bytes: image.saturating_add(TRAILER_BYTES as u32),
        })
    }
}
