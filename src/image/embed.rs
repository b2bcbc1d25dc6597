//! Images as constants of a program, checked by the compiler.

use super::Image;

/// The image of these words, or a compile error that says what is wrong with it.
///
/// Meant for constants, as in the Rust that `mild export --format rust` writes.
///
/// # Panics
/// If the words are not an image.
#[must_use]
pub const fn checked(words: &[u32]) -> Image<'_> {
    match Image::from_words(words) {
        Ok(image) => image,
        Err(error) => panic!("{}", error.message()),
    }
}
