//! What can be wrong with a frame.

use core::fmt;

/// Why a message was not encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EncodeError {
    /// The frame does not fit into the buffer; see [`max_frame`](super::max_frame).
    Buffer {
        /// Bytes given.
        found: usize,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Buffer { found } => {
                write!(f, "the frame does not fit into a buffer of {found} bytes")
            }
        }
    }
}

impl core::error::Error for EncodeError {}

/// Why some bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FrameError {
    /// The frame is longer than the decoder has room for.
    TooLong {
        /// The decoder's room in bytes, after COBS.
        room: usize,
    },
    /// A zero byte came in the middle of a COBS block: bytes were lost.
    Cobs,
    /// The frame is shorter than any can be.
    TooShort {
        /// Bytes found, after COBS.
        found: usize,
    },
    /// The checksum is not that of the bytes.
    Checksum,
    /// Another version of the format.
    Version {
        /// The version stated.
        found: u8,
    },
    /// The message is not one: an unknown kind, an impossible number, or one that ends too early.
    Message,
    /// Bytes are left after the message.
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// The frame has no MAC, and one is asked for.
    Unsigned,
    /// The MAC is not that of the key.
    WrongKey,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooLong { room } => write!(f, "the frame is longer than {room} bytes"),
            Self::Cobs => f.write_str("the frame ends in the middle of a block"),
            Self::TooShort { found } => {
                write!(f, "found a frame of {found} bytes, shorter than any can be")
            }
            Self::Checksum => f.write_str("the frame's checksum is not that of its bytes"),
            Self::Version { found } => {
                write!(f, "found a frame of version {found}, expected {}", super::VERSION)
            }
            Self::Message => f.write_str("the frame's message cannot be read"),
            Self::Trailing { bytes } => {
                write!(f, "found {bytes} bytes after the message, expected none")
            }
            Self::Unsigned => f.write_str("the frame has no MAC"),
            Self::WrongKey => f.write_str("the frame's MAC is not that of the key"),
        }
    }
}

impl core::error::Error for FrameError {}
