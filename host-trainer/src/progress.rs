//! Long work tells how far it is.

/// A work that a person may wait for, in any unit that is in proportion to time.
pub trait Progress: Sync {
    /// So much work is known to make up the whole, what is done included; may be said again.
    fn total(&self, work: u64);
    /// So much more of it is done.
    fn step(&self, work: u64);
    /// All is done.
    fn finish(&self);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn total(&self, _: u64) {}
    fn step(&self, _: u64) {}
    fn finish(&self) {}
}
