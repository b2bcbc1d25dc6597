//! The counter of retired instructions.

use core::{arch::asm, hint::black_box};
use riscv::register::minstret;

/// Counts instructions, exactly.
pub struct Counter(());

impl Counter {
    /// Starts the counter. It always runs here, and any number may be taken.
    pub fn take() -> Option<Self> {
        Some(Self(()))
    }

    /// Runs so many instructions, an even number, and returns how many, and the ticks in which. One
    /// more is counted: the reading at the end.
    #[allow(unsafe_code)]
    pub fn calibrate(&mut self, instructions: u32) -> (u32, u32) {
        let (start, end): (u32, u32);
        // SAFETY: counts a register down to zero, and reads a counter before and after.
        unsafe {
            asm!(
                "csrr {start}, minstret",
                "1:",
                "addi {count}, {count}, -1",
                "bnez {count}, 1b",
                "csrr {end}, minstret",
                count = inout(reg) instructions / 2 => _,
                start = out(reg) start,
                end = lateout(reg) end,
                options(nomem, nostack),
            );
        }
        (instructions + 1, end.wrapping_sub(start))
    }

    /// The ticks that `repeats` runs of `work` take, the loop around them included.
    #[inline(never)]
    pub fn count(&mut self, repeats: u32, mut work: impl FnMut() -> u8) -> u32 {
        let start = minstret::read();
        for _ in 0..repeats {
            black_box(work());
        }
        minstret::read().wrapping_sub(start) as u32
    }
}
