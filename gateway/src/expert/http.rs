//! An expert behind HTTP.

use reqwest::{Client, StatusCode};

use super::Trouble;
use crate::protocol::{AnswerDocument, Question};

/// An answer longer than this is none.
const MOST_BYTES: u64 = 64 * 1024;

#[derive(Debug)]
pub(super) struct Endpoint {
    client: Client,
    url: String,
    retries: u32,
}

impl Endpoint {
    pub(super) fn new(client: &Client, url: &str, retries: u32) -> Self {
        Self { client: client.clone(), url: url.to_owned(), retries }
    }

    pub(super) async fn ask(&self, question: &Question) -> Result<AnswerDocument, Trouble> {
        let mut attempt = 0;
        loop {
            match self.once(question).await {
                Err(Trouble::Unreachable) if attempt < self.retries => {
                    attempt += 1;
                    // The caller's timeout is above all of this.
                    tokio::time::sleep(std::time::Duration::from_millis(20 << attempt.min(6)))
                        .await;
                }
                result => return result,
            }
        }
    }

    async fn once(&self, question: &Question) -> Result<AnswerDocument, Trouble> {
        let sent = self.client.post(&self.url).json(question).send().await;
        let response = sent.map_err(|error| {
            tracing::debug!(url = self.url, %error, "expert cannot be asked");
            Trouble::Unreachable
        })?;
        match response.status() {
            status if status.is_success() => {}
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                return Err(Trouble::Busy);
            }
            status if status.is_server_error() => return Err(Trouble::Unreachable),
            status => {
                tracing::warn!(url = self.url, %status, "expert refuses questions");
                return Err(Trouble::NoAnswer);
            }
        }
        if response.content_length().is_some_and(|length| length > MOST_BYTES) {
            return Err(Trouble::NoAnswer);
        }
        response.json().await.map_err(|error| {
            tracing::warn!(url = self.url, %error, "expert gives no answer");
            Trouble::NoAnswer
        })
    }
}
