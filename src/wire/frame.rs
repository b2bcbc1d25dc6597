//! Encoding a frame, and reading one that arrived.

use crc::{Digest, NoTable};
use hmac::{Hmac, Mac};
use postcard::ser_flavors::{Cobs, Flavor, Slice};
use sha2::Sha256;

use super::layout::{CRC_BYTES, MAC_BYTES, SIGNED, VERSION};
use super::{EncodeError, FrameError, Key, Message};
use crate::checksum::CRC;

/// Writes a frame to the start of `into`, and returns the part that it takes, including the zero at
/// its end. The frame is signed if there is a key.
///
/// # Errors
/// [`EncodeError::Buffer`] if the frame does not fit. A buffer of
/// [`max_frame`](super::max_frame) bytes always suffices.
pub fn encode<'b>(
    message: &Message<'_>,
    key: Option<&Key>,
    into: &'b mut [u8],
) -> Result<&'b [u8], EncodeError> {
    let error = EncodeError::Buffer { found: into.len() };
    let mac = key.and_then(Key::mac);
    let version = if mac.is_some() { VERSION | SIGNED } else { VERSION };
    let start = || {
        let cobs = Cobs::try_new(Slice::new(into))?;
        let mut frame = Writer { cobs, crc: CRC.digest(), mac };
        frame.try_push(version)?;
        postcard::serialize_with_flavor(message, frame)
    };
    start().map(|written| &*written).map_err(|_| error)
}

/// Computes MAC and checksum of the bytes on their way into COBS.
struct Writer<'b> {
    cobs: Cobs<Slice<'b>>,
    crc: Digest<'static, u32, NoTable>,
    mac: Option<Hmac<Sha256>>,
}

impl<'b> Flavor for Writer<'b> {
    type Output = &'b mut [u8];

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.crc.update(&[byte]);
        if let Some(mac) = &mut self.mac {
            mac.update(&[byte]);
        }
        self.cobs.try_push(byte)
    }

    fn finalize(self) -> postcard::Result<Self::Output> {
        let Self { mut cobs, mut crc, mac } = self;
        if let Some(mac) = mac {
            let whole = mac.finalize().into_bytes();
            let (mac, _) = whole.split_at(MAC_BYTES);
            crc.update(mac);
            cobs.try_extend(mac)?;
        }
        cobs.try_extend(&crc.finalize().to_le_bytes())?;
        cobs.finalize()
    }
}

/// A frame with a correct checksum and a supported version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Frame<'f> {
    /// Version and message.
    signed: &'f [u8],
    mac: Option<&'f [u8; MAC_BYTES]>,
}

impl<'f> Frame<'f> {
    /// Checks the bytes of a frame, after COBS.
    pub(super) fn open(bytes: &'f [u8]) -> Result<Self, FrameError> {
        let short = FrameError::TooShort { found: bytes.len() };
        let (body, crc) = bytes.split_last_chunk::<CRC_BYTES>().ok_or(short)?;
        let &first = body.first().ok_or(short)?;
        if CRC.checksum(body) != u32::from_le_bytes(*crc) {
            return Err(FrameError::Checksum);
        }
        if first & !SIGNED != VERSION {
            return Err(FrameError::Version { found: first & !SIGNED });
        }
        if first & SIGNED == 0 {
            return Ok(Self { signed: body, mac: None });
        }
        let (signed, mac) = body.split_last_chunk().ok_or(short)?;
        Ok(Self { signed, mac: Some(mac) })
    }

    /// Whether the frame has a MAC.
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        self.mac.is_some()
    }

    /// Checks that the sender has the key.
    ///
    /// # Errors
    /// [`FrameError::Unsigned`], [`FrameError::WrongKey`].
    pub fn verify(&self, key: &Key) -> Result<(), FrameError> {
        let mac = self.mac.ok_or(FrameError::Unsigned)?;
        if key.verify(self.signed, mac) { Ok(()) } else { Err(FrameError::WrongKey) }
    }

    /// Decodes the message. Call [`Self::verify`] before trusting it.
    ///
    /// # Errors
    /// [`FrameError::Message`], [`FrameError::Trailing`].
    pub fn message(&self) -> Result<Message<'f>, FrameError> {
        let body = self.signed.get(1..).unwrap_or_default();
        match postcard::take_from_bytes(body) {
            Ok((message, [])) => Ok(message),
            Ok((_, rest)) => Err(FrameError::Trailing { bytes: rest.len() }),
            Err(_) => Err(FrameError::Message),
        }
    }
}
