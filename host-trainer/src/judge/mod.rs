//! What a way of choosing experts is worth, and the reports that say so.

pub mod evaluate;
pub mod report;
