//! `include_image!`: the file of an image in a program.

use crate::image::{FOLLOWS_SIGNED, Image, checked, stated_words};

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

/// The image of the words of a file, signed or not, or a compile error.
///
/// # Panics
/// If the words are neither.
#[doc(hidden)]
#[must_use]
pub const fn included(words: &[u32]) -> Image<'_> {
    match words.split_at_checked(stated_words(words)) {
        Some((_, [FOLLOWS_SIGNED, ..])) => signed(words),
        _ => checked(words),
    }
}

#[cfg(feature = "signed")]
const fn signed(words: &[u32]) -> Image<'_> {
    crate::signed::embedded(words)
}

#[cfg(not(feature = "signed"))]
const fn signed(_: &[u32]) -> Image<'_> {
    panic!("the image is signed: the cargo feature `signed` of `mild` checks such a file")
}

/// Embeds an image at compile time.
///
/// Takes the path of a `*.mild` file, as [`include_bytes!`] does, and gives an
/// [`Image<'static>`](Image) whose numbers are constants. The whole image is checked in constant
/// evaluation: a damaged, mismatched or absent one does not compile.
///
/// A signed image needs the cargo feature `signed`. Then the image must have the SHA-256 that its
/// trailer states. Key, counter and signature are *not* checked: Ed25519 is not available in
/// constant evaluation, and the program that embeds an image is itself what has to be trusted.
/// Run `mild verify` before the build.
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
        static WORDS: [u32; BYTES.len() / 4] = $crate::words_of(BYTES);
        #[allow(long_running_const_eval)]
        const IMAGE: $crate::Image<'static> = $crate::included(&WORDS);
        IMAGE
    }};
}
