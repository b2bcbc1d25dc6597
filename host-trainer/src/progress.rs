//! The progress of long work.

/// Receives the progress of a work, in any unit that is in proportion to time.
pub trait Progress: Sync {
    /// The whole work, including what is done. May be called again when more is known.
    fn total(&self, work: u64);
    /// More of the work is done.
    fn step(&self, work: u64);
    /// All of it is done.
    fn finish(&self);
    /// Whether the work is to be given up. It is asked often and on any thread; once it is `true`
    /// it stays so. A training that is given up ends in
    /// [`Error::Cancelled`](crate::Error::Cancelled).
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A part of a larger work: its progress is not told, but with the whole it is given up.
pub(crate) struct Within<'a>(pub(crate) &'a dyn Progress);

impl Progress for Within<'_> {
    fn total(&self, _: u64) {}
    fn step(&self, _: u64) {}
    fn finish(&self) {}
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// Ignores all progress.
pub struct Silent;

impl Progress for Silent {
    fn total(&self, _: u64) {}
    fn step(&self, _: u64) {}
    fn finish(&self) {}
}
