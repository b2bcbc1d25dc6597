//! Signed images as constants of a program: what the compiler can check of them.

use sha2_const_stable::Sha256;

use super::{SignatureError, UnverifiedImage};
use crate::Image;

/// The image of these words, which a trailer follows; or a compile error.
///
/// The SHA-256 of the image must be the one in the trailer. Who signed is not checked here: the
/// arithmetic of Ed25519 is not available in constant evaluation.
///
/// # Panics
/// If the words are not an image with a trailer that fits it.
#[doc(hidden)]
#[must_use]
pub const fn embedded(words: &[u32]) -> Image<'_> {
    let signed = match UnverifiedImage::from_words(words) {
        Ok(signed) => signed,
        Err(error) => panic!("{}", error.message()),
    };
    let computed = Sha256::new().update(signed.image_bytes()).finalize();
    let (mut at, stated) = (0, signed.digest());
    while at < stated.len() {
        if computed[at] != stated[at] {
            panic!("{}", SignatureError::Digest.message());
        }
        at += 1;
    }
    crate::image::checked(signed.image_words())
}
