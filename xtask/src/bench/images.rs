//! The images to measure with.

use anyhow::{Context, Result};
use mild_test_support::images::{SHAPES, name, of_shape};
use std::{fs, path::Path};

/// Writes an image `A-B-C.mild` for each of [`SHAPES`] into `directory`, and removes what else was
/// there.
pub(crate) fn write_images(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)
            .with_context(|| format!("cannot remove {}", directory.display()))?;
    }
    fs::create_dir_all(directory)?;
    for shape in SHAPES {
        let path = directory.join(name(shape)).with_added_extension("mild");
        fs::write(&path, of_shape(shape).to_bytes()?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
