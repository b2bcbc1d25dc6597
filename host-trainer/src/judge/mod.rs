//! What a way of choosing experts is worth, and the reports that say so.

pub(crate) mod decide;
pub(crate) mod evaluate;
pub(crate) mod glossary;
pub(crate) mod html;
pub(crate) mod importance;
pub(crate) mod onnx;
pub(crate) mod operating_curve;
pub(crate) mod page;
pub(crate) mod report;
pub(crate) mod terminal;
