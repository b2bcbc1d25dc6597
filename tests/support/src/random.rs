//! Small generators of numbers that are the same everywhere.

/// The linear congruential generator of *Numerical Recipes*. Only its high bits are good.
#[derive(Debug, Clone)]
pub struct Lcg(u32);

impl Lcg {
    /// A generator that starts from `seed`.
    #[must_use]
    pub const fn new(seed: u32) -> Self {
        Self(seed)
    }

    /// The next 32 bits.
    #[inline]
    pub fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0
    }

    /// Any code.
    #[inline]
    pub fn code(&mut self) -> i8 {
        (self.bits() >> 24) as i8
    }
}

/// The generator xorshift64* (Vigna 2016).
#[derive(Debug, Clone)]
pub struct XorShift(u64);

impl XorShift {
    /// A generator that starts from `seed`, which is not 0.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number of `low..=high`. The remainder favours some numbers, by too little to matter here.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + ((self.bits() >> 16) % (high - low + 1) as u64) as i64
    }

    /// `limit` or its negative.
    pub fn sign(&mut self, limit: i32) -> i32 {
        if self.bits() >> 63 == 0 { limit } else { -limit }
    }
}

/// A digest of words, one after the other (FNV-1a over words).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub u32);

impl Digest {
    /// The digest of nothing.
    pub const EMPTY: Self = Self(0x811c_9dc5);

    /// Adds a word.
    #[inline]
    pub fn add(&mut self, word: u32) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0193);
    }
}
