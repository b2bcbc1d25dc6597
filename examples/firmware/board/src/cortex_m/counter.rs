//! SysTick as a counter of instructions.

use core::{arch::asm, hint::black_box};
use cortex_m::{
    Peripherals,
    peripheral::{SYST, syst::SystClkSource},
};

/// Counts ticks of the processor's clock.
pub struct Counter {
    systick: SYST,
}

impl Counter {
    /// Starts the counter; `None` if it has been taken before.
    pub fn take() -> Option<Self> {
        let mut systick = Peripherals::take()?.SYST;
        systick.set_clock_source(SystClkSource::Core);
        systick.set_reload(0x00ff_ffff);
        systick.clear_current();
        systick.enable_counter();
        Some(Self { systick })
    }

    /// Runs so many instructions, an even number, and returns how many, and the ticks in which.
    #[allow(unsafe_code)]
    pub fn calibrate(&mut self, instructions: u32) -> (u32, u32) {
        let start = SYST::get_current();
        // SAFETY: counts a register down to zero.
        unsafe {
            asm!(
                "1:",
                "subs {count}, {count}, #1",
                "bne 1b",
                count = inout(reg) instructions / 2 => _,
                options(nomem, nostack),
            );
        }
        (instructions, elapsed(start))
    }

    /// The ticks that `repeats` runs of `work` take, the loop around them included.
    #[inline(never)]
    pub fn count(&mut self, repeats: u32, mut work: impl FnMut() -> u8) -> u32 {
        // Start just after a reload, so that the counter cannot wrap twice.
        self.systick.clear_current();
        let start = SYST::get_current();
        for _ in 0..repeats {
            black_box(work());
        }
        elapsed(start)
    }
}

/// Ticks since `start`; the counter runs down and has 24 bits.
fn elapsed(start: u32) -> u32 {
    start.wrapping_sub(SYST::get_current()) & 0x00ff_ffff
}
