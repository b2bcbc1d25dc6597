//! Sends a deferral, waits, retries, and falls back (feature `client`, and `client-async`).
//!
//! [`Client::resolve`] carries one input through: it takes anything that [decides](crate::Decide),
//! asks the proposed expert over a byte stream in frames of [`mild::wire`](crate::wire), repeats
//! the request while there is time, and drops answers that belong to others or come twice. When the
//! expert cannot be had it takes another proposal among those that are left: another expert, or the
//! device itself. In the end it commits to the decider what happened, once. The [`Outcome`] always
//! says who answered, and why, if it is not the first choice. An expert that fails again and again
//! counts as unreachable for a while, then gets another chance, each time after a longer while.
//!
//! Before its first request the client begins a session with the gateway, and again whenever the
//! gateway does not know the session any more; the request then waits for one more round trip. Give
//! it a [`Nonce`].
//!
//! Every input is resolved within [`RetryPolicy::deadline_ms`], if the port's own calls return. One
//! state machine without input, output or clock (`exchange.rs`) decides what is sent, when, and
//! what is believed. The blocking client over `embedded-io` and the `AsyncClient` over
//! `embedded-io-async` are thin.

#[cfg(feature = "client-async")]
mod asynchronous;
mod blocking;
mod clock;
mod exchange;
mod links;
mod outcome;
mod session;
mod settings;
#[cfg(test)]
mod tests;

#[cfg(feature = "client-async")]
pub use asynchronous::AsyncClient;
pub use blocking::Client;
#[cfg(feature = "client-async")]
pub use clock::Timer;
pub use clock::{Clock, DelayClock, TickCounter};
pub use outcome::{ClientCounters, Failure, Outcome};
pub use session::Nonce;
pub use settings::RetryPolicy;

use crate::wire::{Answer, Payload};

/// An input to be resolved: what the node answers itself, and what an expert needs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Input<'a> {
    /// What the node answers by itself.
    pub local: Answer,
    /// The input, for the expert.
    pub payload: Payload<'a>,
}

/// Who a node is: the same in all of its requests.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The node's number in its fleet.
    pub node: u32,
    /// The key that its requests are signed with, and that answers must be signed with; encrypted,
    /// too, if the key encrypts.
    pub key: Option<crate::wire::Key>,
}
