//! Images that commands read.

use std::path::Path;

use crate::data::dataset::Dataset;
use crate::error::{Error, Result, list};
use crate::integers::artifact::Artifact;

/// Reads and checks an image.
pub(crate) fn read_image(path: &Path) -> Result<Artifact> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    Artifact::from_bytes(&bytes)
        .map_err(|error| Error::Image { path: path.to_path_buf(), source: error })
}

/// Checks that an image has the inputs and the experts of a log.
pub(crate) fn must_fit(path: &Path, artifact: &Artifact, data: &Dataset) -> Result<()> {
    let image = artifact.image();
    let path = path.to_path_buf();
    let (found, expected) = (image.inputs(), data.inputs());
    if found != expected {
        return Err(Error::ImageInputs { path, found, expected });
    }
    let found: Vec<&str> = image.names().collect();
    let expected: Vec<&str> = data.experts.iter().map(|expert| expert.name.as_str()).collect();
    if found != expected {
        let (found, expected) = (list(found), list(expected));
        return Err(Error::ImageExperts { path, found, expected });
    }
    Ok(())
}
