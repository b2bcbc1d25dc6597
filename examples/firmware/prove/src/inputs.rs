//! The inputs of the proofs: extremes first, then random ones. The host has the same from this very file.

use mild::governor::{GovernorSettings, Rate, Track, Watch};

/// A governor with everything on but budgets of single experts: a token bucket and both watches. Scores of the
/// proof's image are of this size.
pub(crate) const GOVERNED: GovernorSettings =
    match GovernorSettings::new(-4_000, 4_000, 100, Rate::ratio(1, 4), Track::Exactly) {
        Some(settings) => settings
            .with_burst(5, Rate::ratio(1, 3))
            .with_watches(Watch::usual(0, 2_000), Watch::usual(20_000, 20_000)),
        None => panic!("the settings are in range"),
    };

/// The same with budgets of their own for the experts 1 and 2.
pub(crate) const CAPPED: GovernorSettings<2> =
    GOVERNED.with_caps([Rate::ratio(1, 10), Rate::ratio(1, 20)]);

/// How many there are.
pub(crate) const INPUTS: u32 = 1500;

/// A small generator of inputs.
#[derive(Debug)]
pub(crate) struct Inputs {
    state: u32,
    index: u32,
}

impl Inputs {
    /// Starts from the first.
    pub(crate) fn new() -> Self {
        Self { state: 1, index: 0 }
    }

    /// Fills `readings` with the next input and returns the experts that are reachable for it.
    pub(crate) fn next(&mut self, readings: &mut [i16]) -> u32 {
        let index = self.index;
        self.index += 1;
        for (place, reading) in readings.iter_mut().enumerate() {
            let bits = self.random();
            *reading = match index {
                0 => 0,
                1 => i16::MIN,
                2 => i16::MAX,
                // Two signs in turns of every length.
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

    /// The generator of Numerical Recipes; its high bits are the good ones.
    fn random(&mut self) -> u32 {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.state.rotate_left(16)
    }
}

/// A digest of decisions, one after the other (FNV-1a over words).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digest(pub(crate) u32);

impl Digest {
    /// Of no decision.
    pub(crate) fn new() -> Self {
        Self(0x811c_9dc5)
    }

    /// With one more.
    pub(crate) fn add(&mut self, expert: u8, margin: i32) {
        for word in [u32::from(expert), margin as u32] {
            self.0 = (self.0 ^ word).wrapping_mul(0x0100_0193);
        }
    }
}
