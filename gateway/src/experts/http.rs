//! Experts behind HTTP endpoints.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::document::{ExpertAnswer, ExpertRequest, MAX_DOCUMENT};
use super::error::{ExpertError, ExpertSetupError};
use crate::config::{Authorization, EndpointConfig};
use crate::tls;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection that was idle for longer is not used again. Common servers close theirs after five
/// seconds, and a request that meets such an end must not be sent again.
const IDLE: Duration = Duration::from_secs(4);
/// The pause before the first retry; it doubles with each.
const BACKOFF_MS: u64 = 40;
const MAX_DOUBLINGS: u32 = 5;

/// An endpoint that can be asked. Its errors and logs show neither its URL nor its secrets.
#[derive(Debug)]
pub(super) struct Endpoint {
    client: Client,
    expert: String,
    config: EndpointConfig,
}

/// Why an attempt gave no answer, and whether another one may follow.
enum Failure {
    Final(ExpertError),
    /// The expert did not take the request, or asked for another try after this time.
    Again(ExpertError, Option<Duration>),
}

impl Endpoint {
    pub(super) fn new(expert: &str, config: &EndpointConfig) -> Result<Self, ExpertSetupError> {
        let is_https = config.url.scheme() == "https";
        let tls = if is_https { tls::client(&config.tls) } else { tls::client_of_nobody() };
        let tls = tls
            .map_err(|source| ExpertSetupError::ExpertTls { expert: expert.to_owned(), source })?;
        let client = Client::builder()
            .use_preconfigured_tls(tls)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::none())
            .build();
        let client = client
            .map_err(|source| ExpertSetupError::Http { expert: expert.to_owned(), source })?;
        Ok(Self { client, expert: expert.to_owned(), config: config.clone() })
    }

    /// Asks, again only if the expert cannot have worked on the request, if it said when to come
    /// back, or if the configuration says that asking twice does no harm. The caller ends this at
    /// `deadline`; a pause beyond it is not begun.
    pub(super) async fn ask(
        &self,
        request: &ExpertRequest,
        deadline: Instant,
    ) -> Result<ExpertAnswer, ExpertError> {
        let mut attempt = 0;
        loop {
            let (error, pause) = match self.send(request).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again(error, pause)) => (error, pause),
            };
            let backoff = Duration::from_millis(BACKOFF_MS << attempt.min(MAX_DOUBLINGS));
            let pause = pause.unwrap_or(backoff);
            if attempt >= self.config.retries || Instant::now() + pause >= deadline {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    fn request(&self, request: &ExpertRequest) -> RequestBuilder {
        let post = self.client.post(self.config.url.clone()).json(request);
        match &self.config.authorization {
            None => post,
            Some(Authorization::Bearer(token)) => post.bearer_auth(token.expose_secret()),
            Some(Authorization::Basic(credentials)) => {
                post.basic_auth(&credentials.username, Some(credentials.password.expose_secret()))
            }
        }
    }

    async fn send(&self, request: &ExpertRequest) -> Result<ExpertAnswer, Failure> {
        let expert = self.expert.as_str();
        let response = self.request(request).send().await.map_err(|error| {
            let is_untaken = error.is_connect();
            let error = chain(&error.without_url());
            tracing::debug!(expert, error, "the expert is unreachable");
            match (is_untaken, self.config.idempotent) {
                (true, _) => Failure::Again(ExpertError::Unreachable, None),
                (false, true) => Failure::Again(ExpertError::Broken, None),
                (false, false) => Failure::Final(ExpertError::Broken),
            }
        })?;
        let status = response.status();
        match status {
            status if status.is_success() => {}
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                return Err(match retry_after(&response) {
                    Some(pause) => Failure::Again(ExpertError::Busy, Some(pause)),
                    None => Failure::Final(ExpertError::Busy),
                });
            }
            status if status.is_server_error() => {
                let error = ExpertError::Failed { status: status.as_u16() };
                tracing::debug!(expert, %status, "the expert failed");
                let idempotent = self.config.idempotent;
                return Err(if idempotent {
                    Failure::Again(error, None)
                } else {
                    Failure::Final(error)
                });
            }
            status => {
                tracing::warn!(expert, %status, "the expert rejected a request");
                return Err(Failure::Final(ExpertError::InvalidAnswer));
            }
        }
        let answer = match read_body(response).await {
            Ok(body) => serde_json::from_slice(&body).map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        answer.map_err(|error| {
            tracing::warn!(expert, error, "the expert's answer cannot be read");
            Failure::Final(ExpertError::InvalidAnswer)
        })
    }
}

/// When to come back, if the expert says so in seconds.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Reads a body, and stops as soon as it is too long. Its length may not have been announced.
async fn read_body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| chain(&error.without_url()))? {
        if body.len() + chunk.len() > MAX_DOCUMENT {
            return Err(format!("found more than {MAX_DOCUMENT} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An error with its causes, which say more: whether a name, a certificate or a connection failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
