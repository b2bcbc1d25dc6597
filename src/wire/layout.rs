//! The version of a frame, and the sizes of its parts.

/// The version of the format.
pub const VERSION: u8 = 1;

/// The length of the MAC of a signed frame, in bytes.
pub const MAC_BYTES: usize = 8;

/// The length of the checksum, in bytes.
pub(super) const CRC_BYTES: usize = 4;
/// The bit of the first byte that marks a signed frame.
pub(super) const SIGNED: u8 = 0x80;

/// The most bytes that a frame has besides its payload, after COBS: version, all fields of the
/// message at their longest, MAC and checksum.
pub const MAX_OVERHEAD: usize = 1 + (1 + 5 + 5 + 5 + 1 + 6 + 5 + 1 + 3) + MAC_BYTES + CRC_BYTES;

/// The most bytes of an encoded frame, including its zero, for a payload of `payload` bytes (at
/// most 65,535).
#[must_use]
pub const fn max_frame(payload: usize) -> usize {
    let inside = MAX_OVERHEAD.saturating_add(payload);
    // COBS adds one byte for every started block of 254.
    inside.saturating_add(inside / 254).saturating_add(2)
}
