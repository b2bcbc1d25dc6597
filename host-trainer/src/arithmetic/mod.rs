//! Numbers: the same bits on every host, random numbers, dense layers, the optimizer.

pub mod dense;
pub mod network;
pub mod optimizer;
pub mod random;
pub mod real;
pub mod statistics;
