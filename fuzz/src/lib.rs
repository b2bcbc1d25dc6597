//! What the fuzz targets share: images out of arbitrary bytes, and what must hold of every image.

pub mod edit;
pub mod generate;
pub mod hold;
pub mod online;
