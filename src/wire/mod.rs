//! Frames that carry a request to an expert and its reply back (cargo feature `wire`).
//!
//! A frame contains a version, a [`Message`] encoded with `postcard`, and a CRC-32. It is encoded
//! with COBS and ends with its only zero byte, so that a receiver finds the next frame after any
//! damage. With a [`Key`] that both sides know it also has a MAC, so that a gateway can refuse
//! unknown nodes; the key may also say that frames are encrypted (cargo feature `encrypted`).
//! `docs/wire-format.md` specifies every byte.
//!
//! A node begins a session with [`Hello`], and the gateway names it in its [`Welcome`]. Each
//! [`Request`] then has a name that cannot recur, and each answer is bound to the frame that it
//! answers ([`Binding`]).
//!
//! Nothing here allocates or panics, whatever bytes arrive.
//!
//! ```
//! use mild::wire::{self, Answer, Decoder, Message, Payload, Request};
//!
//! let request = Request {
//!     node: 7,
//!     session: 0x0123_4567_89ab_cdef,
//!     sequence: 0,
//!     image: 0x1234_5678,
//!     expert: 2,
//!     local: Answer::Label(3),
//!     margin: 512,
//!     payload: Payload::codes(&[-5, 0, 127]),
//! };
//! let mut buffer = [0; wire::max_frame(3)];
//! let frame = wire::encode(&Message::Request(request), None, &mut buffer)?;
//!
//! // At the other end, where bytes may arrive in pieces.
//! let mut decoder = Decoder::<{ wire::MAX_OVERHEAD + 3 }>::new();
//! let (used, received) = decoder.feed(frame.bytes);
//! let received = received.expect("the frame is complete")?;
//! assert_eq!(used, frame.bytes.len());
//! assert_eq!(received.message()?, Message::Request(request));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod binding;
#[cfg(feature = "encrypted")]
mod cipher;
mod decoder;
mod encode;
mod error;
mod frame;
mod head;
mod key;
mod layout;
mod message;
#[cfg(test)]
mod tests;

pub use binding::Binding;
pub use decoder::Decoder;
pub use encode::{Encoded, encode, encode_answer};
pub use error::{EncodeError, FrameError};
pub use frame::Frame;
pub use head::Sender;
pub use key::Key;
pub use layout::{MAC_BYTES, MAX_OVERHEAD, VERSION, max_frame};
pub use message::{Answer, Hello, Message, Payload, Reply, Request, Status, Welcome};
