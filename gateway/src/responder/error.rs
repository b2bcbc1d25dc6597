//! Why an expert has no answer.

#[cfg(feature = "onnx")]
use crate::experts::onnx::InferenceError;

/// Why an expert has no answer to a request.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The payload is not the number of a row.
    #[error("found another payload, expected the number of a row in four little-endian bytes")]
    NotARow,
    /// The log has no such row.
    #[error("found row {row}, expected 0 to {}", rows.saturating_sub(1))]
    NoSuchRow {
        /// The row.
        row: u32,
        /// The rows of the log.
        rows: usize,
    },
    /// The model has no answer.
    #[cfg(feature = "onnx")]
    #[error(transparent)]
    Model(#[from] InferenceError),
    /// The model panicked.
    #[cfg(feature = "onnx")]
    #[error("the model failed: {0}")]
    Panicked(#[from] tokio::task::JoinError),
}
