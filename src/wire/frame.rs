//! A frame that arrived.

#[cfg(feature = "encrypted")]
use super::cipher::Keystream;
use super::head::Head;
#[cfg(feature = "encrypted")]
use super::layout::ANSWER_BYTES;
use super::layout::{ANSWER, CRC_BYTES, ENCRYPTED, MAC_BYTES, SIGNED, VERSION, VERSION_BITS};
use super::{Binding, FrameError, Key, Message, Sender};
use crate::checksum::CRC;

/// A frame with a correct checksum and a supported version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Frame<'f> {
    /// Everything before the MAC.
    signed: &'f [u8],
    /// The message alone, encrypted from behind its [`Head`] on if the frame is.
    message: &'f [u8],
    encrypted: bool,
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
        let encrypted = first & ENCRYPTED != 0;
        if encrypted && cfg!(not(feature = "encrypted")) {
            return Err(FrameError::Encrypted);
        }
        let (mut signed, mut signature) = (body, None);
        if first & SIGNED != 0 {
            let (&key, rest) = message.split_first().ok_or(short)?;
            let (rest, mac) = rest.split_last_chunk().ok_or(short)?;
            message = rest;
            signed = body.get(..body.len().saturating_sub(MAC_BYTES)).ok_or(short)?;
            signature = Some(Signature { key, mac });
        } else if encrypted {
            return Err(FrameError::Unsigned);
        }
        let mut to = None;
        if first & ANSWER != 0 {
            let (checksum, rest) = message.split_first_chunk::<CRC_BYTES>().ok_or(short)?;
            to = Some(u32::from_le_bytes(*checksum));
            message = rest;
        }
        Ok(Self { signed, message, encrypted, to, signature, checksum })
    }

    /// The number of the key that the frame is signed with; `None` if it is not signed.
    #[must_use]
    pub fn key_number(&self) -> Option<u8> {
        self.signature.map(|signature| signature.key)
    }

    /// Whether the message is encrypted.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Who claims to have sent this [`Message::Hello`] or [`Message::Request`], encrypted or not.
    ///
    /// # Errors
    /// [`FrameError::Message`], also if this is an answer.
    pub fn sender(&self) -> Result<Sender, FrameError> {
        let sender = Head::read(self.message)?.sender();
        sender.filter(|_| self.to.is_none()).ok_or(FrameError::Message)
    }

    /// The room in bytes that [`Self::read`] needs: none unless the message is encrypted.
    #[must_use]
    pub const fn room(&self) -> usize {
        if self.encrypted { self.message.len() } else { 0 }
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

    /// Reads a [`Message::Hello`] or a [`Message::Request`], and checks that its sender has the key.
    /// Without a key nobody is checked. An encrypted message is decrypted into `room`, which must
    /// have [`Self::room`] bytes. In clear, this is [`Self::message`] and [`Self::verify`] in one.
    ///
    /// # Errors
    /// As those of [`Self::verify`] and [`Self::message`]; [`FrameError::TooLong`] if the room does
    /// not suffice.
    pub fn read<'m>(&self, key: Option<&Key>, room: &'m mut [u8]) -> Result<Message<'m>, FrameError>
    where
        'f: 'm,
    {
        self.read_with(key, &Binding::default(), room)
    }

    /// Reads a [`Message::Welcome`] or a [`Message::Reply`], and checks that it answers the frame with
    /// this binding and that its sender has the key. Without a key, the binding is all there is.
    ///
    /// # Errors
    /// As those of [`Self::verify_answer`] and [`Self::message`].
    pub fn read_answer(
        &self,
        key: Option<&Key>,
        to: &Binding,
    ) -> Result<Message<'static>, FrameError> {
        if !self.answers(to) {
            return Err(FrameError::WrongKey);
        }
        #[cfg(feature = "encrypted")]
        let mut room = [0; ANSWER_BYTES];
        #[cfg(not(feature = "encrypted"))]
        let mut room = [];
        match self.read_with(key, to, &mut room)? {
            Message::Welcome(welcome) => Ok(Message::Welcome(welcome)),
            Message::Reply(reply) => Ok(Message::Reply(reply)),
            Message::Hello(_) | Message::Request(_) => Err(FrameError::Message),
        }
    }

    fn read_with<'m>(
        &self,
        key: Option<&Key>,
        to: &Binding,
        room: &'m mut [u8],
    ) -> Result<Message<'m>, FrameError>
    where
        'f: 'm,
    {
        #[cfg(feature = "encrypted")]
        if let (true, Some(key)) = (self.encrypted, key) {
            return self.decode(self.decrypt(key, to, room)?);
        }
        let _ = room;
        let message = self.message()?;
        if let Some(key) = key {
            self.verify_with(key, to)?;
        }
        Ok(message)
    }

    /// Decrypts the message into the room, and returns it if the key is the right one.
    #[cfg(feature = "encrypted")]
    fn decrypt<'m>(
        &self,
        key: &Key,
        to: &Binding,
        room: &'m mut [u8],
    ) -> Result<&'m [u8], FrameError> {
        let secret = key.cipher().ok_or(FrameError::Encrypted)?;
        let signature = self.signature.ok_or(FrameError::Unsigned)?;
        let head = Head::read(self.message)?;
        let error = FrameError::TooLong { room: room.len() };
        let plain = room.get_mut(..self.message.len()).ok_or(error)?;
        let mut keystream = Keystream::new(secret, signature.mac, &head, to);
        for (place, (plain, &byte)) in plain.iter_mut().zip(self.message).enumerate() {
            *plain = if place < head.bytes { byte } else { keystream.apply(byte) };
        }
        let before = self.signed.len().saturating_sub(self.message.len());
        let before = self.signed.get(..before).unwrap_or_default();
        let own = signature.key == key.number();
        if own && key.verify([before, plain, to.covered()], signature.mac) {
            Ok(plain)
        } else {
            // Nobody is to use what was not verified.
            plain.fill(0);
            Err(FrameError::WrongKey)
        }
    }

    /// Checks that the sender of this [`Message::Hello`] or [`Message::Request`] has the key. A
    /// frame that is encrypted, or must be, is not read by this but by [`Self::read`].
    ///
    /// # Errors
    /// [`FrameError::Unsigned`], [`FrameError::WrongKey`], [`FrameError::Encrypted`],
    /// [`FrameError::NotEncrypted`].
    pub fn verify(&self, key: &Key) -> Result<(), FrameError> {
        self.verify_with(key, &Binding::default())
    }

    /// Checks that the sender of this [`Message::Welcome`] or [`Message::Reply`] has the key, and
    /// that it answers the frame with this binding and no other.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_answer(&self, key: &Key, to: &Binding) -> Result<(), FrameError> {
        if !self.answers(to) {
            return Err(FrameError::WrongKey);
        }
        self.verify_with(key, to)
    }

    fn verify_with(&self, key: &Key, to: &Binding) -> Result<(), FrameError> {
        let signature = self.signature.ok_or(FrameError::Unsigned)?;
        match (self.encrypted, key.encrypts()) {
            (true, _) => return Err(FrameError::Encrypted),
            (false, true) => return Err(FrameError::NotEncrypted),
            (false, false) => {}
        }
        let verified = signature.key == key.number()
            && key.verify([self.signed, &[], to.covered()], signature.mac);
        if verified { Ok(()) } else { Err(FrameError::WrongKey) }
    }

    /// Decodes a message that is not encrypted. Verify the frame before trusting it.
    ///
    /// # Errors
    /// [`FrameError::Message`], [`FrameError::Trailing`], [`FrameError::Encrypted`].
    pub fn message(&self) -> Result<Message<'f>, FrameError> {
        if self.encrypted {
            return Err(FrameError::Encrypted);
        }
        self.decode(self.message)
    }

    fn decode<'m>(&self, message: &'m [u8]) -> Result<Message<'m>, FrameError> {
        match postcard::take_from_bytes::<Message<'m>>(message) {
            Ok((message, [])) if message.is_answer() == self.to.is_some() => Ok(message),
            Ok((_, [])) | Err(_) => Err(FrameError::Message),
            Ok((_, rest)) => Err(FrameError::Trailing { bytes: rest.len() }),
        }
    }
}
