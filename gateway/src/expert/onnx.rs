//! An expert that is a model in this process.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::Trouble;
use crate::model::Model;
use crate::protocol::{AnswerDocument, Question};

#[derive(Debug)]
pub(super) struct Local {
    model: Arc<Model>,
}

impl Local {
    pub(super) fn load(file: &Path) -> io::Result<Self> {
        let model = Model::load(file).map_err(io::Error::other)?;
        tracing::info!(file = %file.display(), features = model.features(), "model loaded");
        Ok(Self { model: Arc::new(model) })
    }

    pub(super) async fn ask(&self, question: &Question) -> Result<AnswerDocument, Trouble> {
        let (model, input) = (self.model.clone(), question.payload.clone());
        // A model computes; meanwhile frames come and go.
        let answered = tokio::task::spawn_blocking(move || model.answer(&input));
        match answered.await {
            Ok(Ok(document)) => Ok(document),
            Ok(Err(error)) => {
                tracing::warn!(node = question.node, %error, "a question that the model cannot answer");
                Err(Trouble::NoAnswer)
            }
            Err(error) => {
                tracing::error!(%error, "the model panicked");
                Err(Trouble::NoAnswer)
            }
        }
    }
}
