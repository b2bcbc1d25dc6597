//! The secret that a node and its gateway share.

use core::fmt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::layout::MAC_BYTES;

/// A secret of 32 bytes with its number, for HMAC-SHA-256 truncated to 8 bytes.
///
/// A frame says the number of the key that it is signed with, so that a gateway can accept a node's
/// next key before the node has it, and its former one until then. A signed frame proves that it
/// comes from a known node and was not changed. It is **not** encrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    number: u8,
    secret: [u8; 32],
}

impl Key {
    /// Key 0, of these bytes. Choose them at random, and give each node its own.
    #[must_use]
    pub const fn new(secret: [u8; 32]) -> Self {
        Self { number: 0, secret }
    }

    /// The same secret under another number. A node's next key needs a number of its own.
    #[must_use]
    pub const fn numbered(self, number: u8) -> Self {
        Self { number, ..self }
    }

    /// The key's number.
    #[must_use]
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// Starts a MAC.
    pub(super) fn mac(&self) -> Option<Hmac<Sha256>> {
        // Never `None`, because an HMAC takes keys of any length.
        Hmac::new_from_slice(&self.secret).ok()
    }

    /// Whether this is the MAC of these bytes, the second after the first.
    pub(super) fn verify(&self, bytes: &[u8], more: &[u8], mac: &[u8; MAC_BYTES]) -> bool {
        // The comparison takes constant time.
        self.mac().is_some_and(|own| {
            own.chain_update(bytes).chain_update(more).verify_truncated_left(mac).is_ok()
        })
    }
}

/// Does not show the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, ..)", self.number)
    }
}
