//! A deferral log in memory.

pub mod confidence;
pub mod dataset;
pub(crate) mod folds;
pub mod matrix;
pub mod multi_task;
pub mod part;
pub mod reference;
pub mod split;
