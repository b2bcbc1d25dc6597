//! What gateway and experts agree on to meet at a broker.

use std::time::Duration;

use rumqttc::v5::MqttOptions;
use rumqttc::{NetworkOptions, Transport};

use crate::config::BrokerConfig;
use crate::experts::error::ExpertSetupError;

/// The pause after a failed connection.
pub(crate) const RETRY_PAUSE: Duration = Duration::from_millis(250);
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The options of a client; `role` becomes part of its identifier if none is configured.
pub(crate) fn client_options(
    broker: &BrokerConfig,
    role: &str,
) -> Result<MqttOptions, ExpertSetupError> {
    let client_id = match &broker.client_id {
        Some(client_id) => client_id.clone(),
        None => format!("mild-{role}-{}", std::process::id()),
    };
    let mut options = MqttOptions::new(client_id, &broker.host, broker.port);
    options.set_keep_alive(KEEP_ALIVE);
    // Messages are small, and each is waited for.
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    options.set_network_options(network);
    if let (Some(username), Some(password)) = (&broker.username, &broker.password) {
        options.set_credentials(username, password);
    }
    if let Some(file) = &broker.ca {
        let certificates = std::fs::read(file)
            .map_err(|source| ExpertSetupError::Certificates { file: file.clone(), source })?;
        options.set_transport(Transport::tls(certificates, None, None));
    }
    Ok(options)
}

/// The topic to which the gateway publishes a node's request.
pub(super) fn request_topic(prefix: &str, node: u32, expert: &str) -> String {
    format!("{prefix}/{node}/defer/{expert}")
}

/// The subscription with which the clients of an expert share its requests.
pub(crate) fn share_topic(prefix: &str, expert: &str) -> String {
    format!("$share/{expert}/{prefix}/+/defer/{expert}")
}
