//! Answering over MQTT.

use std::sync::Arc;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event};

use super::Responder;
use crate::config::BrokerConfig;
use crate::experts::mqtt::{RETRY_PAUSE, client_options, share_topic};
use crate::experts::{ExpertRequest, ExpertSetupError};

/// The most packets that wait for the broker.
const MAX_OUTGOING: usize = 1024;

impl Responder {
    /// Answers forever, sharing the requests with all other clients that answer as `expert`.
    /// Connects again whenever the connection is lost.
    ///
    /// # Errors
    /// If the broker's certificate authorities cannot be read.
    pub async fn serve_mqtt(
        self,
        broker: &BrokerConfig,
        expert: &str,
    ) -> Result<(), ExpertSetupError> {
        let options = client_options(broker, expert)?;
        let (client, mut events) = AsyncClient::new(options, MAX_OUTGOING);
        let topic = share_topic(&broker.prefix, expert);
        let responder = Arc::new(self);
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    tracing::info!(topic, "connected to the broker");
                    // After every connection: the broker may have lost the subscription. This loop
                    // empties the queue, so it must not wait for room in it.
                    if let Err(error) = client.try_subscribe(&topic, QoS::AtLeastOnce) {
                        tracing::warn!(topic, %error, "cannot subscribe");
                    }
                }
                Ok(Event::Incoming(Packet::Publish(request))) => {
                    tokio::spawn(reply(responder.clone(), client.clone(), request));
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection to the broker; trying again");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    }
}

/// Answers one request. If it has no answer, the gateway times out.
async fn reply(responder: Arc<Responder>, client: AsyncClient, publish: Publish) {
    let Some(properties) = publish.properties else { return };
    let Some(topic) = properties.response_topic else { return };
    let request: ExpertRequest = match serde_json::from_slice(&publish.payload) {
        Ok(request) => request,
        Err(error) => return tracing::warn!(%error, "cannot read a request"),
    };
    let answer = match responder.answer(request).await {
        Ok(answer) => answer,
        Err(error) => return tracing::warn!(%error, "cannot answer a request"),
    };
    let Ok(payload) = serde_json::to_vec(&answer) else { return };
    let correlation_data = properties.correlation_data;
    let properties = PublishProperties { correlation_data, ..PublishProperties::default() };
    let sent =
        client.publish_with_properties(topic, QoS::AtLeastOnce, false, payload, properties).await;
    if let Err(error) = sent {
        tracing::warn!(%error, "cannot send an answer");
    }
}
