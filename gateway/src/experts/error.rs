//! Why there is no answer, and why an expert cannot be set up.

use std::time::Duration;

use mild::wire::Status;

use crate::config::Problem;
use crate::random::NoRandomness;
use crate::tls::TlsError;

/// Why an expert gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ExpertError {
    /// As many requests wait for the expert as may.
    #[error("the queue of {capacity} requests is full")]
    QueueFull {
        /// The requests that may be asked or wait at once.
        capacity: usize,
    },
    /// The expert says that it has too much to do.
    #[error("the expert is busy")]
    Busy,
    /// The expert cannot be reached, or closed the connection.
    #[error("the expert is unreachable")]
    Unreachable,
    /// The expert failed, and may have worked on the request.
    #[error("the expert failed with HTTP status {status}")]
    Failed {
        /// The HTTP status.
        status: u16,
    },
    /// The connection broke after the request was sent.
    #[error("the connection to the expert broke")]
    Broken,
    /// Nobody is subscribed as this expert.
    #[error("nobody is subscribed as this expert at the broker")]
    NotSubscribed,
    /// The broker does not take the request.
    #[error("the broker refuses the request")]
    RefusedByBroker,
    /// The request is longer than what the way to the expert takes.
    #[error("a request of {found} bytes, but the way to the expert takes {max}")]
    TooLong {
        /// The bytes of the request.
        found: usize,
        /// The bytes that may be sent.
        max: usize,
    },
    /// The expert replied with something that is not an answer.
    #[error("the expert gave no valid answer")]
    InvalidAnswer,
    /// The expert did not answer in time.
    #[error("no answer within {} ms", limit.as_millis())]
    TimedOut {
        /// The time that it had.
        limit: Duration,
    },
}

impl From<ExpertError> for Status {
    fn from(error: ExpertError) -> Self {
        match error {
            ExpertError::QueueFull { .. } | ExpertError::Busy => Self::Busy,
            ExpertError::Unreachable
            | ExpertError::Failed { .. }
            | ExpertError::Broken
            | ExpertError::NotSubscribed
            | ExpertError::RefusedByBroker
            | ExpertError::InvalidAnswer => Self::Unreachable,
            // The same request would fare the same again; the expert is well.
            ExpertError::TooLong { .. } => Self::Malformed,
            ExpertError::TimedOut { .. } => Self::TimedOut,
        }
    }
}

/// Why an expert cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ExpertSetupError {
    /// The HTTP client cannot be built.
    #[error("expert `{expert}`: {source}")]
    Http {
        /// The expert's name.
        expert: String,
        /// Why not.
        source: reqwest::Error,
    },
    /// The certificates for an HTTP expert cannot be used.
    #[error("expert `{expert}`: {source}")]
    ExpertTls {
        /// The expert's name.
        expert: String,
        /// What is wrong with them.
        source: TlsError,
    },
    /// The certificates for the broker cannot be used.
    #[error("mqtt: {0}")]
    BrokerTls(TlsError),
    /// A part of a topic cannot be one.
    #[error("mqtt.{key}: {problem}")]
    Topic {
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        problem: Problem,
    },
    /// There are no names for requests.
    #[error("mqtt: {0}")]
    NoRandomness(#[from] NoRandomness),
    /// The expert is asked over MQTT, but no broker is configured.
    #[error("expert `{expert}`: found no section `[mqtt]`, expected a broker")]
    NoBroker {
        /// The expert's name.
        expert: String,
    },
    /// The expert's model cannot be used.
    #[cfg(feature = "onnx")]
    #[error("expert `{expert}`: {source}")]
    Model {
        /// The expert's name.
        expert: String,
        /// What is wrong with the model.
        source: super::onnx::model::ModelError,
    },
    /// The expert is a model, and this build cannot run models.
    #[cfg(not(feature = "onnx"))]
    #[error("expert `{expert}`: this build cannot run models; build with `--features onnx`")]
    NoOnnx {
        /// The expert's name.
        expert: String,
    },
}
