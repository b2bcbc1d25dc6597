//! Experts behind HTTP endpoints.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url, redirect};

use super::document::{ExpertAnswer, ExpertRequest};
use super::error::ExpertError;

/// The longest body of an answer, in bytes.
const MAX_ANSWER: usize = 64 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// The pause before the first retry; it doubles with each.
const BACKOFF_MS: u64 = 40;
const MAX_DOUBLINGS: u32 = 5;

/// A client for all endpoints, which shares their connections.
pub(super) fn client() -> reqwest::Result<Client> {
    Client::builder().connect_timeout(CONNECT_TIMEOUT).redirect(redirect::Policy::none()).build()
}

#[derive(Debug)]
pub(super) struct Endpoint {
    client: Client,
    url: Url,
    retries: u32,
}

impl Endpoint {
    pub(super) fn new(client: Client, url: Url, retries: u32) -> Self {
        Self { client, url, retries }
    }

    /// Asks, again after failures of the connection. The caller limits the time.
    pub(super) async fn ask(&self, request: &ExpertRequest) -> Result<ExpertAnswer, ExpertError> {
        let mut attempt = 0;
        loop {
            match self.send(request).await {
                Err(ExpertError::Unreachable) if attempt < self.retries => {
                    let pause = BACKOFF_MS << attempt.min(MAX_DOUBLINGS);
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn send(&self, request: &ExpertRequest) -> Result<ExpertAnswer, ExpertError> {
        let url = self.url.as_str();
        let sent = self.client.post(self.url.clone()).json(request).send().await;
        let response = sent.map_err(|error| {
            tracing::debug!(url, %error, "the expert is unreachable");
            ExpertError::Unreachable
        })?;
        match response.status() {
            status if status.is_success() => {}
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                return Err(ExpertError::Busy);
            }
            status if status.is_server_error() => return Err(ExpertError::Unreachable),
            status => {
                tracing::warn!(url, %status, "the expert rejected a request");
                return Err(ExpertError::InvalidAnswer);
            }
        }
        let body = read_body(response).await.map_err(|error| {
            tracing::warn!(url, %error, "the expert's answer cannot be read");
            ExpertError::InvalidAnswer
        })?;
        serde_json::from_slice(&body).map_err(|error| {
            tracing::warn!(url, %error, "the expert's answer cannot be read");
            ExpertError::InvalidAnswer
        })
    }
}

/// Why the body of an answer cannot be used.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error("found more than {MAX_ANSWER} bytes")]
    TooLong,
    #[error(transparent)]
    Read(#[from] reqwest::Error),
}

/// Reads a body, and stops as soon as it is too long. Its length may not have been announced.
async fn read_body(mut response: Response) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(BodyError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
