//! Numbers: the same bits on every host, random numbers, dense layers, the optimizer.

pub mod dense;
pub mod network;
pub(crate) mod optimizer;
pub mod random;
pub(crate) mod real;
pub(crate) mod statistics;
