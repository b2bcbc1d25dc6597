//! A deferral log in memory.

pub mod confidence;
pub mod dataset;
pub(crate) mod matrix;
pub mod multi_task;
pub mod reference;
pub mod split;
