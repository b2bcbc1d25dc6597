//! What follows a signed image; `docs/image-format.md` is the specification.

use super::{ImageDigest, KeyId, PublicKey, SignatureError};
use crate::image::FOLLOWS_SIGNED;
#[cfg(feature = "slots")]
use crate::image::{HEADER_WORDS, stated_length};

/// The version of the trailer that this crate reads and writes.
pub const TRAILER_VERSION: u32 = 1;

/// Bytes of the trailer: by so many a signed image is longer than the image.
pub const TRAILER_BYTES: usize = TRAILER_WORDS * 4;

/// Words of the trailer.
pub(crate) const TRAILER_WORDS: usize = STATEMENT_WORDS + SIGNATURE_WORDS;

/// Words that are signed: all but the signature.
const STATEMENT_WORDS: usize = 12;

const SIGNATURE_WORDS: usize = 16;

/// A trailer with the right magic and version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trailer<'a> {
    statement: &'a [u32; STATEMENT_WORDS],
    signature: &'a [u32; SIGNATURE_WORDS],
}

impl<'a> Trailer<'a> {
    /// Checks magic and version.
    pub(crate) const fn new(words: &'a [u32; TRAILER_WORDS]) -> Result<Self, SignatureError> {
        let Some((statement, signature)) = words.split_first_chunk::<STATEMENT_WORDS>() else {
            return Err(SignatureError::Unsigned);
        };
        let Some((signature, [])) = signature.split_first_chunk::<SIGNATURE_WORDS>() else {
            return Err(SignatureError::Unsigned);
        };
        let &[magic, version, ..] = statement;
        if magic != FOLLOWS_SIGNED {
            return Err(SignatureError::Unsigned);
        }
        if version != TRAILER_VERSION {
            return Err(SignatureError::Version { found: version, expected: TRAILER_VERSION });
        }
        Ok(Self { statement, signature })
    }

    /// Checks that one of the keys signed this trailer, for an image with this SHA-256, and that
    /// the counter is high enough.
    pub(crate) fn authenticate(
        &self,
        keys: &[PublicKey],
        minimum_counter: u32,
        digest: ImageDigest,
    ) -> Result<(), SignatureError> {
        let id = self.key_id();
        // The ids of two keys may be the same.
        let mut keys = keys.iter().filter(|key| key.id() == id).peekable();
        if keys.peek().is_none() {
            return Err(SignatureError::UnknownKey { found: id });
        }
        let found = self.counter();
        if found < minimum_counter {
            return Err(SignatureError::Counter { found, minimum: minimum_counter });
        }
        if digest != self.digest() {
            return Err(SignatureError::Digest);
        }
        let mut verified = Err(SignatureError::Signature);
        for key in keys {
            verified = key.verify(self.statement(), self.signature());
            if verified.is_ok() {
                break;
            }
        }
        verified
    }

    /// What is signed.
    const fn statement(&self) -> &'a [u8; STATEMENT_WORDS * 4] {
        bytemuck::must_cast_ref(self.statement)
    }

    const fn signature(&self) -> &'a [u8; SIGNATURE_WORDS * 4] {
        bytemuck::must_cast_ref(self.signature)
    }

    pub(crate) const fn key_id(&self) -> KeyId {
        let &[_, _, id, ..] = self.statement;
        KeyId(id.to_le_bytes())
    }

    pub(crate) const fn counter(&self) -> u32 {
        let &[_, _, _, counter, ..] = self.statement;
        counter
    }

    pub(crate) const fn digest(&self) -> ImageDigest {
        let &[_, _, _, _, digest @ ..] = self.statement;
        bytemuck::must_cast(digest)
    }
}

/// Bytes of the image with this header, in a slot of `room` bytes for it and its trailer.
#[cfg(feature = "slots")]
pub(crate) fn stated_bytes(header: [u32; HEADER_WORDS], room: u32) -> Result<u32, SignatureError> {
    let length = stated_length(header)?;
    match u32::try_from(length) {
        Ok(bytes) if bytes.saturating_add(TRAILER_BYTES as u32) <= room => Ok(bytes),
        _ => {
            let expected = length.saturating_add(TRAILER_BYTES);
            Err(SignatureError::Truncated { found: room as usize, expected })
        }
    }
}

/// What is to be signed of an image.
#[cfg(feature = "writer")]
pub(super) fn statement(
    key_id: KeyId,
    counter: u32,
    digest: ImageDigest,
) -> [u8; STATEMENT_WORDS * 4] {
    let mut words = [0; STATEMENT_WORDS];
    let [magic, version, id, count, rest @ ..] = &mut words;
    *magic = FOLLOWS_SIGNED;
    *version = TRAILER_VERSION;
    *id = u32::from_le_bytes(key_id.0);
    *count = counter;
    *rest = bytemuck::must_cast(digest);
    bytemuck::must_cast(words)
}
