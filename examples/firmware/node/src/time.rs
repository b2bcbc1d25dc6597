//! Milliseconds from SysTick.

use cortex_m::peripheral::{SYST, syst::SystClkSource};
use cortex_m_rt::exception;
use mild::client::{Clock, TickCounter};

/// The clock of the MPS2 boards.
const PER_MS: u32 = 25_000;

static MILLISECONDS: TickCounter = TickCounter::new();

#[exception]
fn SysTick() {
    MILLISECONDS.tick();
}

/// The time since the start.
#[derive(Debug)]
pub struct Ticks(());

impl Ticks {
    /// Starts the timer; `None` the second time.
    pub fn take() -> Option<Self> {
        let mut timer = cortex_m::Peripherals::take()?.SYST;
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(PER_MS - 1);
        timer.clear_current();
        timer.enable_interrupt();
        timer.enable_counter();
        Some(Self(()))
    }

    /// Microseconds since the start.
    pub fn now_us(&self) -> u64 {
        loop {
            let before = MILLISECONDS.now();
            let left = SYST::get_current();
            // Unless the timer went over in between.
            if MILLISECONDS.now() == before {
                let within = (PER_MS - 1).saturating_sub(left) / (PER_MS / 1000);
                return before.wrapping_mul(1000).wrapping_add(within.into());
            }
        }
    }
}

impl Clock for Ticks {
    fn now_ms(&mut self) -> u64 {
        MILLISECONDS.now()
    }
}
