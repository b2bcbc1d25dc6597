//! How frames are sealed.

use core::hint::black_box;
use mild::wire::Key;

/// The key of the frames. It is made anew for each call, so that making it can be counted.
#[inline(never)]
pub fn key() -> Option<Key> {
    let key = Key::new(black_box([7; 32])).numbered(1);
    #[cfg(feature = "encrypted")]
    return Some(key.encrypting());
    #[cfg(feature = "signed")]
    return Some(key);
    #[cfg(not(any(feature = "encrypted", feature = "signed")))]
    {
        black_box(key);
        None
    }
}

#[cfg(not(any(feature = "ascon", feature = "chacha20-poly1305")))]
pub use none::{MORE_BYTES, Seal, Sealed};
#[cfg(any(feature = "ascon", feature = "chacha20-poly1305"))]
pub use with_aead::{MORE_BYTES, Seal, Sealed};

/// What the frames themselves do is all.
#[cfg(not(any(feature = "ascon", feature = "chacha20-poly1305")))]
mod none {
    pub const MORE_BYTES: usize = 0;

    #[derive(Debug)]
    pub struct Seal;

    #[derive(Debug)]
    pub struct Sealed;

    impl Seal {
        pub fn new() -> Self {
            Self
        }

        pub fn request(&self) {}

        pub fn reply(&self) -> Sealed {
            Sealed
        }

        pub fn open(&self, _: &Sealed) -> bool {
            true
        }
    }
}

/// An AEAD over as many bytes as are encrypted of these frames, with the head as associated data.
#[cfg(any(feature = "ascon", feature = "chacha20-poly1305"))]
mod with_aead {
    #[cfg(feature = "ascon")]
    use ascon_aead::{AsconAead128 as Cipher, aead};
    #[cfg(feature = "chacha20-poly1305")]
    use chacha20poly1305::{ChaCha20Poly1305 as Cipher, aead};

    use aead::{AeadInOut, KeyInit, Tag};
    use core::hint::black_box;

    /// The number of the key, and a tag of 16 bytes.
    pub const MORE_BYTES: usize = 17;

    /// Version, key number, kind, node, session and sequence.
    const REQUEST_HEAD: usize = 15;
    /// Image, expert, label, margin and 16 codes.
    const REQUEST: usize = 5 + 1 + 2 + 3 + 18;
    /// Version, key number, checksum, kind and node.
    const REPLY_HEAD: usize = 9;
    /// Sequence, status, label and confidence.
    const REPLY: usize = 2 + 1 + 2 + 3;

    pub struct Seal(Cipher);

    pub struct Sealed {
        bytes: [u8; REPLY],
        tag: Tag<Cipher>,
    }

    impl Seal {
        pub fn new() -> Self {
            Self(Cipher::new(&black_box(Default::default())))
        }

        /// Seals a request.
        pub fn request(&self) -> bool {
            let mut bytes = black_box([1; REQUEST]);
            let nonce = black_box(Default::default());
            let head = black_box([2; REQUEST_HEAD]);
            let sealed = self.0.encrypt_inout_detached(&nonce, &head, bytes.as_mut_slice().into());
            black_box((bytes, sealed)).1.is_ok()
        }

        /// A reply as it comes.
        pub fn reply(&self) -> Sealed {
            let mut bytes = [1; REPLY];
            let into = bytes.as_mut_slice().into();
            let sealed = self.0.encrypt_inout_detached(&Default::default(), &[2; REPLY_HEAD], into);
            Sealed { bytes, tag: sealed.unwrap_or_default() }
        }

        /// Opens it.
        pub fn open(&self, Sealed { bytes, tag }: &Sealed) -> bool {
            let mut bytes = black_box(*bytes);
            let nonce = black_box(Default::default());
            let head = black_box([2; REPLY_HEAD]);
            let into = bytes.as_mut_slice().into();
            let opened = self.0.decrypt_inout_detached(&nonce, &head, into, tag).is_ok();
            opened && black_box(bytes) == [1; REPLY]
        }
    }
}
