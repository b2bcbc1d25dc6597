//! The other end: an expert that answers, over HTTP or MQTT.
//!
//! It knows its answers from a deferral log, where they were recorded: the payload of a question is the number of the
//! row (four bytes, little-endian). So a whole system can be run and compared, row for row, with what was predicted of it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use flate2::read::MultiGzDecoder;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event};
use tokio::net::TcpListener;

use crate::config;
use crate::expert::mqtt;
use crate::protocol::{AnswerDocument, Input, Question};

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// It cannot be read.
    #[error("{}: {error}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What went wrong.
        error: csv::Error,
    },
    /// It has no such column.
    #[error("{}: found no column `{column}`, expected one of {columns}", file.display())]
    Column {
        /// The file.
        file: PathBuf,
        /// What was asked for.
        column: String,
        /// What there is.
        columns: String,
    },
    /// A cell is no class.
    #[error("{}:{line}: column `{column}`: found `{found}`, expected a whole number", file.display())]
    Cell {
        /// The file.
        file: PathBuf,
        /// The line.
        line: u64,
        /// The column.
        column: String,
        /// What is there.
        found: String,
    },
}

/// Recorded answers, by row.
#[derive(Debug, Clone)]
pub struct Answers {
    labels: Vec<u32>,
    /// So long each takes.
    pub delay: Duration,
}

impl Answers {
    /// Reads a column of a log (CSV, gzipped or not).
    ///
    /// # Errors
    /// [`AnswersError`]: which file, line and column, what was found, what was expected.
    pub fn read(file: &Path, column: &str) -> Result<Self, AnswersError> {
        let read = |error| AnswersError::Read { file: file.to_owned(), error };
        let opened = File::open(file).map_err(|error| read(error.into()))?;
        let mut opened = BufReader::new(opened);
        let mut start = [0; 2];
        let known = io::BufRead::fill_buf(&mut opened).map_err(|error| read(error.into()))?;
        for (to, from) in start.iter_mut().zip(known) {
            *to = *from;
        }
        let text: Box<dyn Read> = if start == [0x1f, 0x8b] {
            Box::new(MultiGzDecoder::new(opened))
        } else {
            Box::new(opened)
        };
        let mut log = csv::Reader::from_reader(text);
        let names = log.headers().map_err(read)?.clone();
        let Some(at) = names.iter().position(|name| name.trim() == column) else {
            let columns = names.iter().collect::<Vec<_>>().join(", ");
            let (file, column) = (file.to_owned(), column.to_owned());
            return Err(AnswersError::Column { file, column, columns });
        };
        let mut labels = Vec::new();
        for record in log.records() {
            let record = record.map_err(read)?;
            let found = record.get(at).unwrap_or_default().trim();
            let Ok(label) = found.parse() else {
                let line = record.position().map_or(0, csv::Position::line);
                let (file, column, found) = (file.to_owned(), column.to_owned(), found.to_owned());
                return Err(AnswersError::Cell { file, line, column, found });
            };
            labels.push(label);
        }
        Ok(Self { labels, delay: Duration::ZERO })
    }

    /// The answer to a question, if its row is there.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Option<AnswerDocument> {
        let Input::Bytes(bytes) = &question.payload else { return None };
        let row = u32::from_le_bytes(bytes.as_slice().try_into().ok()?);
        let label = self.labels.get(usize::try_from(row).ok()?).copied();
        Some(AnswerDocument { label: Some(label?), value: None, confidence: None })
    }

    async fn wait(&self) {
        // Waiting for no time takes a millisecond.
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
    }

    /// Answers over HTTP (POST /), for ever; tells the address first.
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
        let handler = async |State(answers): State<Arc<Self>>, Json(question): Json<Question>| {
            answers.wait().await;
            answers.answer(&question).map(Json).ok_or(StatusCode::UNPROCESSABLE_ENTITY)
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
        let answers = Arc::new(self);
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    tracing::info!(topic, "connected to the broker");
                    client.subscribe(&topic, QoS::AtLeastOnce).await.map_err(io::Error::other)?;
                }
                Ok(Event::Incoming(Packet::Publish(question))) => {
                    tokio::spawn(reply(answers.clone(), client.clone(), question));
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

async fn reply(answers: Arc<Answers>, client: AsyncClient, publish: Publish) {
    let Some(properties) = publish.properties else { return };
    let Some(topic) = properties.response_topic else { return };
    let question: Question = match serde_json::from_slice(&publish.payload) {
        Ok(question) => question,
        Err(error) => return tracing::warn!(%error, "a question that cannot be read"),
    };
    answers.wait().await;
    // Without an answer the gateway's time runs out.
    let Some(answer) = answers.answer(&question) else { return };
    let Ok(payload) = serde_json::to_vec(&answer) else { return };
    let correlation_data = properties.correlation_data;
    let properties = PublishProperties { correlation_data, ..PublishProperties::default() };
    let sent =
        client.publish_with_properties(topic, QoS::AtLeastOnce, false, payload, properties).await;
    if let Err(error) = sent {
        tracing::warn!(%error, "an answer cannot be sent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(payload: Input) -> Question {
        let local = AnswerDocument::default();
        Question { node: 1, sequence: 1, image: 0, expert: 1, local, margin: 0, payload }
    }

    #[test]
    fn a_row_has_its_recorded_answer() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log.csv");
        std::fs::write(&file, "x,pred\n0.5,3\n1.5,0\n").unwrap();
        let answers = Answers::read(&file, "pred").unwrap();
        let of = |payload| answers.answer(&question(payload)).and_then(|answer| answer.label);
        assert_eq!(of(Input::Bytes(vec![0, 0, 0, 0])), Some(3));
        assert_eq!(of(Input::Bytes(vec![1, 0, 0, 0])), Some(0));
        assert_eq!(of(Input::Bytes(vec![2, 0, 0, 0])), None);
        assert_eq!(of(Input::Bytes(vec![1])), None);
        assert_eq!(of(Input::Codes(vec![1, 0, 0, 0])), None);
        let error = Answers::read(&file, "prde").unwrap_err().to_string();
        assert!(error.contains("`prde`") && error.contains("x, pred"), "{error}");
        let error = Answers::read(&file, "x").unwrap_err().to_string();
        assert!(error.contains("log.csv:2") && error.contains("`0.5`"), "{error}");
    }
}
