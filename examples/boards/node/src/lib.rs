//! What the boards' examples share: everything that is not the board.
//!
//! - [`readings`] and [`local_answer`]: what stands in for probes, and for a classifier of the
//!   node's own.
//! - [`port()`]: a serial port whose bytes an interrupt handler receives, so that none is lost.
//! - [`Uplink`]: the link to the experts, `mild`'s client over any serial port and delay.
//! - [`Node`]: the rejector, its experts, and an answer to each input; `run` does that once a
//!   second.
//!
//! The boards bring a serial port and a delay, by the traits of `embedded-io` and `embedded-hal`;
//! the test brings a gateway that lives in memory.

#![no_std]

mod answer;
#[cfg(test)]
mod byte_times;
#[cfg(test)]
mod gateway;
mod port;
mod stand_in;
mod uplink;

#[cfg(feature = "defmt")]
pub use answer::run;
pub use answer::{Node, Readings};
pub use port::{Arrived, Handler, Port, Receive, Receiver, port};
pub use stand_in::{local_answer, readings};
pub use uplink::{Uplink, uplink};
