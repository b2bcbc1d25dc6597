//! Encoding a frame.

use crc::{Digest, NoTable};
use hmac::{Hmac, Mac};
use postcard::ser_flavors::{Cobs, Flavor, Slice};
use sha2::Sha256;

use super::layout::{ANSWER, MAC_BYTES, SIGNED, VERSION};
use super::{Binding, EncodeError, Key, Message};
use crate::checksum::CRC;

/// A frame to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Encoded<'b> {
    /// The frame, with the zeros around it.
    pub bytes: &'b [u8],
    /// What its answer is bound to.
    pub binding: Binding,
}

/// Writes a [`Message::Hello`] or a [`Message::Request`] to the start of `into`. The frame is
/// signed if there is a key.
///
/// # Errors
/// [`EncodeError::Buffer`] if the frame does not fit. A buffer of
/// [`max_frame`](super::max_frame) bytes always suffices.
pub fn encode<'b>(
    message: &Message<'_>,
    key: Option<&Key>,
    into: &'b mut [u8],
) -> Result<Encoded<'b>, EncodeError> {
    encode_answer(message, key, &Binding::default(), into)
}

/// Writes a [`Message::Welcome`] or a [`Message::Reply`] to the frame with the binding `to`, to the
/// start of `into`. The answer to a frame that was not signed must not be, or whoever cannot sign
/// could make others sign.
///
/// # Errors
/// As [`encode`].
pub fn encode_answer<'b>(
    message: &Message<'_>,
    key: Option<&Key>,
    to: &Binding,
    into: &'b mut [u8],
) -> Result<Encoded<'b>, EncodeError> {
    let error = EncodeError::Buffer { found: into.len() };
    let (start, rest) = into.split_first_mut().ok_or(error)?;
    // Ends whatever noise came before.
    *start = 0;
    let written = write(message, key, to, rest).map_err(|_| error)?;
    let (length, binding) = written;
    // The zero before the frame, too.
    let bytes = into.get(..=length).ok_or(error)?;
    Ok(Encoded { bytes, binding })
}

/// Returns the length of what it wrote, and the end of the frame.
fn write(
    message: &Message<'_>,
    key: Option<&Key>,
    to: &Binding,
    into: &mut [u8],
) -> postcard::Result<(usize, Binding)> {
    let mac = key.and_then(Key::mac);
    let mut frame =
        Writer { cobs: Cobs::try_new(Slice::new(into))?, crc: CRC.digest(), mac, to: *to };
    let signed = if frame.mac.is_some() { SIGNED } else { 0 };
    let answer = if message.is_answer() { ANSWER } else { 0 };
    frame.try_push(VERSION | signed | answer)?;
    if let Some(key) = key {
        frame.try_push(key.number())?;
    }
    if message.is_answer() {
        frame.try_extend(&to.checksum.to_le_bytes())?;
    } else {
        frame.to = Binding::default();
    }
    postcard::serialize_with_flavor(message, frame)
}

/// Computes MAC and checksum of the bytes on their way into COBS.
struct Writer<'b> {
    cobs: Cobs<Slice<'b>>,
    crc: Digest<'static, u32, NoTable>,
    mac: Option<Hmac<Sha256>>,
    to: Binding,
}

impl Flavor for Writer<'_> {
    type Output = (usize, Binding);

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.crc.update(&[byte]);
        if let Some(mac) = &mut self.mac {
            mac.update(&[byte]);
        }
        self.cobs.try_push(byte)
    }

    fn finalize(self) -> postcard::Result<Self::Output> {
        let Self { mut cobs, mut crc, mac, to } = self;
        let mut end = Binding::default();
        if let Some(mac) = mac {
            let whole = mac.chain_update(to.covered()).finalize().into_bytes();
            let (mac, _) = whole.split_at(MAC_BYTES);
            crc.update(mac);
            cobs.try_extend(mac)?;
            end.mac = mac.try_into().ok();
        }
        end.checksum = crc.finalize();
        cobs.try_extend(&end.checksum.to_le_bytes())?;
        Ok((cobs.finalize()?.len(), end))
    }
}
