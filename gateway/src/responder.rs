//! The other end: an expert that answers, over HTTP or MQTT.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event};
use tokio::net::TcpListener;

use crate::answers::Answers;
use crate::config;
use crate::expert::mqtt;
#[cfg(feature = "onnx")]
use crate::model::Model;
use crate::protocol::{AnswerDocument, Question};

/// Where an expert has its answers from.
#[derive(Debug)]
pub enum Source {
    /// A log, where they were recorded.
    Recorded(Answers),
    /// A model.
    #[cfg(feature = "onnx")]
    Model(Model),
}

impl Source {
    /// The answer, or why there is none.
    fn answer(&self, question: &Question) -> Result<AnswerDocument, String> {
        match self {
            Self::Recorded(answers) => answers
                .answer(question)
                .ok_or_else(|| "found no recorded answer, expected the number of a row".to_owned()),
            #[cfg(feature = "onnx")]
            Self::Model(model) => {
                model.answer(&question.payload).map_err(|error| error.to_string())
            }
        }
    }
}

/// An expert.
#[derive(Debug)]
pub struct Responder {
    source: Source,
    delay: Duration,
}

impl Responder {
    /// An expert that takes at least `delay` for each answer.
    #[must_use]
    pub fn new(source: Source, delay: Duration) -> Self {
        Self { source, delay }
    }

    async fn answer(self: Arc<Self>, question: Question) -> Result<AnswerDocument, String> {
        // Waiting for no time takes a millisecond.
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        match &self.source {
            Source::Recorded(_) => self.source.answer(&question),
            // A model computes; meanwhile others come and go.
            #[cfg(feature = "onnx")]
            Source::Model(_) => {
                let answered = tokio::task::spawn_blocking(move || self.source.answer(&question));
                answered.await.map_err(|error| error.to_string())?
            }
        }
    }

    /// Answers over HTTP (POST /), for ever; tells the address first. What it cannot answer has status 422 and says why.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn serve_http(
        self,
        address: SocketAddr,
        ready: impl FnOnce(SocketAddr),
    ) -> io::Result<()> {
        let listener = TcpListener::bind(address).await?;
        ready(listener.local_addr()?);
        let handler = async |State(expert): State<Arc<Self>>, Json(question): Json<Question>| {
            let answered = expert.answer(question).await;
            answered.map(Json).map_err(|why| (StatusCode::UNPROCESSABLE_ENTITY, why))
        };
        axum::serve(listener, Router::new().route("/", post(handler)).with_state(Arc::new(self)))
            .await
    }

    /// Answers over MQTT, for ever, sharing the work with others of the same name; connects again when the broker was
    /// gone.
    ///
    /// # Errors
    /// If the options cannot be used.
    pub async fn serve_mqtt(self, broker: &config::Broker, name: &str) -> io::Result<()> {
        let options = mqtt::options(broker, name)?;
        let (client, mut events) = AsyncClient::new(options, 1024);
        let topic = format!("$share/{name}/{}/+/defer/{name}", broker.prefix);
        let expert = Arc::new(self);
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    tracing::info!(topic, "connected to the broker");
                    client.subscribe(&topic, QoS::AtLeastOnce).await.map_err(io::Error::other)?;
                }
                Ok(Event::Incoming(Packet::Publish(question))) => {
                    tokio::spawn(reply(expert.clone(), client.clone(), question));
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "the broker is gone; trying again");
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
            }
        }
    }
}

async fn reply(expert: Arc<Responder>, client: AsyncClient, publish: Publish) {
    let Some(properties) = publish.properties else { return };
    let Some(topic) = properties.response_topic else { return };
    let question: Question = match serde_json::from_slice(&publish.payload) {
        Ok(question) => question,
        Err(error) => return tracing::warn!(%error, "a question that cannot be read"),
    };
    // Without an answer the gateway's time runs out.
    let answer = match expert.answer(question).await {
        Ok(answer) => answer,
        Err(why) => return tracing::warn!(why, "a question that cannot be answered"),
    };
    let Ok(payload) = serde_json::to_vec(&answer) else { return };
    let correlation_data = properties.correlation_data;
    let properties = PublishProperties { correlation_data, ..PublishProperties::default() };
    let sent =
        client.publish_with_properties(topic, QoS::AtLeastOnce, false, payload, properties).await;
    if let Err(error) = sent {
        tracing::warn!(%error, "an answer cannot be sent");
    }
}
