//! From bytes to an image that is known to be authentic.

use sha2::{Digest as _, Sha256};

use super::trailer::{TRAILER_BYTES, TRAILER_WORDS, Trailer};
use super::{ImageDigest, KeyId, PublicKey, SignatureError};
use crate::image::{FOLLOWS_SIGNED, HEADER_WORDS, Image, ImageError, stated_length};

/// An image with a trailer, of which nothing is known but where they begin and end.
#[derive(Debug, Clone, Copy)]
pub struct UnverifiedImage<'a> {
    image: &'a [u32],
    trailer: Trailer<'a>,
}

impl<'a> UnverifiedImage<'a> {
    /// Finds image and trailer in the bytes of a file.
    ///
    /// # Errors
    /// What is wrong with the image's header, with the number of bytes, or with magic and version
    /// of the trailer.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, SignatureError> {
        Self::from_words(words_of(bytes)?)
    }

    /// Finds image and trailer at the start of a flash slot that may be longer. Also returns the
    /// number of bytes of both.
    ///
    /// # Errors
    /// As [`Self::from_bytes`], but for [`SignatureError::TrailingBytes`].
    pub fn from_prefix(slot: &'a [u8]) -> Result<(Self, usize), SignatureError> {
        // The slot's own length need not be a multiple of four.
        let whole = slot.get(..slot.len() & !3).unwrap_or_default();
        let (found, rest) = Self::split(words_of(whole)?)?;
        Ok((found, whole.len().saturating_sub(rest.len() * 4)))
    }

    /// Finds image and trailer in words; usable in constant evaluation.
    ///
    /// # Errors
    /// As [`Self::from_bytes`], but for [`ImageError::Misaligned`].
    pub const fn from_words(words: &'a [u32]) -> Result<Self, SignatureError> {
        match Self::split(words) {
            Ok((found, [])) => Ok(found),
            Ok((_, rest)) => Err(SignatureError::TrailingBytes {
                found: words.len() * 4,
                expected: (words.len() - rest.len()) * 4,
            }),
            Err(error) => Err(error),
        }
    }

    /// Image and trailer, and what follows them.
    const fn split(words: &'a [u32]) -> Result<(Self, &'a [u32]), SignatureError> {
        let found = words.len() * 4;
        let Some((&header, _)) = words.split_first_chunk::<HEADER_WORDS>() else {
            let expected = HEADER_WORDS * 4;
            return Err(SignatureError::Image(ImageError::Truncated { found, expected }));
        };
        let length = match stated_length(header) {
            Ok(length) => length,
            Err(error) => return Err(SignatureError::Image(error)),
        };
        let Some((image, after)) = words.split_at_checked(length / 4) else {
            let expected = length;
            return Err(SignatureError::Image(ImageError::Truncated { found, expected }));
        };
        match after {
            [FOLLOWS_SIGNED, ..] => {}
            _ => return Err(SignatureError::Unsigned),
        }
        let Some((trailer, rest)) = after.split_first_chunk::<TRAILER_WORDS>() else {
            let expected = length.saturating_add(TRAILER_BYTES);
            return Err(SignatureError::Truncated { found, expected });
        };
        match Trailer::new(trailer) {
            Ok(trailer) => Ok((Self { image, trailer }, rest)),
            Err(error) => Err(error),
        }
    }

    /// The words between which nothing has been checked.
    pub(super) const fn image_words(&self) -> &'a [u32] {
        self.image
    }

    /// The bytes of what should be an image.
    #[must_use]
    pub const fn image_bytes(&self) -> &'a [u8] {
        bytemuck::must_cast_slice(self.image)
    }

    /// The SHA-256 that the trailer states of the image.
    #[must_use]
    pub const fn digest(&self) -> ImageDigest {
        self.trailer.digest()
    }

    /// The key with which, by its trailer, it was signed.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.trailer.key_id()
    }

    /// The counter that the trailer states.
    #[must_use]
    pub const fn counter(&self) -> u32 {
        self.trailer.counter()
    }

    /// Checks that the image is the one whose SHA-256 the trailer states. That says nothing of who
    /// made either.
    ///
    /// # Errors
    /// [`SignatureError::Digest`].
    pub fn check_digest(&self) -> Result<(), SignatureError> {
        if self.computed_digest() == self.trailer.digest() {
            Ok(())
        } else {
            Err(SignatureError::Digest)
        }
    }

    fn computed_digest(&self) -> ImageDigest {
        Sha256::digest(self.image_bytes()).into()
    }

    /// Checks everything but the image itself.
    pub(crate) fn authenticate(
        &self,
        keys: &[PublicKey],
        minimum_counter: u32,
    ) -> Result<(), SignatureError> {
        self.trailer.authenticate(keys, minimum_counter, self.computed_digest())
    }

    /// The image, after [`Self::authenticate`].
    pub(crate) fn trusted(self) -> Result<SignedImage<'a>, SignatureError> {
        Ok(SignedImage { image: Image::from_words(self.image)?, trailer: self.trailer })
    }

    /// Checks everything: key, counter, SHA-256, signature, and the image itself, in this order.
    ///
    /// # Errors
    /// The first [`SignatureError`].
    pub fn verify(
        self,
        keys: &[PublicKey],
        minimum_counter: u32,
    ) -> Result<SignedImage<'a>, SignatureError> {
        self.authenticate(keys, minimum_counter)?;
        self.trusted()
    }
}

/// An image that is authentic, and not older than was asked for.
#[derive(Debug, Clone, Copy)]
pub struct SignedImage<'a> {
    image: Image<'a>,
    trailer: Trailer<'a>,
}

impl<'a> SignedImage<'a> {
    /// Verifies the bytes of a signed image, which start at a multiple of four.
    ///
    /// `keys` are the keys whose images may run; more than one is for the time in which a key is
    /// replaced. `minimum_counter` is the highest counter that ran here before.
    ///
    /// # Errors
    /// Any [`SignatureError`].
    pub fn verify(
        bytes: &'a [u8],
        keys: &[PublicKey],
        minimum_counter: u32,
    ) -> Result<Self, SignatureError> {
        UnverifiedImage::from_bytes(bytes)?.verify(keys, minimum_counter)
    }

    /// The same for a signed image at the start of a flash slot that may be longer. Also returns
    /// the number of bytes of image and trailer.
    ///
    /// # Errors
    /// Any [`SignatureError`] but [`SignatureError::TrailingBytes`].
    pub fn verify_prefix(
        slot: &'a [u8],
        keys: &[PublicKey],
        minimum_counter: u32,
    ) -> Result<(Self, usize), SignatureError> {
        let (found, bytes) = UnverifiedImage::from_prefix(slot)?;
        Ok((found.verify(keys, minimum_counter)?, bytes))
    }

    /// The image.
    #[must_use]
    pub const fn image(&self) -> Image<'a> {
        self.image
    }

    /// The SHA-256 of the image: its identity.
    #[must_use]
    pub const fn digest(&self) -> ImageDigest {
        self.trailer.digest()
    }

    /// The key with which it was signed.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.trailer.key_id()
    }

    /// The security counter: no image with a lower one may run after this one.
    #[must_use]
    pub const fn counter(&self) -> u32 {
        self.trailer.counter()
    }
}

fn words_of(bytes: &[u8]) -> Result<&[u32], SignatureError> {
    if !bytes.as_ptr().addr().is_multiple_of(4) {
        return Err(ImageError::Misaligned.into());
    }
    match bytemuck::try_cast_slice(bytes) {
        Ok(words) => Ok(words),
        Err(_) => Err(ImageError::NotWords { found: bytes.len() }.into()),
    }
}
