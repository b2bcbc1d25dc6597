//! The version of a frame, and the sizes of its parts.

/// The version of the format.
pub const VERSION: u8 = 2;

/// The length of the MAC of a signed frame, in bytes.
pub const MAC_BYTES: usize = 8;

/// The length of the checksum, in bytes.
pub(super) const CRC_BYTES: usize = 4;
/// The bits of the first byte that hold the version.
pub(super) const VERSION_BITS: u8 = 0x1f;
/// The bit of the first byte that marks an encrypted frame.
pub(super) const ENCRYPTED: u8 = 0x20;
/// The bit of the first byte that marks the answer to a frame.
pub(super) const ANSWER: u8 = 0x40;
/// The bit of the first byte that marks a signed frame.
pub(super) const SIGNED: u8 = 0x80;

/// The fields of a request at their longest: kind, node, session, sequence, image, expert, local
/// answer, margin, form and length of the payload. No other message is longer, even with the four
/// bytes that name what it answers.
const REQUEST_BYTES: usize = 1 + 5 + 8 + 5 + 5 + 1 + 6 + 5 + 1 + 3;

/// The most bytes of the message in an answer: kind, node, sequence, status, answer and confidence
/// of a reply at their longest.
#[cfg(feature = "encrypted")]
pub(super) const ANSWER_BYTES: usize = 1 + 5 + 5 + 5 + 6 + 3;

/// The most bytes that a frame has besides its payload, before COBS: version, key number, all
/// fields of the message at their longest, MAC and checksum.
pub const MAX_OVERHEAD: usize = 2 + REQUEST_BYTES + MAC_BYTES + CRC_BYTES;

/// The most bytes of an encoded frame, including the zeros around it, for a payload of `payload`
/// bytes (at most 65,535).
#[must_use]
pub const fn max_frame(payload: usize) -> usize {
    let inside = MAX_OVERHEAD.saturating_add(payload);
    // COBS adds one byte for every started block of 254.
    inside.saturating_add(inside / 254).saturating_add(3)
}
