//! A real MQTT broker, and clients of it that are neither gateway nor expert.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnectProperties, Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// Mosquitto, killed when it is dropped.
pub(crate) struct Mosquitto {
    child: Child,
    pub(crate) port: u16,
}

impl Mosquitto {
    /// Open to everybody on loopback, with more lines of configuration.
    pub(crate) async fn open(directory: &Path, port: u16, more: &str) -> Self {
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n\
             set_tcp_nodelay true\n{more}\n"
        );
        Self::start(directory, port, &text).await
    }

    /// With a whole configuration.
    pub(crate) async fn start(directory: &Path, port: u16, text: &str) -> Self {
        let file = directory.join("mosquitto.conf");
        // As root it would change its user, who cannot read the test's files.
        std::fs::write(&file, format!("user root\n{text}")).unwrap();
        let child = Command::new("mosquitto")
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(directory.join("mosquitto.log")).unwrap())
            .spawn()
            .expect("mosquitto is installed");
        // Killed even if it never listens.
        let started = Self { child, port };
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return started;
            }
            sleep(Duration::from_millis(10)).await;
        }
        let log = std::fs::read_to_string(directory.join("mosquitto.log")).unwrap();
        panic!("mosquitto does not listen: {log}");
    }

    pub(crate) fn section(&self) -> String {
        format!("[mqtt]\nhost = '127.0.0.1'\nport = {}\n", self.port)
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that sees what it is sent, and sends what it likes.
pub(crate) struct Client {
    pub(crate) client: AsyncClient,
    received: mpsc::UnboundedReceiver<Publish>,
}

impl Client {
    /// Connects, and subscribes to `topic`.
    pub(crate) async fn subscribe(mut options: MqttOptions, topic: &str) -> Self {
        let mut properties = ConnectProperties::new();
        properties.max_packet_size = Some(1 << 20);
        options.set_connect_properties(properties);
        let (client, mut events) = AsyncClient::new(options, 64);
        client.subscribe(topic, QoS::AtLeastOnce).await.unwrap();
        let (sender, received) = mpsc::unbounded_channel();
        let (ready, is_ready) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(async move {
            let mut ready = Some(ready);
            while let Ok(event) = events.poll().await {
                match event {
                    Event::Incoming(Packet::SubAck(_)) => drop(ready.take()),
                    Event::Incoming(Packet::Publish(publish)) => drop(sender.send(publish)),
                    _ => {}
                }
            }
        });
        // Dropped, not sent: only its end matters.
        let _ = timeout(Duration::from_secs(5), is_ready).await.expect("a subscription");
        Self { client, received }
    }

    /// Without a password.
    pub(crate) async fn open(port: u16, topic: &str) -> Self {
        let name = format!("test-{}", super::process::free_port());
        Self::subscribe(MqttOptions::new(name, "127.0.0.1", port), topic).await
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Publish {
        let next = timeout(Duration::from_secs(5), self.received.recv());
        next.await.expect("a message in time").expect("a connection")
    }

    /// Whether a message arrives within a while.
    pub(crate) async fn hears(&mut self, within: Duration) -> bool {
        timeout(within, self.received.recv()).await.is_ok_and(|message| message.is_some())
    }

    /// Answers a request with a label.
    pub(crate) async fn answer(&self, request: &Publish, label: u32) {
        let (topic, correlation) = addressee(request);
        self.send(topic, correlation, format!("{{\"label\": {label}}}")).await;
    }

    pub(crate) async fn send(&self, topic: String, correlation: Vec<u8>, payload: String) {
        let properties = PublishProperties {
            correlation_data: Some(correlation.into()),
            ..PublishProperties::default()
        };
        let sent = self.client.publish_with_properties(
            topic,
            QoS::AtLeastOnce,
            false,
            payload,
            properties,
        );
        sent.await.unwrap();
    }
}

/// Where the answer to a request goes, and its correlation data.
pub(crate) fn addressee(request: &Publish) -> (String, Vec<u8>) {
    let properties = request.properties.as_ref().unwrap();
    let topic = properties.response_topic.clone().unwrap();
    (topic, properties.correlation_data.as_ref().unwrap().to_vec())
}
