//! Experiments about the program's own claims.

pub mod guarantees;
pub mod new_expert;
