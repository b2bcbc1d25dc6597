//! Carries deferrals from nodes to experts, and the answers back.
//!
//! Nodes send frames of [`mild::wire`] over TCP, Unix sockets or serial ports. Experts are HTTP
//! endpoints, subscribers of an MQTT 5 broker, or ONNX models in this process (cargo feature
//! `onnx`). Queues, rates and times are bounded, a repeated request is answered without asking its
//! expert again, and a request that cannot be answered gets a status that says why.
//! `docs/gateway.md` describes the configuration.
//!
//! The way of a deferral, which is also the order in which modules may import each other, last
//! first:
//!
//! ```text
//! nodes       connections: bytes to frames, replies to bytes
//!   sessions  rate limits, repeated requests, who may ask
//!     experts HTTP, MQTT, ONNX: a request to an answer
//! ```
//!
//! [`server`] starts and stops all of it. [`responder`] is a program that answers as an expert, and
//! [`load`] one that asks as many nodes.

pub mod config;
mod context;
pub mod experts;
mod health;
mod http_server;
pub mod load;
pub mod logging;
mod metrics;
mod nodes;
mod random;
pub mod responder;
pub mod server;
mod sessions;
mod tls;

pub use random::NoRandomness;
pub use tls::TlsError;
