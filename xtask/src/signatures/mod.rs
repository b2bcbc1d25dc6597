//! What it takes on a device to verify a signed image, and with which library.

mod measure;
mod table;

pub(crate) use measure::{measure, measured_cores, write_images};
pub(crate) use table::{Figures, Row, table};
