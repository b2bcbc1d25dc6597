//! What can go wrong with slots.

use core::fmt;

use crate::signed::SignatureError;

/// Why the image in a slot does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// It is no authentic image, or an old one.
    Signature(SignatureError),
    /// It is longer than the buffer to run it from.
    Buffer {
        /// Bytes of the buffer.
        found: usize,
        /// Bytes of image and trailer.
        expected: usize,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(error) => error.fmt(f),
            Self::Buffer { found, expected } => write!(
                f,
                "the image is longer than the buffer: found {found} bytes, expected {expected}"
            ),
        }
    }
}

impl core::error::Error for Refusal {}

impl From<SignatureError> for Refusal {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

/// What went wrong, with the error `E` of the flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SlotsError<E> {
    /// The flash failed.
    Flash(E),
    /// The flash does not hold what was written to it.
    NotWritten,
    /// The flash is too small for a journal and two slots.
    Capacity {
        /// Its bytes.
        found: usize,
        /// The fewest that will do.
        expected: usize,
    },
    /// Neither slot has an image that may run. The device answers by itself, and can be updated.
    NoImage {
        /// Why not that of slot A.
        a: Refusal,
        /// Why not that of slot B.
        b: Refusal,
    },
    /// An update is not authentic, or old. The image that runs is as it was.
    Refused(SignatureError),
    /// An update is longer than a slot.
    Full {
        /// Bytes of the slot.
        room: u32,
    },
    /// The running image is on trial: the other slot holds what would take its place.
    OnTrial,
}

impl<E: fmt::Debug> fmt::Display for SlotsError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flash(error) => write!(f, "the flash failed: {error:?}"),
            Self::NotWritten => f.write_str("the flash does not hold what was written to it"),
            Self::Capacity { found, expected } => write!(
                f,
                "the flash is too small: found {found} bytes, expected {expected} at least"
            ),
            Self::NoImage { a, b } => {
                write!(f, "no slot has an image that may run: slot A: {a}; slot B: {b}")
            }
            Self::Refused(error) => write!(f, "the update is refused: {error}"),
            Self::Full { room } => write!(f, "the update is longer than the slot: {room} bytes"),
            Self::OnTrial => f.write_str("the running image is on trial: confirm it first"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for SlotsError<E> {}
