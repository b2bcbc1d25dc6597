//! Experts behind HTTP endpoints.

use std::time::Duration;

use ureq::Agent;

use super::collection::Asked;

/// An endpoint that is asked. What is said of it shows neither its URL nor its token.
#[derive(Clone)]
pub(super) struct Endpoint {
    agent: Agent,
    url: String,
    authorization: Option<String>,
}

/// Why there is no reply.
pub(super) enum NoReply {
    /// The endpoint has the request, or may have it: it is not asked again.
    Failed(String),
    /// It did not take the request. It may be asked again, after this time if it says so.
    NotTaken(String, Option<Duration>),
}

/// The longest reply in bytes.
const LONGEST: u64 = 1 << 20;

impl Endpoint {
    pub(super) fn new(url: &str, expert: &Asked, timeout: Duration) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("mild/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let authorization = expert.token.as_ref().map(|token| format!("Bearer {token}"));
        Self { agent, url: url.to_owned(), authorization }
    }

    /// Sends a document; the text of the reply.
    pub(super) fn ask(&self, document: &str) -> Result<String, NoReply> {
        let mut request = self.agent.post(&self.url).header("Content-Type", "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let mut response = request.send(document).map_err(no_reply)?;
        let status = response.status().as_u16();
        if matches!(status, 429 | 503) {
            let wait = response.headers().get("Retry-After").and_then(|value| value.to_str().ok());
            let wait = wait.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
            return Err(NoReply::NotTaken(format!("status {status}: it is busy"), wait));
        }
        let text =
            response.body_mut().with_config().limit(LONGEST).lossy_utf8(true).read_to_string();
        let text = text.map_err(|error| NoReply::Failed(error.to_string()))?;
        match status {
            200..=299 => Ok(text),
            _ => {
                let start: String = text.trim().chars().take(80).collect();
                Err(NoReply::Failed(format!("status {status} {start}").trim_end().to_owned()))
            }
        }
    }
}

/// What an error of the client means. Nobody has a request for which there was no connection.
fn no_reply(error: ureq::Error) -> NoReply {
    use std::io::ErrorKind::ConnectionRefused;
    use ureq::Timeout;
    let text = match &error {
        // It would name the URL.
        ureq::Error::BadUri(_) => "a URL that is none".to_owned(),
        error => error.to_string(),
    };
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            NoReply::NotTaken(text, None)
        }
        ureq::Error::Io(error) if error.kind() == ConnectionRefused => {
            NoReply::NotTaken(text, None)
        }
        _ => NoReply::Failed(text),
    }
}
