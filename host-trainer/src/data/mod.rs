//! A deferral log in memory.

pub mod confidence;
pub mod dataset;
pub mod multi_task;
