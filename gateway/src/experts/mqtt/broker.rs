//! The gateway's connection to the broker.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, Packet, PubAck, PubAckReason, Publish, PublishProperties, SubAck, SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, Event, EventLoop};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::options::{MAX_PACKET, RETRY_PAUSE, client_options, reply_topic, request_topic};
use super::pending::{Correlation, Pending};
use crate::config::BrokerConfig;
use crate::context::Context;
use crate::experts::document::{ExpertAnswer, ExpertRequest, MAX_DOCUMENT};
use crate::experts::error::{ExpertError, ExpertSetupError};
use crate::health::Health;
use crate::metrics::Metrics;
use crate::random;

/// The most packets that wait for the broker.
const MAX_OUTGOING: usize = 1024;
/// The time that saying goodbye to the broker may take.
const GOODBYE: Duration = Duration::from_millis(500);
/// What a packet number adds to a packet's size.
const PACKET_NUMBER: usize = 2;

/// The gateway's connection to the broker.
#[derive(Debug, Clone)]
pub(crate) struct Broker {
    connection: Arc<Connection>,
}

/// A connection, shared between its event loop and all publishers.
#[derive(Debug)]
struct Connection {
    client: AsyncClient,
    /// The broker's host and port.
    name: String,
    prefix: String,
    /// The topic to which experts reply.
    reply_topic: String,
    /// The longest packet in bytes that the broker takes.
    max_packet: AtomicUsize,
    pending: Mutex<Pending>,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
}

impl Connection {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        // A panic leaves this whole: no update is in several steps that could panic.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// Connects in the background, and again whenever the connection is lost.
    pub(crate) fn connect(
        broker: &BrokerConfig,
        context: &Context,
    ) -> Result<Self, ExpertSetupError> {
        let options = client_options(broker, "gateway")?;
        let reply_topic = reply_topic(&broker.prefix, &options.client_id())?;
        let (client, events) = AsyncClient::new(options, MAX_OUTGOING);
        let connection = Arc::new(Connection {
            client,
            name: format!("{}:{}", broker.host, broker.port),
            prefix: broker.prefix.clone(),
            reply_topic,
            max_packet: AtomicUsize::new(MAX_PACKET),
            pending: Mutex::default(),
            health: context.health.clone(),
            metrics: context.metrics.clone(),
        });
        context.health.broker(false);
        context.metrics.broker_up(&connection.name, false);
        // It outlives the requests: their answers come this way.
        context.background.spawn(run(connection.clone(), events, context.halt.clone()));
        Ok(Self { connection })
    }

    pub(crate) fn publisher(&self, expert: &str) -> Publisher {
        Publisher { connection: self.connection.clone(), expert: expert.to_owned() }
    }
}

async fn run(connection: Arc<Connection>, mut events: EventLoop, halt: CancellationToken) {
    // The last error that was logged: one that stays the same is logged once.
    let mut logged = None;
    loop {
        let event = tokio::select! {
            () = halt.cancelled() => break,
            event = events.poll() => event,
        };
        match event {
            Ok(Event::Incoming(Packet::ConnAck(accepted))) => connection.connected(&accepted),
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if connection.subscribed(&answer) {
                    logged = None;
                }
            }
            Ok(Event::Incoming(Packet::Publish(reply))) => connection.receive(&reply),
            Ok(Event::Incoming(Packet::PubAck(answer))) => connection.acknowledged(&answer),
            Ok(Event::Outgoing(Outgoing::Publish(packet))) => connection.pending().sent(packet),
            Ok(_) => {}
            Err(error) => {
                let error = error.to_string();
                if logged.as_ref() != Some(&error) {
                    tracing::warn!(error, "no connection to the broker; trying again");
                    logged = Some(error);
                }
                connection.lost(&mut events);
                tokio::select! {
                    () = halt.cancelled() => return,
                    () = tokio::time::sleep(RETRY_PAUSE) => {}
                }
            }
        }
    }
    if connection.client.try_disconnect().is_ok() {
        // It ends with the error of a connection that is closed.
        let goodbye = async { while events.poll().await.is_ok() {} };
        let _ = timeout(GOODBYE, goodbye).await;
    }
}

impl Connection {
    /// Subscribes, after every connection: the broker may have lost the subscription.
    fn connected(&self, accepted: &ConnAck) {
        let limit = accepted.properties.as_ref().and_then(|properties| properties.max_packet_size);
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(MAX_PACKET);
        self.max_packet.store(limit.min(MAX_PACKET), Ordering::Relaxed);
        if let Err(error) = self.client.try_subscribe(&self.reply_topic, QoS::AtLeastOnce) {
            tracing::warn!(%error, "cannot subscribe to answers");
        }
    }

    /// From here on answers arrive, so requests may be sent.
    fn subscribed(&self, answer: &SubAck) -> bool {
        let refused = answer
            .return_codes
            .iter()
            .find(|code| !matches!(code, SubscribeReasonCode::Success(_)));
        match refused {
            None => {
                self.pending().is_subscribed = true;
                self.health.broker(true);
                self.metrics.broker_up(&self.name, true);
                tracing::info!("connected to the broker");
                true
            }
            Some(reason) => {
                let topic = &self.reply_topic;
                tracing::error!(topic, ?reason, "the broker refuses the subscription to answers");
                false
            }
        }
    }

    fn lost(&self, events: &mut EventLoop) {
        let mut pending = self.pending();
        pending.lose_connection();
        // What was handed over meanwhile: the next connection must not send it, nobody waits for
        // it.
        events.clean();
        drop(pending);
        self.health.broker(false);
        self.metrics.broker_up(&self.name, false);
    }

    fn acknowledged(&self, answer: &PubAck) {
        let refused = match answer.reason {
            PubAckReason::Success => None,
            PubAckReason::NoMatchingSubscribers => Some(ExpertError::NotSubscribed),
            reason => {
                tracing::warn!(?reason, "the broker refuses a request");
                Some(ExpertError::RefusedByBroker)
            }
        };
        self.pending().acknowledged(answer.pkid, refused);
    }

    /// Hands an expert's reply to the request that waits for it.
    fn receive(&self, reply: &Publish) {
        let properties = reply.properties.as_ref();
        let correlation = properties.and_then(|properties| properties.correlation_data.as_ref());
        let correlation: Option<Correlation> =
            correlation.and_then(|data| data.as_ref().try_into().ok());
        let is_awaited = correlation.is_some_and(|correlation| {
            let outcome = read_answer(&reply.payload);
            self.pending().end(&correlation, outcome)
        });
        if !is_awaited {
            self.metrics.stray_answers.inc();
            tracing::debug!("dropped an answer that no request waits for");
        }
    }
}

fn read_answer(payload: &[u8]) -> Result<ExpertAnswer, ExpertError> {
    let answer = if payload.len() > MAX_DOCUMENT {
        Err(format!("found {} bytes, expected {MAX_DOCUMENT} at most", payload.len()))
    } else {
        serde_json::from_slice(payload).map_err(|error| error.to_string())
    };
    answer.map_err(|error| {
        tracing::warn!(error, "an answer cannot be read");
        ExpertError::InvalidAnswer
    })
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
        let connection = &*self.connection;
        let correlation = random::bits().map_err(|_| ExpertError::Unreachable)?;
        let topic = request_topic(&connection.prefix, request.node, &self.expert);
        let payload = serde_json::to_vec(request).map_err(|_| ExpertError::InvalidAnswer)?;
        let properties = PublishProperties {
            response_topic: Some(connection.reply_topic.clone()),
            correlation_data: Some(correlation.to_vec().into()),
            message_expiry_interval: Some(expiry.as_secs().max(1).try_into().unwrap_or(u32::MAX)),
            ..PublishProperties::default()
        };
        // Whatever does not fit must not reach the client: it would give up the connection.
        let publish = Publish::new(topic, QoS::AtLeastOnce, payload, Some(properties));
        let (found, max) =
            (publish.size() + PACKET_NUMBER, connection.max_packet.load(Ordering::Relaxed));
        if found > max {
            return Err(ExpertError::TooLong { found, max });
        }
        let receiver = connection.publish(publish, correlation)?;
        let _guard = WaitGuard { connection, correlation };
        receiver.await.map_err(|_| ExpertError::Unreachable)?
    }
}

impl Connection {
    fn publish(
        &self,
        publish: Publish,
        correlation: Correlation,
    ) -> Result<tokio::sync::oneshot::Receiver<super::pending::Outcome>, ExpertError> {
        let Publish { qos, topic, payload, properties, .. } = publish;
        let topic = String::from_utf8_lossy(&topic).into_owned();
        // Held over both steps, so that requests wait here in the order in which they are sent.
        let mut pending = self.pending();
        if !pending.is_subscribed {
            return Err(ExpertError::Unreachable);
        }
        self.client
            .try_publish_with_properties(topic, qos, false, payload, properties.unwrap_or_default())
            .map_err(|_| ExpertError::Busy)?;
        Ok(pending.begin(correlation))
    }
}

/// Forgets a request when its wait ends, in whichever way.
struct WaitGuard<'a> {
    connection: &'a Connection,
    correlation: Correlation,
}

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        self.connection.pending().forget(&self.correlation);
    }
}
