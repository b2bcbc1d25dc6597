//! The gateway's connection to the broker, and the requests that wait for replies from it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, EventLoop};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::options::{RETRY_PAUSE, client_options, request_topic};
use crate::config::BrokerConfig;
use crate::context::Context;
use crate::experts::document::{ExpertAnswer, ExpertRequest};
use crate::experts::error::{ExpertError, ExpertSetupError};

/// The most packets that wait for the broker.
const MAX_OUTGOING: usize = 1024;

/// The gateway's connection to the broker.
#[derive(Debug, Clone)]
pub(crate) struct Broker {
    connection: Arc<Connection>,
}

/// A connection, shared between its event loop and all publishers.
#[derive(Debug)]
struct Connection {
    client: AsyncClient,
    prefix: String,
    /// The topic to which experts reply.
    response_topic: String,
    connected: AtomicBool,
    next_id: AtomicU64,
    /// Who waits for a reply, by correlation data.
    waiting: Mutex<HashMap<u64, oneshot::Sender<ExpertAnswer>>>,
}

impl Connection {
    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<ExpertAnswer>>> {
        // A panic leaves the map whole: every use is a single call.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// Connects in the background, and again whenever the connection is lost.
    pub(crate) fn connect(
        broker: &BrokerConfig,
        context: &Context,
    ) -> Result<Self, ExpertSetupError> {
        let options = client_options(broker, "gateway")?;
        let response_topic = format!("{}/gateway/{}/reply", broker.prefix, options.client_id());
        let (client, events) = AsyncClient::new(options, MAX_OUTGOING);
        let connection = Arc::new(Connection {
            client,
            prefix: broker.prefix.clone(),
            response_topic,
            connected: AtomicBool::new(false),
            next_id: AtomicU64::new(1),
            waiting: Mutex::default(),
        });
        context.tasks.spawn(run(connection.clone(), events, context.shutdown.clone()));
        Ok(Self { connection })
    }

    pub(crate) fn publisher(&self, expert: &str) -> Publisher {
        Publisher { connection: self.connection.clone(), expert: expert.to_owned() }
    }
}

async fn run(connection: Arc<Connection>, mut events: EventLoop, shutdown: CancellationToken) {
    loop {
        let event = tokio::select! {
            () = shutdown.cancelled() => return,
            event = events.poll() => event,
        };
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                tracing::info!("connected to the broker");
                // After every connection: the broker may have lost the subscription.
                let topic = &connection.response_topic;
                if connection.client.try_subscribe(topic, QoS::AtLeastOnce).is_ok() {
                    connection.connected.store(true, Ordering::Release);
                }
            }
            Ok(Event::Incoming(Packet::Publish(reply))) => receive(&connection, &reply),
            Ok(_) => {}
            Err(error) => {
                if connection.connected.swap(false, Ordering::AcqRel) {
                    tracing::warn!(%error, "lost the connection to the broker");
                }
                // Dropping the senders ends all waits at once.
                connection.waiting().clear();
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = tokio::time::sleep(RETRY_PAUSE) => {}
                }
            }
        }
    }
}

/// Hands an expert's reply to the request that waits for it.
fn receive(connection: &Connection, reply: &Publish) {
    let properties = reply.properties.as_ref();
    let correlation = properties.and_then(|properties| properties.correlation_data.as_ref());
    let id = correlation.and_then(|data| data.as_ref().try_into().ok()).map(u64::from_le_bytes);
    let waiting = id.and_then(|id| connection.waiting().remove(&id));
    match (waiting, serde_json::from_slice(&reply.payload)) {
        // The receiver may have timed out meanwhile.
        (Some(waiting), Ok(answer)) => drop(waiting.send(answer)),
        (Some(_), Err(error)) => {
            tracing::warn!(%error, "the expert's answer cannot be read");
        }
        (None, _) => tracing::debug!("dropped an answer that no request waits for"),
    }
}

/// Publishes the requests to one expert.
#[derive(Debug)]
pub(crate) struct Publisher {
    connection: Arc<Connection>,
    expert: String,
}

impl Publisher {
    /// Asks whoever subscribed as this expert. The broker drops the request after `expiry`.
    pub(crate) async fn ask(
        &self,
        request: &ExpertRequest,
        expiry: Duration,
    ) -> Result<ExpertAnswer, ExpertError> {
        let connection = &self.connection;
        if !connection.connected.load(Ordering::Acquire) {
            return Err(ExpertError::Unreachable);
        }
        let topic = request_topic(&connection.prefix, request.node, &self.expert);
        let payload = serde_json::to_vec(request).map_err(|_| ExpertError::InvalidAnswer)?;
        let id = connection.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        connection.waiting().insert(id, sender);
        let _guard = WaitGuard { connection, id };
        let properties = PublishProperties {
            response_topic: Some(connection.response_topic.clone()),
            correlation_data: Some(id.to_le_bytes().to_vec().into()),
            message_expiry_interval: Some(expiry.as_secs().max(1).try_into().unwrap_or(u32::MAX)),
            ..PublishProperties::default()
        };
        connection
            .client
            .try_publish_with_properties(topic, QoS::AtLeastOnce, false, payload, properties)
            .map_err(|_| ExpertError::Busy)?;
        receiver.await.map_err(|_| ExpertError::Unreachable)
    }
}

/// Forgets a request when its wait ends, in whichever way.
struct WaitGuard<'a> {
    connection: &'a Connection,
    id: u64,
}

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        self.connection.waiting().remove(&self.id);
    }
}
