//! What several kernels share. None needs all of it.

pub(super) mod crosswise;
pub(super) mod lanes;
pub(super) mod registers;
pub(super) mod routine;
pub(super) mod thumb2_layers;
