//! Methods beside each other, replays of a log, and studies of the program's own claims.

pub(crate) mod compare;
pub mod methods;
pub(crate) mod simulate;
pub(crate) mod study;
