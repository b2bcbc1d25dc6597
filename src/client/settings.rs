//! How patient a client is. The settings stay in flash.

/// Times and numbers of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RetryPolicy {
    /// The longest that an input may take in all, whoever is asked, in milliseconds.
    pub deadline_ms: u32,
    /// How long to wait for an answer after each frame, in milliseconds.
    pub attempt_ms: u32,
    /// The most frames to one expert for one input, at least one.
    pub attempts: u8,
    /// The pause before the second frame, in milliseconds. It doubles with each further one, and up
    /// to half of it is added at random, so that nodes that failed together do not come back
    /// together.
    pub backoff_ms: u32,
    /// After so many failures in a row, at least one, an expert counts as unreachable.
    pub failures: u8,
    /// For how long it does at first, in milliseconds. The time doubles each time that it then
    /// fails again.
    pub hold_off_ms: u32,
    /// The longest that it counts as unreachable before it is tried again, in milliseconds.
    pub longest_hold_off_ms: u32,
}

impl RetryPolicy {
    /// For a link that answers within some hundred milliseconds: three frames within two seconds,
    /// and unreachable after two failures for ten seconds to ten minutes.
    pub const USUAL: Self = Self {
        deadline_ms: 2_000,
        attempt_ms: 400,
        attempts: 3,
        backoff_ms: 50,
        failures: 2,
        hold_off_ms: 10_000,
        longest_hold_off_ms: 600_000,
    };

    /// The pause before the frame that follows the `sent`th.
    pub(super) fn pause(&self, sent: u8, chance: u32) -> u64 {
        let pause = doubled(self.backoff_ms, sent.saturating_sub(1), u32::MAX);
        let most = pause / 2;
        pause.saturating_add(u64::from(chance) % most.saturating_add(1))
    }

    /// How long an expert is held off the `times`th time in a row, counted from 0.
    pub(super) fn hold_off(&self, times: u8) -> u64 {
        doubled(self.hold_off_ms, times, self.longest_hold_off_ms)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::USUAL
    }
}

fn doubled(number: u32, times: u8, most: u32) -> u64 {
    // 2^32 times a u32 still fits.
    (u64::from(number) << times.min(32)).min(u64::from(most))
}
