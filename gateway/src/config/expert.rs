//! `[[expert]]`: whom to ask, over which transport, and with which bounds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::Semaphore;

use super::broker::check_topic_part;
use super::endpoint::{EndpointConfig, RawEndpoint};
use super::error::{Invalid, Problem};
use super::secret::RawSecret;
use super::warning::Warning;

/// The number of classes of an expert that declares none.
const DEFAULT_CLASSES: u32 = 1 << 16;

/// An expert and the bounds on asking it.
#[derive(Debug, Clone)]
pub struct ExpertConfig {
    /// The expert's index in the nodes' images, 1 or more.
    pub index: u8,
    /// The expert's name in metrics and topics.
    pub name: String,
    /// How to ask it.
    pub transport: Transport,
    /// Which answers it may give.
    pub answers: AnswerRange,
    /// The longest that an answer may take, waiting and retries included.
    pub timeout: Duration,
    /// The most requests that it answers at once.
    pub concurrency: usize,
    /// The most requests that wait for it; further ones are refused as busy.
    pub queue: usize,
}

/// The answers that an expert may give. Others are not passed on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnswerRange {
    /// A label is below this.
    pub classes: u32,
    /// The smallest value.
    pub min: f32,
    /// The largest value.
    pub max: f32,
}

impl Default for AnswerRange {
    fn default() -> Self {
        Self { classes: DEFAULT_CLASSES, min: f32::MIN, max: f32::MAX }
    }
}

/// How to ask an expert.
#[derive(Debug, Clone)]
pub enum Transport {
    /// Send a POST to an HTTP endpoint.
    Http(Box<EndpointConfig>),
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
    classes: Option<u32>,
    range: Option<[f32; 2]>,
    #[serde(default = "default_timeout_ms")]
    timeout_ms: u64,
    #[serde(default = "default_retries")]
    retries: u32,
    #[serde(default)]
    idempotent: bool,
    token: Option<RawSecret>,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
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

/// Checks all experts. Files are relative to `directory`.
pub(super) fn check(
    experts: Vec<RawExpert>,
    has_broker: bool,
    directory: &Path,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<ExpertConfig>, Invalid> {
    if experts.is_empty() {
        return Err(Invalid::new("expert", Problem::NoExpert));
    }
    let mut checked: Vec<ExpertConfig> = Vec::with_capacity(experts.len());
    for (position, expert) in experts.into_iter().enumerate() {
        let key = format!("expert[{position}]");
        let invalid = |(name, problem)| Invalid::new(format!("{key}.{name}"), problem);
        let index = expert.index;
        if let Some(first) = checked.iter().position(|other| other.index == index) {
            return Err(invalid(("index", Problem::DuplicateIndex { index, first })));
        }
        if let Some(first) = checked.iter().position(|other| other.name == expert.name) {
            let found = expert.name;
            return Err(invalid(("name", Problem::DuplicateName { found, first })));
        }
        checked.push(expert.check(has_broker, directory, &key, warnings).map_err(invalid)?);
    }
    Ok(checked)
}

impl RawExpert {
    /// Whether the configuration itself holds a secret of this expert.
    pub(super) fn has_secret(&self) -> bool {
        self.token.as_ref().is_some_and(RawSecret::is_inline)
            || self.http.as_ref().is_some_and(|url| url.contains('@'))
    }

    /// Returns the key that is wrong with its problem.
    fn check(
        self,
        has_broker: bool,
        directory: &Path,
        key: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<ExpertConfig, (&'static str, Problem)> {
        if !(1..mild::MAX_EXPERTS).contains(&usize::from(self.index)) {
            let (found, max) = (self.index, mild::MAX_EXPERTS - 1);
            return Err(("index", Problem::ExpertIndex { found, max }));
        }
        check_topic_part(&self.name).map_err(|problem| ("name", problem))?;
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
        let answers = self.answers()?;
        let timeout = Duration::from_millis(self.timeout_ms);
        let (index, concurrency, queue) = (self.index, self.concurrency, self.queue);
        let name = self.name.clone();
        let transport = self.transport(has_broker, directory, key, warnings)?;
        Ok(ExpertConfig { index, name, transport, answers, timeout, concurrency, queue })
    }

    fn answers(&self) -> Result<AnswerRange, (&'static str, Problem)> {
        let mut answers = AnswerRange::default();
        match self.classes {
            Some(0) => return Err(("classes", Problem::Zero)),
            Some(classes) => answers.classes = classes,
            None => {}
        }
        if let Some([min, max]) = self.range {
            // Written so that NaN is refused, too.
            if !(min.is_finite() && max.is_finite() && min <= max) {
                return Err(("range", Problem::Range { min, max }));
            }
            (answers.min, answers.max) = (min, max);
        }
        Ok(answers)
    }

    fn transport(
        self,
        has_broker: bool,
        directory: &Path,
        key: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<Transport, (&'static str, Problem)> {
        let two = |first, second| Err((second, Problem::TwoTransports { first, second }));
        // Keys that another transport would pass over in silence.
        if self.http.is_none() {
            for (name, is_given) in [
                ("token", self.token.is_some()),
                ("ca", self.ca.is_some()),
                ("certificate", self.certificate.is_some()),
                ("key", self.key.is_some()),
                ("idempotent", self.idempotent),
            ] {
                if is_given && (self.mqtt || self.onnx.is_some()) {
                    return Err((name, Problem::OnlyHttp));
                }
            }
        }
        match (self.http, self.mqtt, self.onnx) {
            (None, false, None) => Err(("http", Problem::NoTransport)),
            (Some(_), true, _) => two("http", "mqtt"),
            (Some(_), false, Some(_)) => two("http", "onnx"),
            (None, true, Some(_)) => two("mqtt", "onnx"),
            (Some(url), false, None) => {
                let endpoint = RawEndpoint {
                    url,
                    retries: self.retries,
                    idempotent: self.idempotent,
                    token: self.token,
                    ca: self.ca,
                    certificate: self.certificate,
                    key: self.key,
                };
                let endpoint = endpoint.check(directory, key, warnings)?;
                Ok(Transport::Http(Box::new(endpoint)))
            }
            (None, true, None) if has_broker => Ok(Transport::Mqtt),
            (None, true, None) => Err(("mqtt", Problem::NoBroker)),
            (None, false, Some(_)) if cfg!(not(feature = "onnx")) => Err(("onnx", Problem::NoOnnx)),
            (None, false, Some(model)) => Ok(Transport::Onnx { model: directory.join(model) }),
        }
    }
}
