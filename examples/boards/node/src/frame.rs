//! The bytes that go out when the rejector defers.

use crc::{CRC_8_SMBUS, Crc, NoTable};

/// The longest frame: its length is one byte.
pub const MAX_FRAME: usize = u8::MAX as usize;
/// Everything but the codes.
const OVERHEAD: usize = 9;
/// Bit by bit: a frame every few seconds is not worth a table of 256 bytes.
const CRC: Crc<u8, NoTable> = Crc::<u8, NoTable>::new(&CRC_8_SMBUS);

/// A question to an expert.
///
/// Little-endian, without padding; `n` is the number of codes:
///
/// | Offset  | Bytes | Content                                                          |
/// |---------|-------|------------------------------------------------------------------|
/// | 0       | 1     | length of the whole frame, 9 + n                                 |
/// | 1       | 2     | sequence number                                                  |
/// | 3       | 1     | index of the expert                                              |
/// | 4       | 4     | margin of the decision, signed                                   |
/// | 8       | n     | codes of the features, signed                                    |
/// | 8 + n   | 1     | CRC-8 (polynomial 0x07, initially 0) of all bytes before         |
///
/// The answer is one byte: the low four bits of the sequence number in the high half, so that a late answer is not taken
/// for that to a later question, and the class in the low half.
///
/// Just enough for an example. The frames of the crate `mild` itself are still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Counts the questions; wraps around.
    pub sequence: u16,
    /// The expert that is asked.
    pub expert: u8,
    /// By how much the rejector preferred it.
    pub margin: i32,
    /// The features, as `Rejector::quantize` made them.
    pub codes: &'a [i8],
}

impl Frame<'_> {
    /// Writes the frame to the start of `buffer` and returns that part; `None` if it does not fit into the buffer or
    /// into [`MAX_FRAME`].
    #[must_use]
    pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let length = u8::try_from(self.codes.len().checked_add(OVERHEAD)?).ok()?;
        let frame = buffer.get_mut(..usize::from(length))?;
        let (crc, body) = frame.split_last_mut()?;
        let [s0, s1] = self.sequence.to_le_bytes();
        let [m0, m1, m2, m3] = self.margin.to_le_bytes();
        let head = [length, s0, s1, self.expert, m0, m1, m2, m3];
        let codes = self.codes.iter().map(|&code| code as u8);
        for (slot, byte) in body.iter_mut().zip(head.into_iter().chain(codes)) {
            *slot = byte;
        }
        *crc = CRC.checksum(body);
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame<'static> =
        Frame { sequence: 0x1234, expert: 2, margin: -2, codes: &[-128, 0, 127] };

    #[test]
    fn the_bytes_are_as_documented() {
        let mut buffer = [0xAA; 16];
        let bytes = FRAME.encode(&mut buffer).unwrap();
        let body = [12, 0x34, 0x12, 2, 0xFE, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x7F];
        assert_eq!(bytes.split_last(), Some((&crc_by_hand(&body), &body[..])));
        assert_eq!(buffer[12..], [0xAA; 4]);
    }

    #[test]
    fn the_checksum_is_the_catalogued_one() {
        // The check value of CRC-8/SMBUS in the catalogue of CRC algorithms.
        assert_eq!(crc_by_hand(b"123456789"), 0xF4);
        assert_eq!(CRC.checksum(b"123456789"), 0xF4);
    }

    #[test]
    fn every_damaged_bit_is_noticed() {
        let mut buffer = [0; MAX_FRAME];
        let length = FRAME.encode(&mut buffer).unwrap().len();
        for bit in 0..length * 8 {
            let mut damaged = buffer;
            damaged[bit / 8] ^= 1 << (bit % 8);
            let (crc, body) = damaged[..length].split_last().unwrap();
            assert_ne!(crc_by_hand(body), *crc, "bit {bit}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(FRAME.encode(&mut [0; 11]), None);
        assert!(FRAME.encode(&mut [0; 12]).is_some());
        let mut buffer = [0; 512];
        let longest = Frame { codes: &[0; MAX_FRAME - OVERHEAD], ..FRAME };
        assert_eq!(longest.encode(&mut buffer).unwrap().len(), MAX_FRAME);
        let longer = Frame { codes: &[0; MAX_FRAME - OVERHEAD + 1], ..FRAME };
        assert_eq!(longer.encode(&mut buffer), None);
    }

    /// Written as a gateway would, from the description alone.
    fn crc_by_hand(bytes: &[u8]) -> u8 {
        bytes.iter().fold(0, |crc, byte| {
            (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 7 })
        })
    }
}
