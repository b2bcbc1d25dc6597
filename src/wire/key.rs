//! A key that a node and its gateway share.

use core::fmt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::frame::MAC_BYTES;

/// 32 secret bytes, for HMAC-SHA-256 cut to 8 bytes.
///
/// It tells the gateway that a frame comes from a node that it knows, and was not changed; it hides nothing. An old
/// frame that somebody recorded passes too: who must not be asked twice looks at the sequence numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// A key of these bytes: random ones, a different key for each node.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Starts a MAC.
    pub(super) fn mac(&self) -> Option<Hmac<Sha256>> {
        // Never `None`: an HMAC takes keys of any length.
        Hmac::new_from_slice(&self.0).ok()
    }

    /// The MAC of some bytes.
    pub(super) fn verify(&self, bytes: &[u8], mac: &[u8; MAC_BYTES]) -> bool {
        // In constant time.
        self.mac().is_some_and(|own| own.chain_update(bytes).verify_truncated_left(mac).is_ok())
    }
}

/// Without the bytes.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
