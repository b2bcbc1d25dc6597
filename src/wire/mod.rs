//! The frames in which a deferral travels to an expert, and its answer back (feature `wire`).
//!
//! A frame is bytes without a zero, then a zero (COBS), so that a receiver finds the next one after any damage; inside
//! are a version, a [`Message`] as `postcard` encodes it, and a CRC-32. With a [`Key`] that both sides know it also has a
//! MAC, so that a gateway refuses a node that it does not know. `docs/wire-format.md` specifies every byte.
//!
//! Nothing here allocates or panics, whatever bytes come.
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
//! // At the other end bytes come in pieces.
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
mod message;
#[cfg(test)]
mod tests;

pub use decoder::Decoder;
pub use error::{EncodeError, FrameError};
pub use frame::{Frame, MAC_BYTES, MAX_OVERHEAD, VERSION, encode, max_frame};
pub use key::Key;
pub use message::{Answer, Message, Payload, Reply, Request, Status};
