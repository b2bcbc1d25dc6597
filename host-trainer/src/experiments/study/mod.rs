//! Experiments about the program's own claims.

pub(crate) mod few_rows;
pub(crate) mod guarantees;
pub(crate) mod margins;
pub(crate) mod new_expert;
