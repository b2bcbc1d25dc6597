//! Encoding a frame.

use crc::{Digest, NoTable};
use hmac::{Hmac, Mac};
use postcard::ser_flavors::{Cobs, Flavor, Slice};
use sha2::Sha256;

#[cfg(feature = "encrypted")]
use super::cipher::Keystream;
#[cfg(feature = "encrypted")]
use super::head::Head;
use super::key::finished;
#[cfg(feature = "encrypted")]
use super::layout::CRC_BYTES;
use super::layout::{ANSWER, ENCRYPTED, MAC_BYTES, SIGNED, VERSION};
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
/// signed if there is a key, and encrypted if the key [encrypts](Key::encrypts).
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
    let to = if message.is_answer() { *to } else { Binding::default() };
    // Never without a MAC, because an HMAC takes keys of any length.
    let signing = |key: &Key| key.mac().ok_or(postcard::Error::WontImplement);
    let seal = match key {
        None => Seal::None,
        #[cfg(feature = "encrypted")]
        Some(key) if let Some(secret) = key.cipher() => {
            // The nonce has the MAC of the whole, so that is computed before anything is written.
            let (_, end) = write_sealed(message, Some(key), &to, into, Seal::Dry(signing(key)?))?;
            let mac = end.mac.unwrap_or_default();
            let head = Head::from(message);
            let keystream = Keystream::new(secret, &mac, &head, &to);
            let before = if message.is_answer() { 2 + CRC_BYTES } else { 2 };
            Seal::Cipher { keystream, clear: before.saturating_add(head.bytes), mac }
        }
        Some(key) => Seal::Mac(signing(key)?),
    };
    write_sealed(message, key, &to, into, seal)
}

// Linked once, although an encrypted frame takes it twice.
#[cfg_attr(feature = "encrypted", inline(never))]
fn write_sealed(
    message: &Message<'_>,
    key: Option<&Key>,
    to: &Binding,
    into: &mut [u8],
    seal: Seal,
) -> postcard::Result<(usize, Binding)> {
    let cobs = Cobs::try_new(Slice::new(into))?;
    let mut frame = Writer { cobs, crc: CRC.digest(), seal, to: *to };
    start(&mut frame, message, key, to)?;
    postcard::serialize_with_flavor(message, frame)
}

/// Writes what comes before the message.
fn start(
    frame: &mut Writer<'_>,
    message: &Message<'_>,
    key: Option<&Key>,
    to: &Binding,
) -> postcard::Result<()> {
    let signed = if key.is_some() { SIGNED } else { 0 };
    let encrypted = if key.is_some_and(Key::encrypts) { ENCRYPTED } else { 0 };
    let answer = if message.is_answer() { ANSWER } else { 0 };
    frame.try_push(VERSION | signed | encrypted | answer)?;
    if let Some(key) = key {
        frame.try_push(key.number())?;
    }
    if message.is_answer() {
        frame.try_extend(&to.checksum.to_le_bytes())?;
    }
    Ok(())
}

/// What is done to the bytes of a frame for its key.
enum Seal {
    None,
    /// Signs what is written.
    Mac(Hmac<Sha256>),
    /// Signs what would be written, and writes nothing.
    #[cfg(feature = "encrypted")]
    Dry(Hmac<Sha256>),
    /// Encrypts what follows the bytes in clear. The MAC of the whole is known before.
    #[cfg(feature = "encrypted")]
    Cipher {
        keystream: Keystream,
        clear: usize,
        mac: [u8; MAC_BYTES],
    },
}

/// The end of a MAC, which covers also the MAC of the frame that is answered.
fn truncated(mac: Hmac<Sha256>, to: &Binding) -> Option<[u8; MAC_BYTES]> {
    finished(mac.chain_update(to.covered())).first_chunk().copied()
}

/// Seals the bytes on their way into COBS, and computes their checksum.
struct Writer<'b> {
    cobs: Cobs<Slice<'b>>,
    crc: Digest<'static, u32, NoTable>,
    seal: Seal,
    to: Binding,
}

impl Flavor for Writer<'_> {
    type Output = (usize, Binding);

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        let byte = match &mut self.seal {
            Seal::None => byte,
            Seal::Mac(mac) => {
                mac.update(&[byte]);
                byte
            }
            #[cfg(feature = "encrypted")]
            Seal::Dry(mac) => {
                mac.update(&[byte]);
                return Ok(());
            }
            #[cfg(feature = "encrypted")]
            Seal::Cipher { keystream, clear: 0, .. } => keystream.apply(byte),
            #[cfg(feature = "encrypted")]
            Seal::Cipher { clear, .. } => {
                *clear = clear.saturating_sub(1);
                byte
            }
        };
        self.crc.update(&[byte]);
        self.cobs.try_push(byte)
    }

    fn finalize(self) -> postcard::Result<Self::Output> {
        let Self { mut cobs, mut crc, seal, to } = self;
        let mac = match seal {
            Seal::None => None,
            Seal::Mac(mac) => truncated(mac, &to),
            #[cfg(feature = "encrypted")]
            Seal::Dry(mac) => {
                return Ok((0, Binding { checksum: 0, mac: truncated(mac, &to) }));
            }
            #[cfg(feature = "encrypted")]
            Seal::Cipher { mac, .. } => Some(mac),
        };
        if let Some(mac) = mac {
            crc.update(&mac);
            cobs.try_extend(&mac)?;
        }
        let checksum = crc.finalize();
        cobs.try_extend(&checksum.to_le_bytes())?;
        Ok((cobs.finalize()?.len(), Binding { checksum, mac }))
    }
}
