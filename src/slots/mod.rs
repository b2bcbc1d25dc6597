//! Two slots of flash: a new image is received, tried, and confirmed or taken back.
//!
//! The flash, of [`embedded_storage`], holds a journal of two blocks and two slots. One slot has
//! the image that runs; an update goes to the other one. Whenever the power fails or the device
//! resets, the next [`Slots::start`] finds one whole, authentic image:
//!
//! 1. [`Slots::update`] writes the pieces of a signed image into the slot that does not run.
//! 2. [`Update::finish`] verifies it, and offers it to the next start.
//! 3. The next [`Slots::start`] runs it, on trial.
//! 4. [`Slots::confirm`] ends the trial. A reset before that, by a watchdog for example, ends it
//!    too, and the image before runs again.
//!
//! With a confirmed image its security counter becomes the lowest that is accepted from then on.
//!
//! ```
//! use embedded_storage::nor_flash::NorFlash;
//! use mild::signed::PublicKey;
//! use mild::slots::{Boot, Slots, SlotsError};
//!
//! fn run<F: NorFlash>(
//!     flash: F,
//!     keys: &[PublicKey],
//!     mut next_piece: impl FnMut() -> Option<[u8; 64]>,
//! ) -> Result<(), SlotsError<F::Error>> {
//!     let mut slots = Slots::new(flash)?;
//!     let mut buffer = [0; 256];
//!     let started = slots.start(keys, &mut buffer)?;
//!     let rejector_image = started.image.image();
//!     // ... decide with it; if it does well:
//!     if started.boot == Boot::OnTrial {
//!         slots.confirm()?;
//!     }
//!     // A new image arrives.
//!     let mut update = slots.update()?;
//!     while let Some(piece) = next_piece() {
//!         update.write(&piece)?;
//!     }
//!     update.finish(keys)?;
//!     // Now reset the device.
//! #   let _ = rejector_image;
//!     Ok(())
//! }
//! ```
//!
//! The image runs from the buffer. To run it where it lies, in memory-mapped flash, look for it
//! with [`Slots::range`] and [`Image::from_prefix`](crate::Image::from_prefix).

mod error;
mod journal;
mod layout;
mod record;
mod update;

use embedded_storage::nor_flash::NorFlash;

use crate::image::HEADER_WORDS;
use crate::signed::{
    PublicKey, SignatureError, SignedImage, TRAILER_BYTES, UnverifiedImage, stated_bytes,
};
pub use error::{Refusal, SlotsError};
use journal::Journal;
use layout::Layout;
pub use layout::Slot;
use record::{Offer, State};
pub use update::{Offered, Update};

/// Two slots, and the journal that says which one runs.
#[derive(Debug)]
pub struct Slots<F> {
    flash: F,
    layout: Layout,
    journal: Journal,
    running: Option<Running>,
}

/// What was started last.
#[derive(Debug, Clone, Copy)]
struct Running {
    slot: Slot,
    counter: u32,
    on_trial: bool,
}

/// An image to run, and how it came to that.
#[derive(Debug, Clone, Copy)]
pub struct Started<'b> {
    /// The image, in the buffer.
    pub image: SignedImage<'b>,
    /// Where it comes from.
    pub slot: Slot,
    /// What happened to an image that was offered, or else to the confirmed one.
    pub boot: Boot,
}

/// What happened at a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Boot {
    /// Nothing was offered: the confirmed image runs.
    Confirmed,
    /// The image that was offered runs, for the first time. Without [`Slots::confirm`] it is also
    /// the last time.
    OnTrial,
    /// The image that was offered had been started and was not confirmed: the one before it runs.
    Reverted,
    /// The image that was offered is not what was received: the one before it runs.
    Refused(Refusal),
    /// The confirmed image is damaged, but the other slot had one that may run. As long as nobody
    /// calls [`Slots::confirm`], each start looks for the confirmed one first.
    Rescued(Refusal),
}

/// Why a slot cannot be loaded: for a reason of its own, or because the flash failed.
enum Failure<E> {
    Flash(E),
    Refusal(Refusal),
}

impl<E> From<SignatureError> for Failure<E> {
    fn from(error: SignatureError) -> Self {
        Self::Refusal(error.into())
    }
}

impl<F: NorFlash> Slots<F> {
    /// Reads the journal. An erased one is that of a new device: the first start takes the image
    /// with the highest counter of those that a programmer put into the slots.
    ///
    /// It does not compile for a flash that writes more than 32 bytes at once, reads more than 4,
    /// or whose blocks are no multiple of 32 bytes.
    ///
    /// # Errors
    /// [`SlotsError::Capacity`] or [`SlotsError::Flash`].
    pub fn new(mut flash: F) -> Result<Self, SlotsError<F::Error>> {
        let found = flash.capacity();
        let Some(layout) = Layout::new::<F>(found) else {
            return Err(SlotsError::Capacity { found, expected: Layout::least::<F>() });
        };
        let journal = Journal::read(&mut flash, &layout).map_err(SlotsError::Flash)?;
        Ok(Self { flash, layout, journal, running: None })
    }

    /// The first byte of a slot in the flash, and the number of its bytes.
    #[must_use]
    pub const fn range(&self, slot: Slot) -> (u32, u32) {
        (self.layout.start(slot), self.layout.slot)
    }

    /// The lowest security counter of an image that may run.
    #[must_use]
    pub const fn minimum_counter(&self) -> u32 {
        self.journal.state().minimum_counter
    }

    /// Gives back the flash.
    pub fn release(self) -> F {
        self.flash
    }

    /// Loads the image to run into `buffer` and verifies it there. Call it once, after a reset.
    ///
    /// # Errors
    /// [`SlotsError::NoImage`] if there is none, [`SlotsError::Flash`] or
    /// [`SlotsError::NotWritten`].
    pub fn start<'b>(
        &mut self,
        keys: &[PublicKey],
        buffer: &'b mut [u32],
    ) -> Result<Started<'b>, SlotsError<F::Error>> {
        self.running = None;
        let (slot, words, boot) = self.choose(keys, buffer)?;
        let loaded = buffer.get(..words).unwrap_or_default();
        let image = match UnverifiedImage::from_words(loaded).and_then(UnverifiedImage::trusted) {
            Ok(image) => image,
            // It was one a moment ago.
            Err(error) => return Err(SlotsError::Refused(error)),
        };
        let on_trial = matches!(boot, Boot::OnTrial | Boot::Rescued(_));
        self.running = Some(Running { slot, counter: image.counter(), on_trial });
        Ok(Started { image, slot, boot })
    }

    /// Which slot runs; its image is in the first words of the buffer, and verified.
    fn choose(
        &mut self,
        keys: &[PublicKey],
        buffer: &mut [u32],
    ) -> Result<(Slot, usize, Boot), SlotsError<F::Error>> {
        let mut boot = Boot::Confirmed;
        let state = self.journal.state();
        if let Some(Offer { slot, tried }) = state.offer {
            if tried {
                boot = Boot::Reverted;
            } else {
                // Before it runs: whatever resets the device from now on ends the trial.
                let offer = Some(Offer { slot, tried: true });
                self.remember(State { offer, ..state })?;
                match self.load(slot, keys, buffer)? {
                    Ok(words) => return Ok((slot, words, Boot::OnTrial)),
                    Err(refusal) => boot = Boot::Refused(refusal),
                }
            }
            self.remember(State { offer: None, ..state })?;
        }
        let confirmed = match state.confirmed {
            Some(slot) => slot,
            None => self.factory_slot(keys)?,
        };
        let refusal = match self.load(confirmed, keys, buffer)? {
            Ok(words) => {
                if state.confirmed.is_none() {
                    let counter =
                        UnverifiedImage::from_words(buffer.get(..words).unwrap_or_default())
                            .map_or(0, |image| image.counter());
                    let minimum_counter = counter.max(state.minimum_counter);
                    let confirmed = Some(confirmed);
                    self.remember(State { confirmed, offer: None, minimum_counter })?;
                }
                return Ok((confirmed, words, boot));
            }
            Err(refusal) => refusal,
        };
        let other = confirmed.other();
        match self.load(other, keys, buffer)? {
            Ok(words) => Ok((other, words, Boot::Rescued(refusal))),
            Err(second) => Err(match confirmed {
                Slot::A => SlotsError::NoImage { a: refusal, b: second },
                Slot::B => SlotsError::NoImage { a: second, b: refusal },
            }),
        }
    }

    /// The slot of a new device: that of the two with the higher counter.
    fn factory_slot(&mut self, keys: &[PublicKey]) -> Result<Slot, SlotsError<F::Error>> {
        let mut best = (Slot::A, None);
        for slot in [Slot::A, Slot::B] {
            match self.authenticate(slot, keys) {
                Ok(found) if Some(found.counter) > best.1 => best = (slot, Some(found.counter)),
                Ok(_) | Err(Failure::Refusal(_)) => {}
                Err(Failure::Flash(error)) => return Err(SlotsError::Flash(error)),
            }
        }
        Ok(best.0)
    }

    /// Ends the trial of the running image: it is the confirmed one from now on, and no image with
    /// a lower counter runs after it. Does nothing if it is confirmed already, or nothing runs.
    ///
    /// # Errors
    /// [`SlotsError::Flash`] or [`SlotsError::NotWritten`]; the image is then still on trial.
    pub fn confirm(&mut self) -> Result<(), SlotsError<F::Error>> {
        let Some(Running { slot, counter, on_trial: true }) = self.running else { return Ok(()) };
        let minimum_counter = self.minimum_counter().max(counter);
        self.remember(State { confirmed: Some(slot), offer: None, minimum_counter })?;
        self.running = Some(Running { slot, counter, on_trial: false });
        Ok(())
    }

    /// Begins to receive an image, into the slot that does not run. An image that was offered and
    /// not started is given up.
    ///
    /// # Errors
    /// [`SlotsError::OnTrial`], [`SlotsError::Flash`] or [`SlotsError::NotWritten`].
    pub fn update(&mut self) -> Result<Update<'_, F>, SlotsError<F::Error>> {
        let state = self.journal.state();
        let in_use = match self.running {
            Some(Running { on_trial: true, .. }) => return Err(SlotsError::OnTrial),
            Some(running) => Some(running.slot),
            None => state.confirmed,
        };
        self.remember(State { offer: None, ..state })?;
        Ok(Update::new(self, in_use.map_or(Slot::A, Slot::other)))
    }

    /// Writes a state to the journal.
    fn remember(&mut self, state: State) -> Result<(), SlotsError<F::Error>> {
        self.journal.write(&mut self.flash, &self.layout, state)
    }

    /// Loads image and trailer of a slot into the buffer and verifies them there. Returns how many
    /// words they are.
    fn load(
        &mut self,
        slot: Slot,
        keys: &[PublicKey],
        buffer: &mut [u32],
    ) -> Result<Result<usize, Refusal>, SlotsError<F::Error>> {
        match self.try_to_load(slot, keys, buffer) {
            Ok(words) => Ok(Ok(words)),
            Err(Failure::Refusal(refusal)) => Ok(Err(refusal)),
            Err(Failure::Flash(error)) => Err(SlotsError::Flash(error)),
        }
    }

    fn try_to_load(
        &mut self,
        slot: Slot,
        keys: &[PublicKey],
        buffer: &mut [u32],
    ) -> Result<usize, Failure<F::Error>> {
        let bytes = self.stated_bytes(slot)?.saturating_add(TRAILER_BYTES as u32);
        let (found, expected) = (buffer.len().saturating_mul(4), bytes as usize);
        let Some(words) = buffer.get_mut(..expected / 4) else {
            return Err(Failure::Refusal(Refusal::Buffer { found, expected }));
        };
        let start = self.layout.start(slot);
        let into: &mut [u8] = bytemuck::must_cast_slice_mut(words);
        self.flash.read(start, into).map_err(Failure::Flash)?;
        let image = UnverifiedImage::from_words(words)?;
        image.authenticate(keys, self.minimum_counter())?;
        image.trusted()?;
        Ok(expected / 4)
    }

    /// Bytes of the image in a slot, by its header. Image and trailer fit the slot.
    fn stated_bytes(&mut self, slot: Slot) -> Result<u32, Failure<F::Error>> {
        let mut header = [0; HEADER_WORDS];
        let start = self.layout.start(slot);
        let into: &mut [u8] = bytemuck::must_cast_slice_mut(&mut header);
        self.flash.read(start, into).map_err(Failure::Flash)?;
        Ok(stated_bytes(header, self.layout.slot)?)
    }
}
