//! Images as files, signed or not.

use std::path::{Path, PathBuf};

use mild::ImageError;
use mild::signed::{PublicKey, SecretKey, SignatureError, UnverifiedImage};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::integers::artifact::Artifact;

/// What a file says of its signature. Nobody has verified it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Signature {
    /// Id of the key: its first four bytes, in hexadecimal.
    pub(crate) key_id: String,
    /// The security counter.
    pub(crate) counter: u32,
}

/// The file of an image, which a trailer may follow.
#[derive(Debug, Clone)]
pub(crate) struct SignedFile {
    path: PathBuf,
    words: Vec<u32>,
    /// The image.
    pub(crate) artifact: Artifact,
    /// What the trailer says.
    pub(crate) signature: Option<Signature>,
}

impl SignedFile {
    /// Reads a file and checks all that can be checked without a key: the image, and that it is the
    /// one that was signed.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Image`], or [`Error::Signature`] if the image is not what its
    /// trailer says.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        let not_an_image = |source| Error::Image { path: path.to_path_buf(), source };
        let refused = |source| Error::Signature { path: path.to_path_buf(), source };
        let words: Vec<u32> =
            bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
        let (artifact, signature) = match Artifact::from_bytes(&bytes) {
            Ok(artifact) => (artifact, None),
            Err(error @ ImageError::TrailingBytes { .. }) => {
                let signed = match UnverifiedImage::from_words(&words) {
                    Ok(signed) => signed,
                    Err(SignatureError::Unsigned) => return Err(not_an_image(error)),
                    Err(error) => return Err(refused(error)),
                };
                signed.check_digest().map_err(refused)?;
                let signature =
                    Signature { key_id: signed.key_id().to_string(), counter: signed.counter() };
                let artifact = Artifact::from_bytes(signed.image_bytes()).map_err(not_an_image)?;
                (artifact, Some(signature))
            }
            Err(error) => return Err(not_an_image(error)),
        };
        Ok(Self { path: path.to_path_buf(), words, artifact, signature })
    }

    /// Verifies the signature.
    ///
    /// # Errors
    /// [`Error::Signature`].
    pub(crate) fn verify(&self, keys: &[PublicKey], minimum_counter: u32) -> Result<()> {
        UnverifiedImage::from_words(&self.words)
            .and_then(|signed| signed.verify(keys, minimum_counter))
            .map(|_| ())
            .map_err(|source| Error::Signature { path: self.path.clone(), source })
    }

    /// The bytes of the image, signed anew.
    ///
    /// # Errors
    /// [`Error::Signature`]; none happens, as the image is one.
    pub(crate) fn sign(&self, key: &SecretKey, counter: u32) -> Result<Vec<u8>> {
        key.sign(self.artifact.words(), counter)
            .map_err(|source| Error::Signature { path: self.path.clone(), source })
    }
}
