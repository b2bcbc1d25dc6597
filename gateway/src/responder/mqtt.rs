//! Answering over MQTT.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties, SubAck, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, EventLoop};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Responder;
use crate::config::BrokerConfig;
use crate::experts::mqtt::{RETRY_PAUSE, client_options, share_topic};
use crate::experts::{ExpertRequest, ExpertSetupError, MAX_DOCUMENT};

/// The most packets that wait for the broker.
const MAX_OUTGOING: usize = 1024;
/// The most requests that are answered at once; the broker's flow control ends before.
const MAX_ANSWERING: usize = 1024;
/// The time that answers under way get after a stop.
const DRAIN: Duration = Duration::from_secs(5);

/// What the connection and the answers under way share.
struct Service {
    responder: Arc<Responder>,
    client: AsyncClient,
    room: Arc<Semaphore>,
    answers: TaskTracker,
}

impl Responder {
    /// Answers until `stop` is cancelled, sharing the requests with all other clients that answer
    /// as `expert`; answers under way are sent before this returns. Connects again whenever the
    /// connection is lost.
    ///
    /// # Errors
    /// If the broker's configuration or its certificates cannot be used.
    pub async fn serve_mqtt(
        self,
        broker: &BrokerConfig,
        expert: &str,
        stop: CancellationToken,
    ) -> Result<(), ExpertSetupError> {
        let options = client_options(broker, expert)?;
        let (client, mut events) = AsyncClient::new(options, MAX_OUTGOING);
        let topic = share_topic(&broker.prefix, expert);
        let service = Service {
            responder: Arc::new(self),
            client,
            room: Arc::new(Semaphore::new(MAX_ANSWERING)),
            answers: TaskTracker::new(),
        };
        tokio::select! {
            () = service.serve(&mut events, &topic) => {}
            () = stop.cancelled() => {}
        }
        // The broker gives further requests to others.
        let _ = service.client.try_unsubscribe(&topic);
        service.answers.close();
        let drained = async {
            tokio::select! {
                () = service.answers.wait() => {}
                () = service.serve(&mut events, &topic) => {}
            }
            let _ = service.client.try_disconnect();
            // It ends with the error of a connection that is closed.
            while events.poll().await.is_ok() {}
        };
        let _ = timeout(DRAIN, drained).await;
        Ok(())
    }
}

impl Service {
    /// Answers for ever.
    async fn serve(&self, events: &mut EventLoop, topic: &str) {
        // The last error that was logged: one that stays the same is logged once.
        let mut logged = None;
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    // After every connection: the broker may have lost the subscription. This loop
                    // empties the queue, so it must not wait for room in it.
                    if let Err(error) = self.client.try_subscribe(topic, QoS::AtLeastOnce) {
                        tracing::warn!(topic, %error, "cannot subscribe");
                    }
                }
                Ok(Event::Incoming(Packet::SubAck(answer))) => {
                    logged = None;
                    subscribed(topic, &answer);
                }
                Ok(Event::Incoming(Packet::Publish(request))) => self.take(request),
                Ok(_) => {}
                Err(error) => {
                    let error = error.to_string();
                    if logged.as_ref() != Some(&error) {
                        tracing::warn!(error, "no connection to the broker; trying again");
                        logged = Some(error);
                    }
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    /// Begins to answer a request, if there is room for it.
    fn take(&self, request: Publish) {
        let Ok(permit) = self.room.clone().try_acquire_owned() else {
            return tracing::warn!("dropped a request: {MAX_ANSWERING} are being answered");
        };
        let (responder, client) = (self.responder.clone(), self.client.clone());
        self.answers.spawn(async move {
            reply(responder, client, request).await;
            drop(permit);
        });
    }
}

fn subscribed(topic: &str, answer: &SubAck) {
    let is_refused = |code: &&SubscribeReasonCode| !matches!(code, SubscribeReasonCode::Success(_));
    match answer.return_codes.iter().find(is_refused) {
        None => tracing::info!(topic, "connected to the broker"),
        Some(reason) => tracing::error!(topic, ?reason, "the broker refuses the subscription"),
    }
}

/// Answers one request. If it has no answer, the gateway times out.
async fn reply(responder: Arc<Responder>, client: AsyncClient, publish: Publish) {
    let Some(properties) = publish.properties else { return };
    let Some(topic) = properties.response_topic else { return };
    if publish.payload.len() > MAX_DOCUMENT {
        let found = publish.payload.len();
        return tracing::warn!(found, expected = MAX_DOCUMENT, "a request is too long");
    }
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
