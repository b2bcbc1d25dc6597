//! Encryption: a synthetic initialization vector (SIV), of HMAC-SHA-256 and XChaCha20.
//!
//! The MAC of the plaintext is part of the nonce. So no two plaintexts of one key have the same
//! nonce, unless the 64 bits of their MACs collide and they have the same name besides.

use chacha20::cipher::common::Block;
use chacha20::cipher::{KeyIvInit, StreamCipherCore};
use chacha20::{ChaChaCore, R20, hchacha, variants::Ietf};

use super::Binding;
use super::head::Head;
use super::layout::MAC_BYTES;

/// ChaCha20 of RFC 8439. `XChaCha20` of the same package is this with its key and nonce from
/// [`hchacha`], but it has no call that cannot fail.
type Core = ChaChaCore<R20, Ietf>;

/// The bytes that a message is encrypted and decrypted with.
pub(super) struct Keystream {
    cipher: Core,
    block: Block<Core>,
    /// How many bytes of the block were used.
    used: usize,
}

impl Keystream {
    /// That of a message with this start and this MAC, which answers the frame with the binding
    /// `to` if it is an answer.
    pub(super) fn new(secret: &[u8; 32], mac: &[u8; MAC_BYTES], head: &Head, to: &Binding) -> Self {
        let (eight, four) = match head.name {
            Some((session, sequence)) => (session.to_le_bytes(), sequence),
            None => (to.mac.unwrap_or_default(), to.checksum),
        };
        // The nonce of 24 bytes, in the two parts that XChaCha20 uses.
        let first = joined::<16>(mac, &eight);
        let last = joined::<8>(&four.to_le_bytes(), &head.kind.to_le_bytes());
        let key = hchacha::<R20>(secret.into(), &first.into());
        let cipher = Core::new(&key, &joined::<12>(&[0; 4], &last).into());
        let block = Block::<Core>::default();
        let used = block.len();
        Self { cipher, block, used }
    }

    /// Encrypts or decrypts the next byte.
    pub(super) fn apply(&mut self, byte: u8) -> u8 {
        if self.used >= self.block.len() {
            self.cipher.write_keystream_block(&mut self.block);
            self.used = 0;
        }
        let key = self.block.get(self.used).copied().unwrap_or_default();
        self.used = self.used.saturating_add(1);
        byte ^ key
    }
}

/// Both, one after the other, which are N bytes.
fn joined<const N: usize>(first: &[u8], second: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    for (byte, &part) in bytes.iter_mut().zip(first.iter().chain(second)) {
        *byte = part;
    }
    bytes
}
