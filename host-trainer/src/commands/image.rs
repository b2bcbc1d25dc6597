//! Images that commands read.

use std::path::Path;

use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
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
    let mismatch = |what: &str, found: String, expected: String| {
        Err(Error::Invalid { what: format!("{}: {what}", path.display()), found, expected })
    };
    if image.inputs() != data.inputs() {
        let expected = format!("{} as in the log", data.inputs());
        return mismatch("inputs of the image", image.inputs().to_string(), expected);
    }
    let names: Vec<&str> = image.names().collect();
    let expected: Vec<&str> = data.experts.iter().map(|expert| expert.name.as_str()).collect();
    if names != expected {
        return mismatch(
            "experts of the image",
            names.join(", "),
            format!("the experts of the configuration: {}", expected.join(", ")),
        );
    }
    Ok(())
}
