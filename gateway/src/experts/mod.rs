//! Asking experts, with bounds on how many requests each answers at once and how many wait.

mod document;
mod error;
mod http;
pub(crate) mod mqtt;
#[cfg(feature = "onnx")]
pub mod onnx;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mild::wire::Answer;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::config::{BrokerConfig, ExpertConfig, Transport};
use crate::context::Context;

pub use document::{ExpertAnswer, ExpertRequest, Input};
pub(crate) use error::ExpertError;
pub use error::ExpertSetupError;

/// An expert that can be asked.
#[derive(Debug)]
pub(crate) struct Expert {
    name: String,
    link: Link,
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
    Http(http::Endpoint),
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
    let client = http::client().map_err(ExpertSetupError::Http)?;
    let broker = broker.map(|broker| mqtt::Broker::connect(broker, context)).transpose()?;
    experts
        .iter()
        .map(|config| {
            let link = Link::new(config, &client, broker.as_ref())?;
            Ok((config.index, Arc::new(Expert::new(config, link))))
        })
        .collect()
}

impl Link {
    fn new(
        config: &ExpertConfig,
        client: &reqwest::Client,
        broker: Option<&mqtt::Broker>,
    ) -> Result<Self, ExpertSetupError> {
        let expert = || config.name.clone();
        match &config.transport {
            Transport::Http { url, retries } => {
                Ok(Self::Http(http::Endpoint::new(client.clone(), url.clone(), *retries)))
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
    fn new(config: &ExpertConfig, link: Link) -> Self {
        // The configuration keeps both within what a semaphore can count.
        let capacity = config.concurrency + config.queue;
        Self {
            name: config.name.clone(),
            link,
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
        // A full queue is reported at once, so that the node can turn elsewhere.
        let Ok(_admitted) = self.admission.try_acquire() else {
            return Err(ExpertError::QueueFull { capacity: self.capacity });
        };
        let asked = timeout(self.timeout, async {
            // This semaphore is never closed.
            let _permit = self.concurrency.acquire().await.map_err(|_| ExpertError::Unreachable)?;
            match &self.link {
                Link::Http(endpoint) => endpoint.ask(request).await,
                Link::Mqtt(publisher) => publisher.ask(request, self.timeout).await,
                #[cfg(feature = "onnx")]
                Link::Onnx(model) => model.ask(request).await,
            }
        });
        let answer = asked.await.map_err(|_| ExpertError::TimedOut { limit: self.timeout })??;
        answer.to_wire().ok_or(ExpertError::InvalidAnswer)
    }
}
