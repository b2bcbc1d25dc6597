//! Images that commands read.

use std::path::Path;

use crate::data::dataset::Dataset;
use crate::error::{Error, Result, list};
use crate::integers::artifact::Artifact;
use crate::integers::names;
use crate::judge::report::hex;
use crate::signing::SignedFile;

/// Reads and checks an image, signed or not. Of a signed one it is checked that it is what was
/// signed, not by whom.
pub(crate) fn read_image(path: &Path) -> Result<Artifact> {
    Ok(SignedFile::read(path)?.artifact)
}

/// Checks that an image has the inputs and the experts of a log.
pub(crate) fn must_fit(path: &Path, artifact: &Artifact, data: &Dataset) -> Result<()> {
    let experts: Vec<&str> = data.experts.iter().map(|expert| expert.name.as_str()).collect();
    must_have(path, artifact, &data.feature_names, &experts)
}

/// Checks that an image has these inputs, as far as it knows their names, and these experts.
pub(crate) fn must_have(
    path: &Path,
    artifact: &Artifact,
    inputs: &[String],
    experts: &[&str],
) -> Result<()> {
    let image = artifact.image();
    let path = path.to_path_buf();
    let (found, expected) = (image.inputs(), inputs.len());
    if found != expected {
        return Err(Error::ImageInputs { path, found, expected });
    }
    let found: Vec<&str> = image.names().collect();
    if found != experts {
        let (found, expected) = (list(found), list(experts.iter().copied()));
        return Err(Error::ImageExperts { path, found, expected });
    }
    must_be_named(&path, &image, inputs)
}

/// Checks that the names of an image's inputs are these, if it has a digest of them.
fn must_be_named(path: &Path, image: &mild::Image<'_>, inputs: &[String]) -> Result<()> {
    let Some(table) = image.name_table() else { return Ok(()) };
    let (found, expected) = (table.inputs_digest(), names::digest(inputs));
    if found == expected {
        return Ok(());
    }
    let differing = table.inputs().and_then(|found| {
        let mut pairs = found.zip(inputs).enumerate();
        pairs.find(|(_, (found, expected))| found != expected)
    });
    let (found, expected) = match differing {
        Some((index, (found, expected))) => {
            (format!("`{found}` as input {index}"), format!("`{expected}`"))
        }
        None => (format!("digest {}", hex(&found)), hex(&expected)),
    };
    Err(Error::ImageNames { path: path.to_path_buf(), found, expected })
}

/// Whether an image knows that the classes of its log were others than these.
pub(crate) fn has_other_classes(artifact: &Artifact, data: &Dataset) -> bool {
    let table = artifact.image().name_table();
    table.is_some_and(|table| table.classes_digest() != names::digest(&data.class_names))
}
