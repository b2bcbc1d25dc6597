//! Errors of frames.

use core::fmt;

/// Why a message cannot be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EncodeError {
    /// The frame does not fit into the buffer; see [`max_frame`](super::max_frame).
    Buffer {
        /// The length of the buffer in bytes.
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

/// Why a frame cannot be read or verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FrameError {
    /// The frame is longer than the decoder's buffer.
    TooLong {
        /// The length of the buffer in bytes, after COBS.
        room: usize,
    },
    /// A COBS block ended early: bytes were lost.
    Cobs,
    /// The frame is too short for version and checksum, or for its MAC.
    TooShort {
        /// The length of the frame in bytes, after COBS.
        found: usize,
    },
    /// The checksum does not match.
    Checksum,
    /// The version is not supported.
    Version {
        /// The frame's version.
        found: u8,
    },
    /// The frame is encrypted, which this build cannot read or this key does not expect.
    Encrypted,
    /// The frame is not encrypted, but with this key it must be.
    NotEncrypted,
    /// The message cannot be decoded: its kind is unknown or does not fit the frame, a number is
    /// out of range, or it ends too early.
    Message,
    /// There are bytes after the message.
    Trailing {
        /// The number of bytes.
        bytes: usize,
    },
    /// The frame has no MAC, but must have one.
    Unsigned,
    /// The MAC was not made with this key, or not in answer to this frame.
    WrongKey,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooLong { room } => write!(f, "the frame is longer than {room} bytes"),
            Self::Cobs => f.write_str("the frame ends in the middle of a COBS block"),
            Self::TooShort { found } => {
                write!(f, "the frame has {found} bytes, too few for a message")
            }
            Self::Checksum => f.write_str("the frame's checksum does not match"),
            Self::Version { found } => {
                write!(f, "found a frame of version {found}, expected {}", super::layout::VERSION)
            }
            Self::Encrypted => f.write_str("the frame is encrypted, expected one that is not"),
            Self::NotEncrypted => f.write_str("the frame is not encrypted, expected one that is"),
            Self::Message => f.write_str("the frame's message cannot be decoded"),
            Self::Trailing { bytes } => {
                write!(f, "found {bytes} bytes after the message, expected none")
            }
            Self::Unsigned => f.write_str("the frame has no MAC"),
            Self::WrongKey => f.write_str("the frame was not signed with this key"),
        }
    }
}

impl core::error::Error for FrameError {}
