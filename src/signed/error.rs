//! Why bytes are not taken for a signed image.

use core::fmt;

use super::KeyId;
use crate::ImageError;

/// Why some bytes are not a signed image that may run here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SignatureError {
    /// What is signed, or would be, is not an image that this version of the crate can run.
    Image(ImageError),
    /// No trailer follows the image.
    Unsigned,
    /// Fewer bytes than image and trailer have.
    Truncated {
        /// Bytes at hand.
        found: usize,
        /// Bytes of image and trailer.
        expected: usize,
    },
    /// More bytes than image and trailer have.
    TrailingBytes {
        /// Bytes at hand.
        found: usize,
        /// Bytes of image and trailer.
        expected: usize,
    },
    /// A version of the trailer that this crate does not read.
    Version {
        /// The version in the trailer.
        found: u32,
        /// The version that this crate reads.
        expected: u32,
    },
    /// None of the given keys has this id.
    UnknownKey {
        /// The id in the trailer.
        found: KeyId,
    },
    /// An older image than one that ran here before.
    Counter {
        /// The counter in the trailer.
        found: u32,
        /// The lowest that is accepted.
        minimum: u32,
    },
    /// The SHA-256 of the image is not the one that was signed: the image was changed.
    Digest,
    /// The signature is not one by the key: image, counter, key id or signature were changed, or
    /// somebody without the key signed.
    Signature,
    /// A given key is no public key of Ed25519.
    Key {
        /// Its id.
        id: KeyId,
    },
}

impl SignatureError {
    /// One line that says what is wrong, without the numbers: usable in constant evaluation.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        match self {
            Self::Image(error) => error.message(),
            Self::Unsigned => "the image is not signed",
            Self::Truncated { .. } => "the signed image is truncated",
            Self::TrailingBytes { .. } => "there are bytes after the end of the signed image",
            Self::Version { .. } => "the signature has a version that this crate does not read",
            Self::UnknownKey { .. } => "the image is signed with an unknown key",
            Self::Counter { .. } => {
                "the image is older than one that ran before: its counter is too low"
            }
            Self::Digest => "the image is not the one that was signed: its SHA-256 does not match",
            Self::Signature => "the signature of the image is wrong",
            Self::Key { .. } => "a key to verify with is not a public key of Ed25519",
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Image(error) = self {
            return error.fmt(f);
        }
        f.write_str(self.message())?;
        match *self {
            Self::Truncated { found, expected } | Self::TrailingBytes { found, expected } => {
                write!(f, ": found {found} bytes, expected {expected}")
            }
            Self::Version { found, expected } => write!(f, ": found {found}, expected {expected}"),
            Self::UnknownKey { found } => write!(f, ": found key {found}"),
            Self::Counter { found, minimum } => {
                write!(f, ": found {found}, expected at least {minimum}")
            }
            Self::Key { id } => write!(f, ": key {id}"),
            Self::Image(_) | Self::Unsigned | Self::Digest | Self::Signature => Ok(()),
        }
    }
}

impl core::error::Error for SignatureError {}

impl From<ImageError> for SignatureError {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}
