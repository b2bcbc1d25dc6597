//! Inputs for decisions, extremes first, then random ones; settings of governors; and a digest of
//! what was decided. Host and device use the same.

use crate::random::{Digest, Lcg};
use mild::governor::{GovernorSettings, Rate, Track, Watch, Watches};

/// A governor with everything on but budgets of single experts: a token bucket and both watches.
/// Scores of the proof's image are of this size.
pub const GOVERNED: GovernorSettings<0, Watches> =
    match GovernorSettings::new(-4_000, 4_000, 100, Rate::ratio(1, 4), Track::Exactly) {
        Some(settings) => settings
            .with_burst(5, Rate::ratio(1, 3))
            .with_watches(Watch::usual(0, 2_000), Watch::usual(20_000, 20_000)),
        None => panic!("the settings are in range"),
    };

/// The same without watches.
pub const UNWATCHED: GovernorSettings = GOVERNED.without_watches();

/// With watches, and budgets of their own for the experts 1 and 2.
pub const CAPPED: GovernorSettings<2, Watches> =
    GOVERNED.with_caps([Rate::ratio(1, 10), Rate::ratio(1, 20)]);

/// How many there are.
pub const INPUTS: u32 = 1500;

/// A small generator of inputs.
#[derive(Debug)]
pub struct Inputs {
    random: Lcg,
    index: u32,
}

impl Default for Inputs {
    fn default() -> Self {
        Self::new()
    }
}

impl Inputs {
    /// Starts from the first.
    #[must_use]
    pub fn new() -> Self {
        Self { random: Lcg::new(1), index: 0 }
    }

    /// Fills `readings` with the next input and returns the experts that are reachable for it.
    pub fn next(&mut self, readings: &mut [i16]) -> u32 {
        let index = self.index;
        self.index += 1;
        for (place, reading) in readings.iter_mut().enumerate() {
            let bits = self.random();
            *reading = match index {
                0 => 0,
                1 => i16::MIN,
                2 => i16::MAX,
                // Runs of alternating sign, of every length.
                3..20 if (place as u32 / (index - 2)).is_multiple_of(2) => i16::MIN,
                3..20 => i16::MAX,
                // One reading alone.
                20..64 if place as u32 == index - 20 => i16::MIN,
                20..64 => 0,
                // Extremes of random sign, then anything.
                _ if index & 1 == 0 && bits & 1 == 0 => i16::MIN,
                _ if index & 1 == 0 => i16::MAX,
                _ => (bits >> 8) as i16,
            };
        }
        match index & 3 {
            0 => u32::MAX,
            1 => 0,
            _ => self.random() >> 16,
        }
    }

    /// Random bits, the good ones lowest.
    fn random(&mut self) -> u32 {
        self.random.bits().rotate_left(16)
    }
}

/// Adds a decision to a digest.
pub fn add_decision(digest: &mut Digest, expert: u8, margin: i32) {
    digest.add(u32::from(expert));
    digest.add(margin as u32);
}
