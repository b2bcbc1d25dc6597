//! `[[expert]]`: whom to ask, over which transport, and with which bounds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::error::{Invalid, Problem};

/// An expert and the bounds on asking it.
#[derive(Debug, Clone)]
pub struct ExpertConfig {
    /// The expert's index in the nodes' images, 1 or more.
    pub index: u8,
    /// The expert's name in metrics and topics.
    pub name: String,
    /// How to ask it.
    pub transport: Transport,
    /// The longest that an answer may take, waiting and retries included.
    pub timeout: Duration,
    /// The most requests that it answers at once.
    pub concurrency: usize,
    /// The most requests that wait for it; further ones are refused as busy.
    pub queue: usize,
}

/// How to ask an expert.
#[derive(Debug, Clone)]
pub enum Transport {
    /// Send a POST to an HTTP endpoint.
    Http {
        /// The endpoint.
        url: Url,
        /// How often to try again after a failed connection.
        retries: u32,
    },
    /// Publish to the broker.
    Mqtt,
    /// Run a model in this process.
    Onnx {
        /// The file of the model.
        model: PathBuf,
    },
}

/// The section as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExpert {
    index: u8,
    name: String,
    http: Option<String>,
    #[serde(default)]
    mqtt: bool,
    onnx: Option<PathBuf>,
    #[serde(default = "default_timeout_ms")]
    timeout_ms: u64,
    #[serde(default = "default_retries")]
    retries: u32,
    #[serde(default = "default_concurrency")]
    concurrency: usize,
    #[serde(default = "default_queue")]
    queue: usize,
}

fn default_timeout_ms() -> u64 {
    1500
}

fn default_retries() -> u32 {
    1
}

fn default_concurrency() -> usize {
    16
}

fn default_queue() -> usize {
    64
}

/// Checks all experts. Models are files relative to `directory`.
pub(super) fn check(
    experts: Vec<RawExpert>,
    has_broker: bool,
    directory: &Path,
) -> Result<Vec<ExpertConfig>, Invalid> {
    if experts.is_empty() {
        return Err(Invalid::new("expert", Problem::NoExpert));
    }
    let mut checked: Vec<ExpertConfig> = Vec::with_capacity(experts.len());
    for (position, expert) in experts.into_iter().enumerate() {
        let invalid = |(name, problem)| Invalid::new(format!("expert[{position}].{name}"), problem);
        let index = expert.index;
        if let Some(first) = checked.iter().position(|other| other.index == index) {
            return Err(invalid(("index", Problem::DuplicateIndex { index, first })));
        }
        checked.push(expert.check(has_broker, directory).map_err(invalid)?);
    }
    Ok(checked)
}

impl RawExpert {
    /// Returns the key that is wrong with its problem.
    fn check(
        self,
        has_broker: bool,
        directory: &Path,
    ) -> Result<ExpertConfig, (&'static str, Problem)> {
        if !(1..mild::MAX_EXPERTS).contains(&usize::from(self.index)) {
            let (found, max) = (self.index, mild::MAX_EXPERTS - 1);
            return Err(("index", Problem::ExpertIndex { found, max }));
        }
        if self.name.is_empty() || self.name.contains(['/', '+', '#', '$']) {
            return Err(("name", Problem::ExpertName { found: self.name }));
        }
        let transport = self.transport(has_broker, directory)?;
        if self.concurrency == 0 {
            return Err(("concurrency", Problem::Zero));
        }
        let capacity = self.concurrency.saturating_add(self.queue);
        if capacity > Semaphore::MAX_PERMITS {
            let max = Semaphore::MAX_PERMITS;
            return Err(("queue", Problem::TooLarge { found: capacity, max }));
        }
        if self.timeout_ms == 0 {
            return Err(("timeout_ms", Problem::Zero));
        }
        Ok(ExpertConfig {
            index: self.index,
            name: self.name,
            transport,
            timeout: Duration::from_millis(self.timeout_ms),
            concurrency: self.concurrency,
            queue: self.queue,
        })
    }

    fn transport(
        &self,
        has_broker: bool,
        directory: &Path,
    ) -> Result<Transport, (&'static str, Problem)> {
        let two = |first, second| Err((second, Problem::TwoTransports { first, second }));
        match (&self.http, self.mqtt, &self.onnx) {
            (None, false, None) => Err(("http", Problem::NoTransport)),
            (Some(_), true, _) => two("http", "mqtt"),
            (Some(_), false, Some(_)) => two("http", "onnx"),
            (None, true, Some(_)) => two("mqtt", "onnx"),
            (Some(text), false, None) => match Url::parse(text) {
                Ok(url) => Ok(Transport::Http { url, retries: self.retries }),
                Err(error) => {
                    let (found, reason) = (text.clone(), error.to_string());
                    Err(("http", Problem::Url { found, reason }))
                }
            },
            (None, true, None) if has_broker => Ok(Transport::Mqtt),
            (None, true, None) => Err(("mqtt", Problem::NoBroker)),
            (None, false, Some(_)) if cfg!(not(feature = "onnx")) => Err(("onnx", Problem::NoOnnx)),
            (None, false, Some(model)) => Ok(Transport::Onnx { model: directory.join(model) }),
        }
    }
}
