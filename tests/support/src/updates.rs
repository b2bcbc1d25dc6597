//! Updates during which the power fails, for the host and the device to compare: a device with two
//! slots, and what must be true of it after each failure.

use crate::flash::{FlashError, SimulatedFlash};
use core::{fmt, ops::Range};
use embedded_storage::nor_flash::NorFlash;
use mild::signed::{PublicKey, SignatureError};
use mild::slots::{Boot, Slots, SlotsError};

/// Words of the buffer to run an image from.
const BUFFER: usize = 128;

/// Bytes of a piece of an update: neither a unit nor a multiple of one.
const PIECE: usize = 50;

/// Signed images of one key, with the counters 1 and 2, and nothing else in common.
#[derive(Debug, Clone, Copy)]
pub struct Fleet<'a> {
    /// The image with the counter 1.
    pub old: &'a [u8],
    /// The image with the counter 2.
    pub new: &'a [u8],
    /// The key.
    pub keys: &'a [PublicKey],
}

/// How often what came to run after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Failures.
    pub failures: u32,
    /// The old image.
    pub old: u32,
    /// The new image, on trial.
    pub on_trial: u32,
    /// The new image, confirmed.
    pub new: u32,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { failures, old, on_trial, new } = self;
        write!(f, "{failures} {old} {on_trial} {new}")
    }
}

/// What must not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// The operation at which the power failed first.
    pub at: u32,
    /// The seed of the failure.
    pub seed: u32,
    /// What was wrong.
    pub what: &'static str,
}

type Result<T> = core::result::Result<T, SlotsError<FlashError>>;

/// How far an update came, as the application knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    Begun,
    Offered,
    Started,
    Confirmed,
}

impl Fleet<'_> {
    /// A flash with the old image, as it leaves the factory.
    fn factory<const C: usize, const W: usize, const E: usize>(&self) -> SimulatedFlash<C, W, E> {
        let mut flash = SimulatedFlash::new();
        flash.program(2 * E as u32, self.old);
        flash
    }

    /// Lets the power fail during each operation of an update, in ways that `seeds` choose; and
    /// once more during each operation of the start after it, if `twice`.
    ///
    /// # Errors
    /// The first thing that must not happen.
    pub fn fail_everywhere<const C: usize, const W: usize, const E: usize>(
        &self,
        seeds: Range<u32>,
        twice: bool,
    ) -> core::result::Result<Tally, Broken> {
        let mut tally = Tally::default();
        for seed in seeds {
            for at in 0.. {
                let broken = |what| Broken { at, seed, what };
                let mut flash = self.factory::<C, W, E>();
                flash.fail_after(at, seed);
                let progress = self.update(&mut flash);
                if !flash.is_dead() {
                    if progress != Ok(Progress::Confirmed) {
                        return Err(broken("an update without a failure was not confirmed"));
                    }
                    break;
                }
                let progress = progress.unwrap_or_else(|progress| progress);
                flash.revive();
                if twice {
                    self.fail_again(&flash, seed, progress, &mut tally).map_err(broken)?;
                } else {
                    self.after_failure(&mut flash, progress, &mut tally).map_err(broken)?;
                }
            }
        }
        Ok(tally)
    }

    /// The same once, with a flash and a buffer that the smallest board has room for.
    ///
    /// # Errors
    /// The first thing that must not happen.
    pub fn fail_on_device(&self) -> core::result::Result<Tally, Broken> {
        self.fail_everywhere::<1280, 4, 128>(0..1, false)
    }

    /// Lets the power fail during each operation of the start after a failure. Not a part of its
    /// caller, so that a device has one flash on its stack, not two.
    #[inline(never)]
    fn fail_again<const C: usize, const W: usize, const E: usize>(
        &self,
        flash: &SimulatedFlash<C, W, E>,
        seed: u32,
        progress: Progress,
        tally: &mut Tally,
    ) -> core::result::Result<(), &'static str> {
        for again in 0.. {
            let mut flash = flash.clone();
            flash.fail_after(again, seed);
            // Whatever it says: the power fails, or this is the last round.
            let _ = self.start(&mut flash);
            let done = !flash.is_dead();
            flash.revive();
            self.after_failure(&mut flash, progress, tally)?;
            if done {
                break;
            }
        }
        Ok(())
    }

    /// A start; whether the new image runs, and how it came to that.
    fn start<F: NorFlash<Error = FlashError>>(&self, flash: F) -> Result<(bool, Boot)> {
        let mut slots = Slots::new(flash)?;
        let mut buffer = [0; BUFFER];
        let started = slots.start(self.keys, &mut buffer)?;
        Ok((started.image.counter() == 2, started.boot))
    }

    /// The way of an update to its confirmation, with resets in between, and then of the same once
    /// more, into the other slot. How far it came is an error if it came no further.
    fn update<F: NorFlash<Error = FlashError>>(
        &self,
        mut flash: F,
    ) -> core::result::Result<Progress, Progress> {
        let mut buffer = [0; BUFFER];
        let mut progress = Progress::Begun;
        for _ in 0..2 {
            let mut slots = Slots::new(&mut flash).map_err(|_| progress)?;
            slots.start(self.keys, &mut buffer).map_err(|_| progress)?;
            receive(&mut slots, self.new, self.keys).map_err(|_| progress)?;
            progress = progress.max(Progress::Offered);
            let mut slots = Slots::new(&mut flash).map_err(|_| progress)?;
            slots.start(self.keys, &mut buffer).map_err(|_| progress)?;
            progress = progress.max(Progress::Started);
            slots.confirm().map_err(|_| progress)?;
            progress = Progress::Confirmed;
        }
        let mut slots = Slots::new(&mut flash).map_err(|_| progress)?;
        slots.start(self.keys, &mut buffer).map_err(|_| progress)?;
        Ok(progress)
    }

    /// What must be true after a failure: one whole, authentic image runs, the right one as far as
    /// the application can know, and the device can be updated; and then nothing brings the old
    /// image back.
    fn after_failure<F: NorFlash<Error = FlashError>>(
        &self,
        mut flash: F,
        progress: Progress,
        tally: &mut Tally,
    ) -> core::result::Result<(), &'static str> {
        tally.failures += 1;
        let Ok((new, boot)) = self.start(&mut flash) else {
            return Err("no image runs after a failure");
        };
        match (new, boot) {
            (true, Boot::OnTrial) => {
                tally.on_trial += 1;
                // Nobody confirms it, and the device resets.
                if self.start(&mut flash) != Ok((progress == Progress::Confirmed, Boot::Reverted)) {
                    return Err("the image before does not run after a trial");
                }
            }
            (true, Boot::Confirmed | Boot::Reverted) => {
                tally.new += 1;
                if progress < Progress::Started {
                    return Err("an image runs that was never tried");
                }
            }
            (false, Boot::Confirmed | Boot::Reverted) => {
                tally.old += 1;
                if progress == Progress::Confirmed {
                    return Err("the old image runs after the new one was confirmed");
                }
            }
            _ => return Err("an image was refused, or had to be rescued"),
        }
        if self.update(&mut flash) != Ok(Progress::Confirmed) {
            return Err("the device cannot be updated after a failure");
        }
        let mut buffer = [0; BUFFER];
        let rolled_back = Slots::new(&mut flash).and_then(|mut slots| {
            slots.start(self.keys, &mut buffer)?;
            receive(&mut slots, self.old, self.keys)
        });
        let counter = SignatureError::Counter { found: 1, minimum: 2 };
        if rolled_back != Err(SlotsError::Refused(counter)) {
            return Err("the old image is taken again");
        }
        if self.start(&mut flash) != Ok((true, Boot::Confirmed)) {
            return Err("an attempt to bring the old image back changed what runs");
        }
        Ok(())
    }
}

/// Receives a file in pieces.
///
/// # Errors
/// As [`Slots::update`], [`Update::write`](mild::slots::Update::write) and
/// [`Update::finish`](mild::slots::Update::finish).
pub fn receive<F: NorFlash>(
    slots: &mut Slots<F>,
    file: &[u8],
    keys: &[PublicKey],
) -> core::result::Result<(), SlotsError<F::Error>> {
    let mut update = slots.update()?;
    for piece in file.chunks(PIECE) {
        update.write(piece)?;
    }
    update.finish(keys).map(|_| ())
}
