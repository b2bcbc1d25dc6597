//! Carries deferrals from nodes to experts and their answers back.
//!
//! Nodes speak frames of [`mild::wire`] over TCP, Unix sockets or serial ports; experts are HTTP endpoints, or subscribers of an
//! MQTT 5 broker, or ONNX models in the same process (feature `onnx`). In between: bounded queues, limits per node, keys, repeated questions answered once, metrics, and an
//! explicit refusal where something cannot be done. `docs/gateway.md` tells how to configure it.

pub mod answers;
pub mod config;
mod connection;
mod expert;
pub mod load;
pub mod metrics;
#[cfg(feature = "onnx")]
pub mod model;
mod nodes;
pub mod protocol;
pub mod responder;
pub mod server;

/// Room for one frame of a node, after COBS: larger ones are refused.
pub const FRAME_ROOM: usize = 4096;
