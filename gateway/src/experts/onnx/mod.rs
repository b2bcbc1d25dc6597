//! Experts that are ONNX or TensorFlow Lite models, run in this process.

pub(super) mod model;
mod whole;

use std::path::Path;
use std::sync::Arc;

use super::document::{ExpertAnswer, ExpertRequest};
use super::error::ExpertError;
pub use model::{Answered, InferenceError, Model, ModelError};

/// A model that answers the gateway's own requests.
#[derive(Debug)]
pub(super) struct LocalModel {
    model: Arc<Model>,
}

impl LocalModel {
    pub(super) fn load(file: &Path) -> Result<Self, ModelError> {
        let model = Model::load(file)?;
        tracing::info!(file = %file.display(), features = model.features(), "loaded a model");
        Ok(Self { model: Arc::new(model) })
    }

    pub(super) async fn ask(&self, request: &ExpertRequest) -> Result<ExpertAnswer, ExpertError> {
        let (model, input) = (self.model.clone(), request.payload.clone());
        // Off the threads that serve connections.
        let answered = tokio::task::spawn_blocking(move || model.answer(&input));
        match answered.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                tracing::warn!(node = request.node, %error, "the model cannot answer a request");
                Err(ExpertError::InvalidAnswer)
            }
            Err(error) => {
                tracing::error!(%error, "the model panicked");
                Err(ExpertError::InvalidAnswer)
            }
        }
    }
}
