//! The start of a message, which stands in clear in an encrypted frame, too.

use super::FrameError;
#[cfg(feature = "encrypted")]
use super::Message;

/// The numbers of the messages, which come first in them.
const HELLO: u32 = 0;
const REQUEST: u32 = 2;

/// Who sent a hello or a request. Every frame says it in clear, so that the gateway finds the key;
/// but nobody vouches for it before the frame is read with that key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sender {
    /// The number of the node.
    pub node: u32,
    /// The sequence number of the request; 0 of a hello.
    pub sequence: u32,
}

/// What a message begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: u32,
    pub(super) node: u32,
    /// Session and sequence number of a request; the nonce of a hello and 0.
    pub(super) name: Option<(u64, u32)>,
    /// Its length in bytes.
    pub(super) bytes: usize,
}

impl Head {
    /// Reads the start of a message.
    pub(super) fn read(message: &[u8]) -> Result<Self, FrameError> {
        fn next<'m, T: serde::Deserialize<'m>>(from: &mut &'m [u8]) -> Result<T, FrameError> {
            let (value, rest) = postcard::take_from_bytes(from).map_err(|_| FrameError::Message)?;
            *from = rest;
            Ok(value)
        }
        let mut rest = message;
        let (kind, node) = (next(&mut rest)?, next(&mut rest)?);
        let name = match kind {
            HELLO | REQUEST => {
                // Eight bytes, as they are, and not a varint.
                let (eight, after) = rest.split_first_chunk().ok_or(FrameError::Message)?;
                rest = after;
                let sequence = if kind == REQUEST { next(&mut rest)? } else { 0 };
                Some((u64::from_le_bytes(*eight), sequence))
            }
            _ => None,
        };
        Ok(Self { kind, node, name, bytes: message.len().saturating_sub(rest.len()) })
    }

    /// Who sent the message; `None` of an answer.
    pub(super) fn sender(&self) -> Option<Sender> {
        self.name.map(|(_, sequence)| Sender { node: self.node, sequence })
    }
}

/// The head of a message that is to be written.
#[cfg(feature = "encrypted")]
impl From<&Message<'_>> for Head {
    fn from(message: &Message<'_>) -> Self {
        let (kind, node, name) = match *message {
            Message::Hello(hello) => (HELLO, hello.node, Some((hello.nonce, 0))),
            Message::Welcome(welcome) => (1, welcome.node, None),
            Message::Request(request) => {
                (REQUEST, request.node, Some((request.session, request.sequence)))
            }
            Message::Reply(reply) => (3, reply.node, None),
        };
        let name_bytes = match name {
            Some((_, sequence)) if kind == REQUEST => 8 + varint_bytes(sequence),
            Some(_) => 8,
            None => 0,
        };
        Self { kind, node, name, bytes: 1 + varint_bytes(node) + name_bytes }
    }
}

/// The length of a number in bytes, at 7 bits each.
#[cfg(feature = "encrypted")]
const fn varint_bytes(number: u32) -> usize {
    let bits = u32::BITS - (number | 1).leading_zeros();
    bits.div_ceil(7) as usize
}
