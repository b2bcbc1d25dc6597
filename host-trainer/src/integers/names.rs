//! The names of inputs, experts and classes, as an image keeps them.

use mild::Image;
use mild::image::NameTableParts;
use sha2::{Digest as _, Sha256};

use crate::data::dataset::Dataset;
use crate::intake::config::ImageNames;

/// What is called what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// The inputs in their order, one-hot ones as `column=category`.
    pub(crate) inputs: Vec<String>,
    /// The experts by index, `local` first.
    pub(crate) experts: Vec<String>,
    /// The classes by number; none for a log without labels.
    pub(crate) classes: Vec<String>,
}

impl Names {
    /// Those of a log.
    pub(crate) fn of_log(data: &Dataset) -> Self {
        Self {
            inputs: data.feature_names.clone(),
            experts: data.experts.iter().map(|expert| expert.name.clone()).collect(),
            classes: data.class_names.clone(),
        }
    }

    /// Those in an image, if it has them all.
    pub(crate) fn of_image(image: &Image<'_>) -> Option<Self> {
        let table = image.name_table()?;
        Some(Self {
            inputs: table.inputs()?.map(str::to_owned).collect(),
            experts: image.names().map(str::to_owned).collect(),
            classes: table.classes()?.map(str::to_owned).collect(),
        })
    }
}

/// What the image of a log keeps.
pub(crate) fn table(kept: ImageNames, data: &Dataset) -> Option<NameTableParts> {
    let names = match kept {
        ImageNames::None => return None,
        ImageNames::Digest => None,
        ImageNames::All => Some((data.feature_names.clone(), data.class_names.clone())),
    };
    Some(NameTableParts {
        inputs_digest: digest(&data.feature_names),
        classes_digest: digest(&data.class_names),
        names,
    })
}

/// The first 8 bytes of the SHA-256 of names, each behind its length.
pub(crate) fn digest(names: &[String]) -> [u8; 8] {
    let mut sha = Sha256::new();
    for name in names {
        sha.update((name.len() as u32).to_le_bytes());
        sha.update(name);
    }
    let mut first = [0; 8];
    first.copy_from_slice(&sha.finalize()[..8]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_tells_names_their_order_and_their_borders_apart() {
        let digest =
            |names: &[&str]| digest(&names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>());
        let lists: [&[&str]; 6] =
            [&["a", "b"], &["b", "a"], &["ab"], &["a", "b", ""], &["", "a", "b"], &[]];
        for (one, names) in lists.iter().enumerate() {
            for other in &lists[..one] {
                assert_ne!(digest(names), digest(other), "{names:?} {other:?}");
            }
        }
        // By `sha256sum`, for those who write another reader.
        assert_eq!(digest(&["a", "b"]), [0x37, 0xef, 0xc9, 0x29, 0xc5, 0xc4, 0x0f, 0xd7]);
    }
}
