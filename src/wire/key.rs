//! The secret that a node and its gateway share.

use core::fmt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::layout::MAC_BYTES;

/// A secret of 32 bytes, for HMAC-SHA-256 truncated to 8 bytes.
///
/// A signed frame proves that it comes from a known node and was not changed. It is **not**
/// encrypted, and a recorded frame still verifies when it is replayed: a receiver that must not act
/// twice has to check sequence numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// A key of these bytes. Choose them at random, and give each node its own.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Starts a MAC.
    pub(super) fn mac(&self) -> Option<Hmac<Sha256>> {
        // Never `None`, because an HMAC takes keys of any length.
        Hmac::new_from_slice(&self.0).ok()
    }

    /// Whether this is the MAC of these bytes.
    pub(super) fn verify(&self, bytes: &[u8], mac: &[u8; MAC_BYTES]) -> bool {
        // The comparison takes constant time.
        self.mac().is_some_and(|own| own.chain_update(bytes).verify_truncated_left(mac).is_ok())
    }
}

/// Does not show the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
