//! How deep the stack gets, by painting it.

use core::ptr;
use cortex_m::register::msp;

/// Bytes below the stack pointer that are painted.
const DEPTH: usize = 2048;
/// Bytes just below the stack pointer that are left alone: the painting's own calls.
const OWN: usize = 64;
const PAINT: u32 = 0xC0DE_5EED;

/// Bytes of stack below the caller's that `work` uses, in words; less than `OWN` cannot be told.
#[inline(never)]
#[allow(unsafe_code)]
pub fn used(work: impl FnOnce()) -> usize {
    let top = msp::read() as usize & !3;
    let bottom = top - DEPTH;
    let mut address = bottom;
    while address < top - OWN {
        // SAFETY: below the stack pointer of the only thread, above the statics (the boards have room for `DEPTH`), and
        // no function in between has a frame there.
        unsafe { ptr::write_volatile(address as *mut u32, PAINT) };
        address += 4;
    }
    work();
    let mut address = bottom;
    // SAFETY: as above; reads aligned words of RAM.
    while address < top && unsafe { ptr::read_volatile(address as *const u32) } == PAINT {
        address += 4;
    }
    top - address
}
