//! The other end: a program that answers as an expert, over HTTP or MQTT.

mod error;
mod http;
#[cfg(feature = "onnx")]
mod lines;
mod mqtt;
mod recorded;

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "onnx")]
use crate::experts::onnx::Model;
use crate::experts::{ExpertAnswer, ExpertRequest};
pub use error::NoAnswer;
#[cfg(feature = "onnx")]
pub use lines::answer_lines;
pub use recorded::RecordedAnswers;

/// Where an expert's answers come from.
#[derive(Debug)]
pub enum Source {
    /// A column of a deferral log.
    Recorded(RecordedAnswers),
    /// A model.
    #[cfg(feature = "onnx")]
    Model(Model),
}

/// A program that answers as an expert.
#[derive(Debug)]
pub struct Responder {
    source: Source,
    delay: Duration,
}

impl Responder {
    /// An expert that waits for `delay` before each answer.
    #[must_use]
    pub fn new(source: Source, delay: Duration) -> Self {
        Self { source, delay }
    }

    async fn answer(self: Arc<Self>, request: ExpertRequest) -> Result<ExpertAnswer, NoAnswer> {
        // Even a sleep of zero takes a millisecond.
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        match &self.source {
            Source::Recorded(answers) => answers.answer(&request.payload),
            // Off the threads that serve requests.
            #[cfg(feature = "onnx")]
            Source::Model(model) => {
                let model = model.clone();
                let answered = tokio::task::spawn_blocking(move || model.answer(&request.payload));
                Ok(answered.await??)
            }
        }
    }
}
