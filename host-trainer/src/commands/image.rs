//! Images that commands read.

use std::path::Path;

use crate::data::dataset::Dataset;
use crate::error::{Error, Result, list};
use crate::integers::artifact::Artifact;
use crate::signing::SignedFile;

/// Reads and checks an image, signed or not. Of a signed one it is checked that it is what was
/// signed, not by whom.
pub(crate) fn read_image(path: &Path) -> Result<Artifact> {
    Ok(SignedFile::read(path)?.artifact)
}

/// Checks that an image has the inputs and the experts of a log.
pub(crate) fn must_fit(path: &Path, artifact: &Artifact, data: &Dataset) -> Result<()> {
    let experts: Vec<&str> = data.experts.iter().map(|expert| expert.name.as_str()).collect();
    must_have(path, artifact, data.inputs(), &experts)
}

/// Checks that an image has so many inputs and these experts.
pub(crate) fn must_have(
    path: &Path,
    artifact: &Artifact,
    inputs: usize,
    experts: &[&str],
) -> Result<()> {
    let image = artifact.image();
    let path = path.to_path_buf();
    let (found, expected) = (image.inputs(), inputs);
    if found != expected {
        return Err(Error::ImageInputs { path, found, expected });
    }
    let found: Vec<&str> = image.names().collect();
    if found != experts {
        let (found, expected) = (list(found), list(experts.iter().copied()));
        return Err(Error::ImageExperts { path, found, expected });
    }
    Ok(())
}
