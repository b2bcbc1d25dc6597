//! Why there is no answer, and why an expert cannot be set up.

use std::path::PathBuf;
use std::time::Duration;

use mild::wire::Status;

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
            ExpertError::Unreachable | ExpertError::InvalidAnswer => Self::Unreachable,
            ExpertError::TimedOut { .. } => Self::TimedOut,
        }
    }
}

/// Why an expert cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ExpertSetupError {
    /// The HTTP client cannot be built.
    #[error("http: {0}")]
    Http(reqwest::Error),
    /// The broker's certificate authorities cannot be read.
    #[error("mqtt.ca: {}: {source}", file.display())]
    Certificates {
        /// The file.
        file: PathBuf,
        /// The error of the file system.
        source: std::io::Error,
    },
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
        source: super::onnx::ModelError,
    },
    /// The expert is a model, and this build cannot run models.
    #[cfg(not(feature = "onnx"))]
    #[error("expert `{expert}`: this build cannot run models; build with `--features onnx`")]
    NoOnnx {
        /// The expert's name.
        expert: String,
    },
}
