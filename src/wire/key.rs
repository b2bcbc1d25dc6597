//! The secret that a node and its gateway share.

use core::fmt;
use core::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::layout::MAC_BYTES;

/// A secret of 32 bytes with its number, for HMAC-SHA-256 truncated to 8 bytes.
///
/// A frame says the number of the key that it is signed with, so that a gateway can accept a node's
/// next key before the node has it, and its former one until then. A signed frame proves that it
/// comes from a known node and was not changed. It is **not** encrypted, unless the key says so
/// (`Key::encrypting`, cargo feature `encrypted`).
#[derive(Clone)]
pub struct Key {
    number: u8,
    secret: [u8; 32],
    #[cfg(feature = "encrypted")]
    encryption: Option<Encryption>,
}

/// What is made of the secret once, if frames are to be encrypted.
#[cfg(feature = "encrypted")]
#[derive(Clone)]
struct Encryption {
    /// The key of the cipher.
    cipher: [u8; 32],
    /// The start of every MAC, which is half of the work for a short frame.
    mac: Hmac<Sha256>,
}

impl Key {
    /// Key 0, of these bytes. Choose them at random, and give each node its own.
    #[must_use]
    pub const fn new(secret: [u8; 32]) -> Self {
        Self {
            number: 0,
            secret,
            #[cfg(feature = "encrypted")]
            encryption: None,
        }
    }

    /// The same secret under another number. A node's next key needs a number of its own.
    #[must_use]
    pub const fn numbered(mut self, number: u8) -> Self {
        self.number = number;
        self
    }

    /// The key's number.
    #[must_use]
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// The same key, whose frames are encrypted besides. It neither makes nor accepts others, and
    /// both ends must say this of the key. It takes more RAM than one that only signs, and fewer
    /// instructions for each frame's MAC.
    #[cfg(feature = "encrypted")]
    #[must_use]
    pub fn encrypting(mut self) -> Self {
        self.encryption = None;
        if let Some(mac) = self.mac() {
            let cipher = derive(mac.clone());
            self.encryption = Some(Encryption { cipher, mac });
        }
        self
    }

    /// Whether frames are encrypted with this key.
    #[must_use]
    pub const fn encrypts(&self) -> bool {
        #[cfg(feature = "encrypted")]
        return self.encryption.is_some();
        #[cfg(not(feature = "encrypted"))]
        false
    }

    /// The key of the cipher, if frames are to be encrypted.
    #[cfg(feature = "encrypted")]
    pub(super) fn cipher(&self) -> Option<&[u8; 32]> {
        self.encryption.as_ref().map(|encryption| &encryption.cipher)
    }

    /// Starts a MAC.
    pub(super) fn mac(&self) -> Option<Hmac<Sha256>> {
        #[cfg(feature = "encrypted")]
        if let Some(encryption) = &self.encryption {
            return Some(encryption.mac.clone());
        }
        // Never `None`, because an HMAC takes keys of any length.
        Hmac::new_from_slice(&self.secret).ok()
    }

    /// Whether this is the MAC of these bytes, one after the other.
    pub(super) fn verify(&self, bytes: [&[u8]; 3], mac: &[u8; MAC_BYTES]) -> bool {
        let [first, second, third] = bytes;
        self.mac().is_some_and(|own| {
            let own = finished(own.chain_update(first).chain_update(second).chain_update(third));
            // In constant time: of the whole MAC, as many bytes as were sent.
            let differences =
                own.iter().zip(mac).fold(0, |found, (own, sent)| found | (own ^ sent));
            black_box(differences) == 0
        })
    }
}

/// What the key of the cipher is derived for. No frame begins with this, so the MAC of none is a key.
#[cfg(feature = "encrypted")]
const PURPOSE: &[u8] = b"mild wire 2 XChaCha20\x01";

/// The key of the cipher: HKDF-Expand (RFC 5869) for [`PURPOSE`], of which 32 bytes are the first
/// block, from a MAC that was started with the node's key.
#[cfg(feature = "encrypted")]
pub(super) fn derive(mac: Hmac<Sha256>) -> [u8; 32] {
    finished(mac.chain_update(PURPOSE))
}

/// The end of a MAC, by itself so that its code is linked once where it has several uses.
#[cfg_attr(feature = "encrypted", inline(never))]
pub(super) fn finished(mac: Hmac<Sha256>) -> [u8; 32] {
    mac.finalize().into_bytes().into()
}

/// The same secret, number and use.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        (self.number, self.secret, self.encrypts())
            == (other.number, other.secret, other.encrypts())
    }
}

impl Eq for Key {}

/// Does not show the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, ..)", self.number)
    }
}
