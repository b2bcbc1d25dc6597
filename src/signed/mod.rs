//! Signed images: who made an image, and that no older one takes its place.
//!
//! A *signed image* is an image and a [trailer](TRAILER_BYTES): the id of a key, a counter, the
//! SHA-256 of the image, and an Ed25519 signature of these. `mild keygen` makes keys, `mild sign`
//! signs. `docs/signing.md` says how to use it and what it protects against, `docs/image-format.md`
//! specifies each byte.
//!
//! ```
//! use mild::Rejector;
//! use mild::signed::{PublicKey, SignatureError, SignedImage};
//!
//! /// The keys whose images this device runs, as `mild keygen` writes them.
//! const KEYS: [PublicKey; 1] = [PublicKey::new([
//!     0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc, 0x3b, 0x96,
//!     0xc8, 0x50, 0x86, 0xaa, 0x30, 0xb6, 0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad, 0x70, 0x31, 0x66, 0xe1,
//! ])];
//!
//! /// Runs what is in a flash slot, if it is authentic and not older than what ran before.
//! fn start(slot: &[u8], counter: u32) -> Result<u32, SignatureError> {
//!     let (signed, _bytes) = SignedImage::verify_prefix(slot, &KEYS, counter)?;
//!     let image = signed.image();
//!     let _rejector = Rejector::new(&image);
//!     // To be kept, so that nothing older is run from now on.
//!     Ok(signed.counter())
//! }
//! # assert!(start(&[], 0).is_err());
//! ```
//!
//! Verification takes no heap and does not recurse, and no input makes it panic. Its time depends
//! on the data, none of which is secret.

mod embed;
mod error;
mod key;
mod key_id;
#[cfg(feature = "writer")]
mod secret;
mod trailer;
mod verify;

#[doc(hidden)]
pub use embed::embedded;
pub use error::SignatureError;
pub use key::PublicKey;
pub use key_id::KeyId;
#[cfg(feature = "writer")]
pub use secret::SecretKey;
pub use trailer::{TRAILER_BYTES, TRAILER_VERSION};
#[cfg(feature = "slots")]
pub(crate) use trailer::{TRAILER_WORDS, Trailer, stated_bytes};
pub use verify::{SignedImage, UnverifiedImage};

/// The SHA-256 of an image: its identity. The trailer of a signed image is not part of it.
pub type ImageDigest = [u8; 32];
