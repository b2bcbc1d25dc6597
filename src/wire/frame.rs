//! A frame that arrived.

use super::layout::{ANSWER, CRC_BYTES, MAC_BYTES, RESERVED, SIGNED, VERSION, VERSION_BITS};
use super::{Binding, FrameError, Key, Message};
use crate::checksum::CRC;

/// A frame with a correct checksum and a supported version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Frame<'f> {
    /// Everything before the MAC.
    signed: &'f [u8],
    /// The message alone.
    message: &'f [u8],
    /// The checksum of the frame that this one answers.
    to: Option<u32>,
    signature: Option<Signature<'f>>,
    checksum: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Signature<'f> {
    key: u8,
    mac: &'f [u8; MAC_BYTES],
}

impl<'f> Frame<'f> {
    /// Checks the bytes of a frame, after COBS.
    pub(super) fn open(bytes: &'f [u8]) -> Result<Self, FrameError> {
        let short = FrameError::TooShort { found: bytes.len() };
        let (body, crc) = bytes.split_last_chunk::<CRC_BYTES>().ok_or(short)?;
        let (&first, mut message) = body.split_first().ok_or(short)?;
        let checksum = u32::from_le_bytes(*crc);
        if CRC.checksum(body) != checksum {
            return Err(FrameError::Checksum);
        }
        // The layout of version 1 had no other flag than the last.
        let found = first & VERSION_BITS;
        if found != VERSION {
            return Err(FrameError::Version { found });
        }
        if first & RESERVED != 0 {
            return Err(FrameError::Encrypted);
        }
        let (mut signed, mut signature) = (body, None);
        if first & SIGNED != 0 {
            let (&key, rest) = message.split_first().ok_or(short)?;
            let (rest, mac) = rest.split_last_chunk().ok_or(short)?;
            message = rest;
            signed = body.get(..body.len().saturating_sub(MAC_BYTES)).ok_or(short)?;
            signature = Some(Signature { key, mac });
        }
        let mut to = None;
        if first & ANSWER != 0 {
            let (checksum, rest) = message.split_first_chunk::<CRC_BYTES>().ok_or(short)?;
            to = Some(u32::from_le_bytes(*checksum));
            message = rest;
        }
        Ok(Self { signed, message, to, signature, checksum })
    }

    /// The number of the key that the frame is signed with; `None` if it is not signed.
    #[must_use]
    pub fn key_number(&self) -> Option<u8> {
        self.signature.map(|signature| signature.key)
    }

    /// What an answer to this frame is bound to.
    #[must_use]
    pub fn binding(&self) -> Binding {
        Binding { checksum: self.checksum, mac: self.signature.map(|signature| *signature.mac) }
    }

    /// Whether this says that it answers the frame with this binding. Without a key that is all
    /// there is; with one, [`Self::verify_answer`] proves it.
    #[must_use]
    pub fn answers(&self, to: &Binding) -> bool {
        self.to == Some(to.checksum)
    }

    /// Checks that the sender of this [`Message::Hello`] or [`Message::Request`] has the key.
    ///
    /// # Errors
    /// [`FrameError::Unsigned`], [`FrameError::WrongKey`].
    pub fn verify(&self, key: &Key) -> Result<(), FrameError> {
        self.verify_with(key, &[])
    }

    /// Checks that the sender of this [`Message::Welcome`] or [`Message::Reply`] has the key, and
    /// that it answers the frame with this binding and no other.
    ///
    /// # Errors
    /// [`FrameError::Unsigned`], [`FrameError::WrongKey`].
    pub fn verify_answer(&self, key: &Key, to: &Binding) -> Result<(), FrameError> {
        if !self.answers(to) {
            return Err(FrameError::WrongKey);
        }
        self.verify_with(key, to.covered())
    }

    fn verify_with(&self, key: &Key, covered: &[u8]) -> Result<(), FrameError> {
        let signature = self.signature.ok_or(FrameError::Unsigned)?;
        let verified =
            signature.key == key.number() && key.verify(self.signed, covered, signature.mac);
        if verified { Ok(()) } else { Err(FrameError::WrongKey) }
    }

    /// Decodes the message. Verify the frame before trusting it.
    ///
    /// # Errors
    /// [`FrameError::Message`], [`FrameError::Trailing`].
    pub fn message(&self) -> Result<Message<'f>, FrameError> {
        match postcard::take_from_bytes::<Message<'f>>(self.message) {
            Ok((message, [])) if message.is_answer() == self.to.is_some() => Ok(message),
            Ok((_, [])) | Err(_) => Err(FrameError::Message),
            Ok((_, rest)) => Err(FrameError::Trailing { bytes: rest.len() }),
        }
    }
}
