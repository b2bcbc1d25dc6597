//! The flash slot that an image can be in.

use core::{ptr, slice};

/// Where the slot is, and its length in bytes.
const SLOT: (usize, usize) = include!(concat!(env!("OUT_DIR"), "/slot.rs"));

/// The slot of an image in flash: the upper half of the code memory, whatever is in it.
///
/// The emulator puts the image there when it starts, as a programmer or a bootloader would.
#[allow(unsafe_code)]
#[must_use]
pub fn image_slot() -> &'static [u8] {
    let (origin, length) = SLOT;
    // SAFETY: the memory is there, never written while the program runs, and the linker puts
    // nothing into it: a program that reached up to an image in it would not be loaded by the
    // emulator, which refuses what overlaps.
    unsafe { slice::from_raw_parts(ptr::with_exposed_provenance(origin), length) }
}
