//! Long work tells how far it is.

/// Steps of a work that a person may wait for.
pub trait Progress: Sync {
    /// So many steps are known to make up the whole, those done included; may be said again.
    fn total(&self, steps: usize);
    /// One step is done.
    fn step(&self);
    /// All steps are done.
    fn finish(&self);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn total(&self, _: usize) {}
    fn step(&self) {}
    fn finish(&self) {}
}
