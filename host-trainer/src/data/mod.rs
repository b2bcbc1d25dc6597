//! A deferral log in memory.

pub(crate) mod confidence;
pub(crate) mod dataset;
pub(crate) mod folds;
pub(crate) mod matrix;
pub(crate) mod multi_task;
pub(crate) mod notes;
pub mod part;
pub mod reference;
pub(crate) mod split;
pub(crate) mod window;
