//! What the boards' examples share: everything that is not the board.
//!
//! - [`readings`]: three raw readings for the demonstration's rejector, from what a board can measure without wiring.
//! - [`Frame`]: what goes out when the rejector defers.
//! - [`Link`]: whether the experts count as reachable.
//! - [`Uplink`]: sends a frame, waits for the answer, and keeps the state of the link.
//!
//! The boards bring a serial port and a delay, by the traits of `embedded-io` and `embedded-hal`; the tests bring a
//! gateway that lives in memory.

#![no_std]

mod frame;
mod link;
mod stand_in;
mod uplink;

pub use frame::{Frame, MAX_FRAME};
pub use link::{Link, RETRY_AFTER_MS};
pub use stand_in::{local_answer, readings};
pub use uplink::{DEADLINE_MS, NoAnswer, Uplink};
