//! Where a client gets its time from.

use embedded_hal::delay::DelayNs;

/// A clock that never goes backward, for instance a hardware timer or the tick of an operating system.
pub trait Clock {
    /// Milliseconds since some moment.
    fn now_ms(&mut self) -> u64;

    /// Called while there is nothing to do. It may sleep until the next interrupt, for a millisecond or
    /// so; the time must advance meanwhile.
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

/// A clock made of a delay, for boards that have no other. Its time advances only in [`Clock::idle`] and
/// [`DelayClock::pass`].
#[derive(Debug, Clone)]
pub struct DelayClock<D> {
    delay: D,
    now_ms: u64,
}

impl<D: DelayNs> DelayClock<D> {
    /// Starts at 0.
    pub const fn new(delay: D) -> Self {
        Self { delay, now_ms: 0 }
    }

    /// Waits, and advances the time by this.
    pub fn pass(&mut self, ms: u32) {
        self.delay.delay_ms(ms);
        self.now_ms = self.now_ms.saturating_add(u64::from(ms));
    }
}

impl<D: DelayNs> Clock for DelayClock<D> {
    fn now_ms(&mut self) -> u64 {
        self.now_ms
    }

    fn idle(&mut self) {
        self.pass(1);
    }
}
