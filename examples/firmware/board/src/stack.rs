//! How deep the stack gets, by painting it.

use crate::machine::stack_pointer;
use core::ptr;

/// Bytes below the stack pointer that are painted.
const DEPTH: usize = 2048;
const PAINT: u32 = 0xC0DE_5EED;

/// Bytes of stack below its own that `work` uses, in words.
#[inline(never)]
pub fn used(work: impl FnOnce()) -> usize {
    used_within(DEPTH, work)
}

/// The same for work that may use up to `depth` bytes, for which the board must have room.
#[inline(never)]
#[allow(unsafe_code)]
pub fn used_within(depth: usize, work: impl FnOnce()) -> usize {
    let top = stack_pointer() & !3;
    let bottom = top - depth;
    let mut address = bottom;
    while address < top {
        // SAFETY: below the stack pointer of the only thread, above the statics (the boards have
        // room for `depth`), and nothing is called here that would have a frame there.
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
