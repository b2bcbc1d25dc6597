//! Asking experts, with bounds on how many requests each answers at once and how many wait.

mod document;
pub(crate) mod error;
mod http;
pub(crate) mod mqtt;
#[cfg(feature = "onnx")]
pub mod onnx;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mild::wire::Answer;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::config::{AnswerRange, BrokerConfig, ExpertConfig, Transport};
use crate::context::Context;
use crate::health::ExpertHealth;

pub(crate) use document::MAX_DOCUMENT;
pub use document::{AnswerError, ExpertAnswer, ExpertRequest, Input};
pub(crate) use error::ExpertError;
pub use error::ExpertSetupError;

/// An expert that can be asked.
#[derive(Debug)]
pub(crate) struct Expert {
    name: String,
    link: Link,
    answers: AnswerRange,
    health: Arc<ExpertHealth>,
    timeout: Duration,
    /// Permits for requests that are being answered or wait.
    admission: Semaphore,
    /// Permits for requests that are being answered.
    concurrency: Semaphore,
    capacity: usize,
}

/// A transport that is ready.
#[derive(Debug)]
enum Link {
    Http(Box<http::Endpoint>),
    Mqtt(mqtt::Publisher),
    #[cfg(feature = "onnx")]
    Onnx(onnx::LocalModel),
}

/// Sets up all experts. Connections are made in the background, or with the first request.
pub(crate) fn set_up(
    experts: &[ExpertConfig],
    broker: Option<&BrokerConfig>,
    context: &Context,
) -> Result<BTreeMap<u8, Arc<Expert>>, ExpertSetupError> {
    let broker = broker.map(|broker| mqtt::Broker::connect(broker, context)).transpose()?;
    experts
        .iter()
        .map(|config| {
            let link = Link::new(config, broker.as_ref())?;
            let health = context.health.expert(config);
            Ok((config.index, Arc::new(Expert::new(config, link, health))))
        })
        .collect()
}

impl Link {
    fn new(config: &ExpertConfig, broker: Option<&mqtt::Broker>) -> Result<Self, ExpertSetupError> {
        let expert = || config.name.clone();
        match &config.transport {
            Transport::Http(endpoint) => {
                let endpoint = http::Endpoint::new(&config.name, endpoint)?;
                Ok(Self::Http(Box::new(endpoint)))
            }
            Transport::Mqtt => {
                let broker =
                    broker.ok_or_else(|| ExpertSetupError::NoBroker { expert: expert() })?;
                Ok(Self::Mqtt(broker.publisher(&config.name)))
            }
            #[cfg(feature = "onnx")]
            Transport::Onnx { model } => onnx::LocalModel::load(model)
                .map(Self::Onnx)
                .map_err(|source| ExpertSetupError::Model { expert: expert(), source }),
            #[cfg(not(feature = "onnx"))]
            Transport::Onnx { .. } => Err(ExpertSetupError::NoOnnx { expert: expert() }),
        }
    }
}

impl Expert {
    fn new(config: &ExpertConfig, link: Link, health: Arc<ExpertHealth>) -> Self {
        // The configuration keeps both within what a semaphore can count.
        let capacity = config.concurrency + config.queue;
        Self {
            name: config.name.clone(),
            link,
            answers: config.answers,
            health,
            timeout: config.timeout,
            admission: Semaphore::new(capacity),
            concurrency: Semaphore::new(config.concurrency),
            capacity,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Asks, and returns an answer or an error within the expert's timeout.
    pub(crate) async fn ask(&self, request: &ExpertRequest) -> Result<(Answer, u16), ExpertError> {
        let answer = self.ask_within(request).await;
        match &answer {
            Ok(_) => self.health.answered(),
            Err(error) => self.health.failed(error),
        }
        answer
    }

    async fn ask_within(&self, request: &ExpertRequest) -> Result<(Answer, u16), ExpertError> {
        // A full queue is reported at once, so that the node can turn elsewhere.
        let Ok(_admitted) = self.admission.try_acquire() else {
            return Err(ExpertError::QueueFull { capacity: self.capacity });
        };
        let deadline = Instant::now() + self.timeout;
        let asked = timeout_at(deadline, async {
            // This semaphore is never closed.
            let _permit = self.concurrency.acquire().await.map_err(|_| ExpertError::Unreachable)?;
            match &self.link {
                Link::Http(endpoint) => endpoint.ask(request, deadline).await,
                Link::Mqtt(publisher) => publisher.ask(request, self.timeout).await,
                #[cfg(feature = "onnx")]
                Link::Onnx(model) => model.ask(request).await,
            }
        });
        let answer = asked.await.map_err(|_| ExpertError::TimedOut { limit: self.timeout })??;
        answer.to_wire(&self.answers).map_err(|error| {
            tracing::warn!(expert = self.name, %error, "an answer is not passed on");
            ExpertError::InvalidAnswer
        })
    }
}
