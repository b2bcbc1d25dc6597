//! Where a client gets its time from.

use core::sync::atomic::{AtomicU32, Ordering};

use embedded_hal::delay::DelayNs;

/// A clock that never goes backward, for instance a hardware timer or the tick of an operating
/// system.
///
/// It must not wrap around either. A counter of 32 bits in milliseconds does so after 49.7 days,
/// and all experts are then unreachable for as long: [`TickCounter`] has 64.
pub trait Clock {
    /// Milliseconds since some moment.
    fn now_ms(&mut self) -> u64;

    /// Called again and again while a client waits for bytes. It may sleep until the next
    /// interrupt, if bytes cause one. Otherwise it must return before the port has to drop a byte:
    /// a UART without a buffer keeps one for 87 microseconds at 115,200 baud. The time must advance
    /// meanwhile.
    fn idle(&mut self) {}
}

impl<C: Clock + ?Sized> Clock for &mut C {
    fn now_ms(&mut self) -> u64 {
        (**self).now_ms()
    }

    fn idle(&mut self) {
        (**self).idle();
    }
}

/// A clock that can also be waited for.
#[cfg(feature = "client-async")]
#[allow(async_fn_in_trait)] // a client runs in one task, so nothing need be `Send`
pub trait Timer: Clock {
    /// Returns when [`Clock::now_ms`] has reached this.
    async fn until_ms(&mut self, ms: u64);
}

/// Counts the ticks of an interrupt in 64 bits, also on cores without atomic numbers of that size.
#[derive(Debug, Default)]
pub struct TickCounter {
    low: AtomicU32,
    high: AtomicU32,
}

impl TickCounter {
    /// Starts at 0.
    #[must_use]
    pub const fn new() -> Self {
        Self { low: AtomicU32::new(0), high: AtomicU32::new(0) }
    }

    /// Counts one tick. Call it from one interrupt handler and from nowhere else.
    pub fn tick(&self) {
        // Only loads and stores: the smallest cores have nothing more.
        let low = self.low.load(Ordering::Relaxed).wrapping_add(1);
        if low == 0 {
            let high = self.high.load(Ordering::Relaxed);
            self.high.store(high.wrapping_add(1), Ordering::Relaxed);
        }
        self.low.store(low, Ordering::Release);
    }

    /// The ticks so far. Call it on the core that handles the interrupt.
    pub fn now(&self) -> u64 {
        loop {
            let high = self.high.load(Ordering::Acquire);
            let low = self.low.load(Ordering::Acquire);
            // Unless the interrupt came in between, and carried.
            if self.high.load(Ordering::Acquire) == high {
                return u64::from(high) << 32 | u64::from(low);
            }
        }
    }
}

/// A clock made of a delay, for boards that have no other. Its time advances only in
/// [`Clock::idle`] and [`DelayClock::pass`]; what the program does in between is not counted, so
/// deadlines come later than stated, by a quarter or so on a slow core.
#[derive(Debug, Clone)]
pub struct DelayClock<D> {
    delay: D,
    now_us: u64,
}

impl<D: DelayNs> DelayClock<D> {
    /// How long it idles: below half a byte's time at 115,200 baud, so that a port without a buffer
    /// loses none.
    const IDLE_US: u32 = 40;

    /// Starts at 0.
    pub const fn new(delay: D) -> Self {
        Self { delay, now_us: 0 }
    }

    /// Waits, and advances the time by this.
    pub fn pass(&mut self, ms: u32) {
        self.delay.delay_ms(ms);
        self.advance(u64::from(ms).saturating_mul(1000));
    }

    fn advance(&mut self, us: u64) {
        self.now_us = self.now_us.saturating_add(us);
    }
}

impl<D: DelayNs> Clock for DelayClock<D> {
    fn now_ms(&mut self) -> u64 {
        self.now_us / 1000
    }

    fn idle(&mut self) {
        self.delay.delay_us(Self::IDLE_US);
        self.advance(Self::IDLE_US.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The clock of the example firmware counted in 32 bits and began anew after 49.7 days.
    #[test]
    fn ticks_go_on_after_49_days() {
        let ticks = TickCounter { low: AtomicU32::new(u32::MAX - 1), high: AtomicU32::new(0) };
        let mut before = ticks.now();
        for _ in 0..4 {
            ticks.tick();
            assert_eq!(ticks.now(), before + 1);
            before = ticks.now();
        }
        assert!(before > u64::from(u32::MAX));
    }
}
