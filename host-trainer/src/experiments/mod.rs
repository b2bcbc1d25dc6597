//! Methods beside each other, replays of a log, and studies of the program's own claims.

pub mod compare;
pub mod methods;
pub mod simulate;
pub mod study;
