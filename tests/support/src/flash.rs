//! A NOR flash in memory, whose power fails when it is told to.

use crate::random::XorShift;
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read,
    check_write,
};

/// A flash of `CAPACITY` bytes, written in units of `WRITE` bytes and erased in blocks of `ERASE`.
///
/// As of real NOR flash: erasing makes ones, writing makes zeros of ones, and a unit is written
/// once between two erasures. An operation during which the power fails is done in part, and
/// everything after it fails.
#[derive(Debug, Clone)]
pub struct SimulatedFlash<const CAPACITY: usize, const WRITE: usize, const ERASE: usize> {
    bytes: [u8; CAPACITY],
    /// Whether the byte's unit was written since it was erased.
    written: [bool; CAPACITY],
    /// Writes and erasures so far.
    operations: u32,
    /// The operation during which the power fails, counted from 0.
    fails_at: Option<u32>,
    dead: bool,
    random: XorShift,
}

/// Why an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlashError {
    /// There is no power.
    Dead,
    /// Outside of the flash, or not in whole units or blocks.
    Arguments(NorFlashErrorKind),
    /// A unit was written a second time.
    WrittenTwice,
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Arguments(kind) => *kind,
            Self::Dead | Self::WrittenTwice => NorFlashErrorKind::Other,
        }
    }
}

impl<const CAPACITY: usize, const WRITE: usize, const ERASE: usize>
    SimulatedFlash<CAPACITY, WRITE, ERASE>
{
    /// An erased flash.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: [0xff; CAPACITY],
            written: [false; CAPACITY],
            operations: 0,
            fails_at: None,
            dead: false,
            random: XorShift::new(1),
        }
    }

    /// Lets the power fail during the operation that is `after` operations away; `seed` says how
    /// much of it is done.
    pub fn fail_after(&mut self, after: u32, seed: u32) {
        self.fails_at = Some(self.operations.wrapping_add(after));
        self.random = XorShift::new(u64::from(seed) << 32 | 1);
    }

    /// Turns the power on again, for good.
    pub fn revive(&mut self) {
        (self.dead, self.fails_at) = (false, None);
    }

    /// Whether the power has failed.
    #[must_use]
    pub const fn is_dead(&self) -> bool {
        self.dead
    }

    /// Writes and erasures so far.
    #[must_use]
    pub const fn operations(&self) -> u32 {
        self.operations
    }

    /// What is in it.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; CAPACITY] {
        &self.bytes
    }

    /// Puts bytes into it by other means than an operation, as a programmer does.
    ///
    /// # Panics
    /// If they do not fit.
    pub fn program(&mut self, offset: u32, bytes: &[u8]) {
        let from = offset as usize;
        self.bytes[from..from + bytes.len()].copy_from_slice(bytes);
        self.written[from..from + bytes.len()].fill(true);
    }

    /// Counts an operation; true if the power fails during it.
    fn begin(&mut self) -> Result<bool, FlashError> {
        if self.dead {
            return Err(FlashError::Dead);
        }
        self.dead = self.fails_at == Some(self.operations);
        self.operations = self.operations.wrapping_add(1);
        Ok(self.dead)
    }
}

impl<const CAPACITY: usize, const WRITE: usize, const ERASE: usize> Default
    for SimulatedFlash<CAPACITY, WRITE, ERASE>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<const CAPACITY: usize, const WRITE: usize, const ERASE: usize> ErrorType
    for SimulatedFlash<CAPACITY, WRITE, ERASE>
{
    type Error = FlashError;
}

impl<const CAPACITY: usize, const WRITE: usize, const ERASE: usize> ReadNorFlash
    for SimulatedFlash<CAPACITY, WRITE, ERASE>
{
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        if self.dead {
            return Err(FlashError::Dead);
        }
        check_read(self, offset, bytes.len()).map_err(FlashError::Arguments)?;
        let from = offset as usize;
        bytes.copy_from_slice(&self.bytes[from..from + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        CAPACITY
    }
}

impl<const CAPACITY: usize, const WRITE: usize, const ERASE: usize> NorFlash
    for SimulatedFlash<CAPACITY, WRITE, ERASE>
{
    const WRITE_SIZE: usize = WRITE;
    const ERASE_SIZE: usize = ERASE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        check_erase(self, from, to).map_err(FlashError::Arguments)?;
        let fails = self.begin()?;
        // Not begun, nearly done, or anything in between: bits on their way are anything.
        let kind = self.random.bits() % 4;
        for at in from as usize..to as usize {
            let noise = self.random.bits() as u8;
            self.bytes[at] = match (fails, kind) {
                (false, _) => 0xff,
                (true, 0) => self.bytes[at],
                (true, 1) => self.bytes[at] | noise,
                (true, 2) => noise,
                (true, _) => !(noise & self.random.bits() as u8 & self.random.bits() as u8),
            };
            // What was erased in part must not be written.
            self.written[at] = fails;
        }
        if fails { Err(FlashError::Dead) } else { Ok(()) }
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        check_write(self, offset, bytes.len()).map_err(FlashError::Arguments)?;
        let fails = self.begin()?;
        let from = offset as usize;
        if self.written[from..from + bytes.len()].contains(&true) {
            return Err(FlashError::WrittenTwice);
        }
        // So many bytes are done, perhaps none or all; of those in the next unit some bits are, or
        // none that could be seen.
        let kind = self.random.bits() % 4;
        let cut = match (fails, kind) {
            (false, _) | (true, 0) => bytes.len(),
            (true, 1) => 0,
            (true, _) => self.random.bits() as usize % (bytes.len() + 1),
        };
        for (index, &byte) in bytes.iter().enumerate() {
            let place = &mut self.bytes[from + index];
            if index < cut {
                *place &= byte;
            } else if index / WRITE == cut / WRITE {
                let undone = if kind == 1 { 0xff } else { self.random.bits() as u8 };
                *place &= byte | undone;
            } else {
                break;
            }
            self.written[from + index] = true;
        }
        if fails { Err(FlashError::Dead) } else { Ok(()) }
    }
}
