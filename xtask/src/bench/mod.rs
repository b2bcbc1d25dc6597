//! Measuring firmware: the images to measure with, the rows of the result, and where each figure comes from.

mod bars;
mod choosing;
mod code;
mod estimate;
mod images;
mod output;
mod report;

pub(crate) use bars::judge;
pub(crate) use choosing::judge as judge_choosing;
pub(crate) use code::size_from;
pub(crate) use estimate::{estimate, microjoules};
pub(crate) use images::write_images;
pub(crate) use output::{Choosing, Measured, read};
pub(crate) use report::{Part, Row, table};
