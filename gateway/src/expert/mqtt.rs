//! Experts behind an MQTT 5 broker.
//!
//! A question goes to `PREFIX/NODE/defer/EXPERT` with a response topic and correlation data; whoever subscribes to
//! `$share/EXPERT/PREFIX/+/defer/EXPERT` shares the work with all others that do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{NetworkOptions, Transport};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::Trouble;
use crate::config;
use crate::protocol::{AnswerDocument, Question};

/// Packets that wait for the broker.
const OUTGOING: usize = 1024;
/// After a connection that failed.
const PAUSE: Duration = Duration::from_millis(250);

/// Options and name of a client of the broker.
pub(crate) fn options(broker: &config::Broker, role: &str) -> std::io::Result<MqttOptions> {
    let name = match &broker.client_id {
        Some(name) => name.clone(),
        None => format!("mild-{role}-{}", std::process::id()),
    };
    let mut options = MqttOptions::new(name, &broker.host, broker.port);
    options.set_keep_alive(Duration::from_secs(10));
    // Questions are small, and somebody waits for each.
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    options.set_network_options(network);
    if let (Some(user), Some(password)) = (&broker.username, &broker.password) {
        options.set_credentials(user, password);
    }
    if let Some(ca) = &broker.ca {
        options.set_transport(Transport::tls(std::fs::read(ca)?, None, None));
    }
    Ok(options)
}

/// The gateway's connection to the broker.
#[derive(Debug, Clone)]
pub(crate) struct Broker {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: AsyncClient,
    prefix: String,
    replies: String,
    connected: AtomicBool,
    next: AtomicU64,
    open: Mutex<HashMap<u64, oneshot::Sender<AnswerDocument>>>,
}

impl Shared {
    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<AnswerDocument>>> {
        // Nothing in here is left half done by a panic.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// Connects in the background, again and again.
    pub(crate) fn connect(
        broker: &config::Broker,
        tasks: &tokio_util::task::TaskTracker,
        end: &CancellationToken,
    ) -> std::io::Result<Self> {
        let options = options(broker, "gateway")?;
        let replies = format!("{}/gateway/{}/reply", broker.prefix, options.client_id());
        let (client, events) = AsyncClient::new(options, OUTGOING);
        let shared = Arc::new(Shared {
            client,
            prefix: broker.prefix.clone(),
            replies,
            connected: AtomicBool::new(false),
            next: AtomicU64::new(1),
            open: Mutex::default(),
        });
        tasks.spawn(run(shared.clone(), events, end.clone()));
        Ok(Self { shared })
    }

    pub(crate) fn subscriber(&self, expert: &str) -> Subscriber {
        Subscriber { shared: self.shared.clone(), expert: expert.to_owned() }
    }
}

async fn run(shared: Arc<Shared>, mut events: EventLoop, end: CancellationToken) {
    loop {
        let event = tokio::select! {
            () = end.cancelled() => return,
            event = events.poll() => event,
        };
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                tracing::info!("connected to the broker");
                // Again after each connection: the broker may have forgotten.
                if shared.client.try_subscribe(&shared.replies, QoS::AtLeastOnce).is_ok() {
                    shared.connected.store(true, Ordering::Release);
                }
            }
            Ok(Event::Incoming(Packet::Publish(reply))) => answered(&shared, &reply),
            Ok(_) => {}
            Err(error) => {
                if shared.connected.swap(false, Ordering::AcqRel) {
                    tracing::warn!(%error, "the broker is gone");
                }
                // Whoever waits learns it at once.
                shared.open().clear();
                tokio::select! {
                    () = end.cancelled() => return,
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        }
    }
}

fn answered(shared: &Shared, reply: &Publish) {
    let properties = reply.properties.as_ref();
    let correlation = properties.and_then(|properties| properties.correlation_data.as_ref());
    let number = correlation.and_then(|data| data.as_ref().try_into().ok()).map(u64::from_le_bytes);
    let waiting = number.and_then(|number| shared.open().remove(&number));
    match (waiting, serde_json::from_slice(&reply.payload)) {
        // Who waited may be gone.
        (Some(waiting), Ok(answer)) => drop(waiting.send(answer)),
        (Some(_), Err(error)) => tracing::warn!(%error, "an expert gives no answer"),
        (None, _) => tracing::debug!("an answer that nobody waits for"),
    }
}

/// Whoever takes the questions for one expert.
#[derive(Debug)]
pub(crate) struct Subscriber {
    shared: Arc<Shared>,
    expert: String,
}

impl Subscriber {
    pub(super) async fn ask(
        &self,
        question: &Question,
        limit: Duration,
    ) -> Result<AnswerDocument, Trouble> {
        let shared = &self.shared;
        if !shared.connected.load(Ordering::Acquire) {
            return Err(Trouble::Unreachable);
        }
        let topic = format!("{}/{}/defer/{}", shared.prefix, question.node, self.expert);
        let payload = serde_json::to_vec(question).map_err(|_| Trouble::NoAnswer)?;
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        shared.open().insert(number, sender);
        // However this ends, nobody waits for it any longer.
        let _open = Open { shared, number };
        let properties = PublishProperties {
            response_topic: Some(shared.replies.clone()),
            correlation_data: Some(number.to_le_bytes().to_vec().into()),
            // The broker drops it when it is of no use any more.
            message_expiry_interval: Some(limit.as_secs().max(1).try_into().unwrap_or(u32::MAX)),
            ..PublishProperties::default()
        };
        let client = &shared.client;
        client
            .try_publish_with_properties(topic, QoS::AtLeastOnce, false, payload, properties)
            .map_err(|_| Trouble::Busy)?;
        receiver.await.map_err(|_| Trouble::Unreachable)
    }
}

struct Open<'a> {
    shared: &'a Shared,
    number: u64,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.shared.open().remove(&self.number);
    }
}
