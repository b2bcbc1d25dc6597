//! What a frame says.

use serde::{Deserialize, Serialize};

/// Everything that travels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Message<'a> {
    /// A node asks an expert.
    #[serde(borrow)]
    Request(Request<'a>),
    /// An expert, or the gateway in its place, answers.
    Reply(Reply),
}

/// A question to an expert.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Request<'a> {
    /// Who asks: a number that is the node's own in its fleet.
    pub node: u32,
    /// Counts the node's questions; a repetition has the same number. Wraps around.
    pub sequence: u32,
    /// The checksum of the node's image ([`Image::checksum`](crate::Image::checksum)): which experts, features and
    /// codes it means.
    pub image: u32,
    /// The index of the expert.
    pub expert: u8,
    /// What the node would answer by itself.
    pub local: Answer,
    /// By how much the rejector preferred the expert, in score units.
    pub margin: i32,
    /// The input.
    #[serde(borrow)]
    pub payload: Payload<'a>,
}

/// An input, in one of the forms that a node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Payload<'a> {
    /// Codes of the features, one signed byte each ([`Rejector::quantize`](crate::Rejector::quantize)).
    #[serde(borrow)]
    Codes(&'a [u8]),
    /// Raw readings, 16 bits each, little-endian.
    #[serde(borrow)]
    Raw(&'a [u8]),
    /// Whatever the application and its expert agreed on.
    #[serde(borrow)]
    Bytes(&'a [u8]),
}

impl<'a> Payload<'a> {
    /// The codes of an input.
    #[must_use]
    pub fn codes(codes: &'a [i8]) -> Self {
        Self::Codes(bytemuck::must_cast_slice(codes))
    }

    /// The bytes of any form.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        match *self {
            Self::Codes(bytes) | Self::Raw(bytes) | Self::Bytes(bytes) => bytes,
        }
    }

    /// The codes, if it is codes.
    #[must_use]
    pub fn as_codes(&self) -> Option<&'a [i8]> {
        match *self {
            Self::Codes(bytes) => Some(bytemuck::must_cast_slice(bytes)),
            _ => None,
        }
    }

    /// The readings, if it is raw readings; half a reading at the end is left out.
    pub fn as_readings(&self) -> Option<impl ExactSizeIterator<Item = i16> + use<'a>> {
        match *self {
            Self::Raw(bytes) => {
                Some(bytes.as_chunks().0.iter().map(|&reading| i16::from_le_bytes(reading)))
            }
            _ => None,
        }
    }
}

/// An answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Answer {
    /// There is none.
    None,
    /// A class.
    Label(u32),
    /// A number; never compare one that may be NaN.
    Value(f32),
}

/// The answer of an expert, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Reply {
    /// The node that asked.
    pub node: u32,
    /// The number of its question.
    pub sequence: u32,
    /// Whether there is an answer.
    pub status: Status,
    /// [`Answer::None`] unless the status is [`Status::Ok`].
    pub answer: Answer,
    /// How sure the expert is: 65535 is certain; 0 also stands for "it does not say".
    pub confidence: u16,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// The expert answered.
    Ok,
    /// The expert cannot be had now.
    Unreachable,
    /// The gateway's queue is full, or the node asks too often.
    Busy,
    /// The gateway does not serve this node: unknown, or a wrong key.
    Refused,
    /// There is no such expert.
    UnknownExpert,
    /// The request could not be read.
    Malformed,
    /// The expert did not answer in time.
    TimedOut,
    /// The expert does not know the node's image.
    WrongImage,
}
