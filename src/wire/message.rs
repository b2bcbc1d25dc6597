//! The messages in frames.

use serde::{Deserialize, Serialize};

/// A message between a node and the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Message<'a> {
    /// A node wants to begin a session.
    Hello(Hello),
    /// The gateway names the session that the node may begin.
    Welcome(Welcome),
    /// A node asks an expert.
    #[serde(borrow)]
    Request(Request<'a>),
    /// The reply of an expert, or of the gateway in its place.
    Reply(Reply),
}

impl Message<'_> {
    /// Whether it answers another message: a [`Welcome`] or a [`Reply`].
    #[must_use]
    pub const fn is_answer(&self) -> bool {
        matches!(self, Self::Welcome(_) | Self::Reply(_))
    }
}

/// The first message of a node after its start, or after [`Status::UnknownSession`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Hello {
    /// The number of the node.
    pub node: u32,
    /// Another number in each handshake of this node, so that a recorded [`Welcome`] fits none.
    #[serde(with = "postcard::fixint::le")]
    pub nonce: u64,
}

/// The answer to a [`Hello`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Welcome {
    /// The number of the node.
    pub node: u32,
    /// A number that the gateway gives to no other session.
    #[serde(with = "postcard::fixint::le")]
    pub session: u64,
}

/// A request to an expert.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Request<'a> {
    /// The number of the node that asks, unique in its fleet.
    pub node: u32,
    /// The session, from [`Welcome::session`].
    #[serde(with = "postcard::fixint::le")]
    pub session: u64,
    /// Counts the requests of the session from 0, and never wraps around. Node, session and
    /// sequence are the request's name: only the same bytes, sent once more, may have it again.
    pub sequence: u32,
    /// The checksum of the node's image ([`Image::checksum`](crate::Image::checksum)), which
    /// identifies the experts, features and codes that the request refers to.
    pub image: u32,
    /// The index of the expert to ask.
    pub expert: u8,
    /// The node's own answer.
    pub local: Answer,
    /// By how much the rejector preferred the expert, in score units.
    pub margin: i32,
    /// The input.
    #[serde(borrow)]
    pub payload: Payload<'a>,
}

/// An input, in one of the forms that nodes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Payload<'a> {
    /// Quantized features, one signed byte each
    /// ([`Rejector::quantize`](crate::Rejector::quantize)).
    #[serde(borrow)]
    Codes(&'a [u8]),
    /// Raw readings, 16 bits each, little-endian.
    #[serde(borrow)]
    Raw(&'a [u8]),
    /// Bytes whose meaning application and expert agreed on.
    #[serde(borrow)]
    Bytes(&'a [u8]),
}

impl<'a> Payload<'a> {
    /// A payload of codes.
    #[must_use]
    pub fn codes(codes: &'a [i8]) -> Self {
        Self::Codes(bytemuck::must_cast_slice(codes))
    }

    /// The bytes, whatever their form.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        match *self {
            Self::Codes(bytes) | Self::Raw(bytes) | Self::Bytes(bytes) => bytes,
        }
    }

    /// The codes, if the payload has that form.
    #[must_use]
    pub fn as_codes(&self) -> Option<&'a [i8]> {
        match *self {
            Self::Codes(bytes) => Some(bytemuck::must_cast_slice(bytes)),
            _ => None,
        }
    }

    /// The readings, if the payload has that form. Half a reading at its end is ignored.
    pub fn as_readings(&self) -> Option<impl ExactSizeIterator<Item = i16> + use<'a>> {
        match *self {
            Self::Raw(bytes) => {
                Some(bytes.as_chunks().0.iter().map(|&reading| i16::from_le_bytes(reading)))
            }
            _ => None,
        }
    }
}

/// An answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Answer {
    /// No answer.
    None,
    /// A class.
    Label(u32),
    /// A number. It may be NaN, which is not equal to itself.
    Value(f32),
}

/// The answer of an expert, or the reason why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Reply {
    /// The node that asked.
    pub node: u32,
    /// The sequence number of its request; 0 if a [`Hello`] was refused.
    pub sequence: u32,
    /// Whether there is an answer, or why not.
    pub status: Status,
    /// [`Answer::None`] unless the status is [`Status::Ok`].
    pub answer: Answer,
    /// How sure the expert is: 65535 means certain, and 0 also means "not stated".
    pub confidence: u16,
}

/// Whether a request was answered, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// The expert answered.
    Ok,
    /// The expert cannot be reached, or gave no valid answer.
    Unreachable,
    /// A queue is full, or the node sends too many requests.
    Busy,
    /// The gateway does not serve this node: it is unknown, or its key is wrong.
    Refused,
    /// The gateway has no expert with this index.
    UnknownExpert,
    /// The request could not be decoded.
    Malformed,
    /// The expert did not answer in time.
    TimedOut,
    /// The gateway does not serve nodes with this image.
    WrongImage,
    /// The gateway did not begin this session, or has forgotten it: say [`Hello`] and ask again.
    UnknownSession,
    /// The request's name belongs to another request, or its answer is no longer remembered.
    NameUsed,
}
