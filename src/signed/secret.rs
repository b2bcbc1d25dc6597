//! Signing, for hosts.

use alloc::vec::Vec;

use ed25519_compact::{KeyPair, Seed};
use sha2::{Digest as _, Sha256};

use super::trailer::statement;
use super::{PublicKey, SignatureError};
use crate::Image;

/// A secret key of Ed25519: whoever has it can sign. Its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct SecretKey {
    pair: KeyPair,
}

impl core::fmt::Debug for SecretKey {
    /// The key's id, and nothing secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SecretKey({})", self.public().id())
    }
}

impl SecretKey {
    /// The key of 32 random bytes, which RFC 8032 calls the private key. `None` if all are 0, which
    /// no generator of random numbers gives.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        KeyPair::try_from_seed(Seed::new(*seed)).ok().map(|pair| Self { pair })
    }

    /// The public key that goes with it.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::new(*self.pair.pk)
    }

    /// The bytes of a signed image: the image and its trailer.
    ///
    /// # Errors
    /// [`SignatureError::Image`] if `image` is not the words of an image.
    pub fn sign(&self, image: &[u32], counter: u32) -> Result<Vec<u8>, SignatureError> {
        let image = Image::from_words(image)?;
        let digest = Sha256::digest(image.bytes()).into();
        let statement = statement(self.public().id(), counter, digest);
        let signature = *self.pair.sk.sign(statement, None);
        Ok([image.bytes(), &statement, &signature].concat())
    }
}
