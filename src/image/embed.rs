//! Images as constants of a program, checked by the compiler.

use super::Image;

/// The words of an image's bytes, for [`include_image!`](crate::include_image).
#[doc(hidden)]
#[must_use]
pub const fn words_of<const WORDS: usize>(bytes: &[u8]) -> [u32; WORDS] {
    assert!(bytes.len() == WORDS * 4, "the image is not a whole number of 32-bit words");
    let mut words = [0; WORDS];
    let mut i = 0;
    while i < WORDS {
        let at = i * 4;
        words[i] = u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        i += 1;
    }
    words
}

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

/// Embeds an image at compile time.
///
/// Takes the path of a `*.mild` file, as [`include_bytes!`] does, and gives an [`Image<'static>`](Image)
/// whose numbers are constants. The whole image is checked in constant evaluation: a damaged,
/// mismatched or absent one does not compile.
///
/// ```text
/// const IMAGE: mild::Image<'static> = mild::include_image!("rejector.mild");
/// let mut scratch = [0; IMAGE.scratch_words()];
/// ```
#[macro_export]
macro_rules! include_image {
    ($path:expr $(,)?) => {{
        const BYTES: &[u8] = include_bytes!($path);
        // The words are made here, so the file needs no alignment.
        #[allow(long_running_const_eval)]
        static WORDS: [u32; BYTES.len() / 4] = $crate::image::words_of(BYTES);
        #[allow(long_running_const_eval)]
        const IMAGE: $crate::Image<'static> = $crate::image::checked(&WORDS);
        IMAGE
    }};
}
