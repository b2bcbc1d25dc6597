//! Public keys.

use ed25519_compact::{Error, Signature};

use super::{KeyId, SignatureError};

/// A public key of Ed25519 (RFC 8032), to verify signatures with. It is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PublicKey {
    bytes: [u8; 32],
}

impl PublicKey {
    /// The key of these bytes, as in RFC 8032. They are checked when something is verified.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self { bytes }
    }

    /// The key's bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The key's id.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        let [a, b, c, d, ..] = self.bytes;
        KeyId([a, b, c, d])
    }

    /// Verifies a signature strictly: besides what RFC 8032 asks for (a canonical S among it), keys
    /// and points R are refused that have a small order, with which one signature would fit many
    /// messages, or an encoding that is not canonical.
    pub(super) fn verify(
        &self,
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), SignatureError> {
        let key = ed25519_compact::PublicKey::new(self.bytes);
        match key.verify(message, &Signature::new(*signature)) {
            Ok(()) => Ok(()),
            Err(Error::InvalidPublicKey | Error::WeakPublicKey) => {
                Err(SignatureError::Key { id: self.id() })
            }
            Err(_) => Err(SignatureError::Signature),
        }
    }
}
