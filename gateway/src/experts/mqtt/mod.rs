//! Experts behind an MQTT 5 broker.
//!
//! A request is published to `PREFIX/NODE/defer/EXPERT` with a response topic and correlation data.
//! All clients that subscribe to `$share/EXPERT/PREFIX/+/defer/EXPERT` share an expert's work. An
//! answer counts only if it carries the 128 random bits of a request that still waits.

mod broker;
mod options;
mod pending;

pub(super) use broker::{Broker, Publisher};
pub(crate) use options::{RETRY_PAUSE, client_options, share_topic};
