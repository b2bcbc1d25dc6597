//! What gateway and experts agree on to meet at a broker.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::v5::ConnectProperties;
use rumqttc::{NetworkOptions, TlsConfiguration, Transport};
use secrecy::ExposeSecret;

use crate::config::{BrokerConfig, Credentials};
use crate::experts::document::MAX_DOCUMENT;
use crate::experts::error::ExpertSetupError;
use crate::{random, tls};

/// The pause after a failed connection.
pub(crate) const RETRY_PAUSE: Duration = Duration::from_millis(250);
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The longest packet in bytes, both ways: a document, topics, which are bounded by the
/// configuration, and properties. Each client announces it, so a broker that keeps to MQTT 5 drops
/// a longer message instead of sending it.
pub(crate) const MAX_PACKET: usize = MAX_DOCUMENT + 2048;

/// The options of a client; `role` becomes part of its identifier if none is configured.
pub(crate) fn client_options(
    broker: &BrokerConfig,
    role: &str,
) -> Result<MqttOptions, ExpertSetupError> {
    broker.check().map_err(|(key, problem)| ExpertSetupError::Topic { key, problem })?;
    let client_id = match &broker.client_id {
        Some(client_id) => client_id.clone(),
        // Not the process ID: it is 1 in every container.
        None => format!("mild-{role}-{}", random::name()?),
    };
    let mut options = MqttOptions::new(client_id, &broker.host, broker.port);
    options.set_keep_alive(KEEP_ALIVE);
    let mut properties = ConnectProperties::new();
    properties.max_packet_size = u32::try_from(MAX_PACKET).ok();
    options.set_connect_properties(properties);
    // Messages are small, and each is waited for.
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    options.set_network_options(network);
    if let Some(Credentials { username, password }) = &broker.credentials {
        options.set_credentials(username, password.expose_secret());
    }
    if let Some(config) = &broker.tls {
        let config = tls::client(config).map_err(ExpertSetupError::BrokerTls)?;
        options
            .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::new(config))));
    }
    Ok(options)
}

/// The topic to which the gateway publishes a node's request.
pub(super) fn request_topic(prefix: &str, node: u32, expert: &str) -> String {
    format!("{prefix}/{node}/defer/{expert}")
}

/// A topic for answers that no other process has, nor this one after a start.
pub(super) fn reply_topic(prefix: &str, client_id: &str) -> Result<String, random::NoRandomness> {
    Ok(format!("{prefix}/gateway/{client_id}/reply/{}", random::name()?))
}

/// The subscription with which the clients of an expert share its requests.
pub(crate) fn share_topic(prefix: &str, expert: &str) -> String {
    format!("$share/{expert}/{prefix}/+/defer/{expert}")
}
