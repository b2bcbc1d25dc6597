//! Sends a deferral, waits, retries, and falls back (feature `client`, and `client-async`).
//!
//! [`Client::resolve`] takes a decision all the way: it asks the expert over a byte stream in frames of
//! [`mild::wire`](crate::wire), repeats the question while there is time, drops answers that belong to others or
//! come twice, and when the expert cannot be had decides again among those that are left: another expert, or the device itself.
//! The [`Outcome`] always says who answered, and why, if it is not whom the rejector chose first. An expert that fails again and
//! again counts as unreachable for a while, then gets another chance, each time after a longer while.
//!
//! Every question ends within [`RetryPolicy::deadline_ms`], if the port's own calls return. What is sent, when, and what is
//! believed is decided by one state machine without input, output or clock (`exchange.rs`); the blocking client over
//! `embedded-io` and the [`AsyncClient`] over `embedded-io-async` are thin.

#[cfg(feature = "client-async")]
mod asynchronous;
mod blocking;
mod clock;
mod exchange;
mod links;
mod outcome;
mod settings;
#[cfg(test)]
mod tests;

#[cfg(feature = "client-async")]
pub use asynchronous::AsyncClient;
pub use blocking::Client;
#[cfg(feature = "client-async")]
pub use clock::Timer;
pub use clock::{Clock, DelayClock};
pub use outcome::{ClientCounters, Failure, How, Outcome};
pub use settings::RetryPolicy;

use crate::wire::{Answer, Payload};

/// What a node knows of itself, and of an input to be resolved.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Question<'a> {
    /// What the node answers by itself.
    pub local: Answer,
    /// The input, for the expert.
    pub payload: Payload<'a>,
}

/// Who a node is: the same in all of its questions.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The node's number in its fleet.
    pub node: u32,
    /// The checksum of its image ([`Image::checksum`](crate::Image::checksum)).
    pub image: u32,
    /// Signs its questions, and what answers must be signed with.
    pub key: Option<crate::wire::Key>,
}
