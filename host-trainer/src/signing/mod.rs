//! Keys that sign images, and images that are signed.

mod keys;
mod signed_file;

pub(crate) use keys::{KeyFiles, NewKey, read_public_key, read_secret_key};
pub(crate) use signed_file::{Signature, SignedFile};
