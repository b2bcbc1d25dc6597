//! `[mqtt]`: the broker between the gateway and its experts.

use std::path::PathBuf;

use serde::Deserialize;

/// How to connect to an MQTT 5 broker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokerConfig {
    /// The broker's name or address.
    pub host: String,
    /// The broker's port.
    #[serde(default = "default_port")]
    pub port: u16,
    /// This client's identifier, unique at the broker. The default is made from the process ID.
    pub client_id: Option<String>,
    /// The first part of all topics.
    #[serde(default = "default_prefix")]
    pub prefix: String,
    /// The user name; used only with a password.
    pub username: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// A PEM file of trusted certificate authorities. If given, the connection uses TLS.
    pub ca: Option<PathBuf>,
}

fn default_port() -> u16 {
    1883
}

fn default_prefix() -> String {
    "mild".to_owned()
}
