//! Frames that carry a request to an expert and its reply back (cargo feature `wire`).
//!
//! A frame contains a version, a [`Message`] encoded with `postcard`, and a CRC-32. It is encoded
//! with COBS and ends with its only zero byte, so that a receiver finds the next frame after any
//! damage. With a [`Key`] that both sides know it also has a MAC, so that a gateway can refuse
//! unknown nodes. `docs/wire-format.md` specifies every byte.
//!
//! Nothing here allocates or panics, whatever bytes arrive.
//!
//! ```
//! use mild::wire::{self, Answer, Decoder, Message, Payload, Request};
//!
//! let request = Request {
//!     node: 7,
//!     sequence: 1,
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
//! let mut decoder = Decoder::<64>::new();
//! let (used, received) = decoder.feed(frame);
//! let received = received.expect("the frame is complete")?;
//! assert_eq!(used, frame.len());
//! assert_eq!(received.message()?, Message::Request(request));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decoder;
mod error;
mod frame;
mod key;
mod layout;
mod message;
#[cfg(test)]
mod tests;

pub use decoder::Decoder;
pub use error::{EncodeError, FrameError};
pub use frame::{Frame, encode};
pub use key::Key;
pub use layout::{MAC_BYTES, MAX_OVERHEAD, VERSION, max_frame};
pub use message::{Answer, Message, Payload, Reply, Request, Status};
