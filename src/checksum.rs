//! The one checksum of images, governor states and frames: CRC-32/ISO-HDLC, as in zip and Ethernet.

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};

/// Without a table: 1 KiB of flash is worth more than the time at boot.
pub(crate) const CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);

/// The checksum of the little-endian bytes of words.
pub(crate) const fn of_words(words: &[u32]) -> u32 {
    CRC.checksum(bytemuck::must_cast_slice(words))
}
