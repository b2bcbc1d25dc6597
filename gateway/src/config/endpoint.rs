//! The keys of an `[[expert]]` that is asked over HTTP.

use std::path::{Path, PathBuf};

use reqwest::Url;
use secrecy::SecretString;

use super::broker::{Credentials, is_loopback};
use super::error::Problem;
use super::secret::RawSecret;
use super::tls::ClientTls;
use super::warning::Warning;

/// An HTTP endpoint, and how to ask it.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    /// The endpoint, without user name and password.
    pub url: Url,
    /// What to show in the header `Authorization`.
    pub authorization: Option<Authorization>,
    /// How often to try again after a request that the expert did not take.
    pub retries: u32,
    /// Whether a request that the expert took may be sent again.
    pub idempotent: bool,
    /// Whose certificates are trusted, and the one to show.
    pub tls: ClientTls,
}

/// What to show in the header `Authorization`.
#[derive(Debug, Clone)]
pub enum Authorization {
    /// The user name and password of the URL.
    Basic(Credentials),
    /// The token.
    Bearer(SecretString),
}

/// The keys as they are written.
pub(super) struct RawEndpoint {
    pub(super) url: String,
    pub(super) retries: u32,
    pub(super) idempotent: bool,
    pub(super) token: Option<RawSecret>,
    pub(super) ca: Option<PathBuf>,
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

impl RawEndpoint {
    /// Returns the key that is wrong with its problem. `section` is the expert's, for warnings.
    pub(super) fn check(
        self,
        directory: &Path,
        section: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<EndpointConfig, (&'static str, Problem)> {
        let wrong = |reason: String| ("http", Problem::Url { found: redact(&self.url), reason });
        let mut url = Url::parse(&self.url).map_err(|error| wrong(error.to_string()))?;
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(wrong("not `http` or `https`".to_owned())),
        };
        let basic = take_credentials(&mut url);
        let authorization = match (basic, self.token) {
            (Some(_), Some(_)) => return Err(("token", Problem::TwoSecrets)),
            (Some(basic), None) => Some(Authorization::Basic(basic)),
            (None, Some(token)) => {
                let token =
                    token.read(directory, warnings).map_err(|problem| ("token", problem))?;
                Some(Authorization::Bearer(token))
            }
            (None, None) => None,
        };
        let host = url.host_str().unwrap_or_default();
        if authorization.is_some() && !is_https && !is_loopback(host) {
            let (key, host) = (format!("{section}.http"), host.to_owned());
            warnings.push(Warning::SecretInTheClear { key, host });
        }
        let tls = ClientTls::new(self.ca, self.certificate, self.key, directory)?;
        let (retries, idempotent) = (self.retries, self.idempotent);
        Ok(EndpointConfig { url, authorization, retries, idempotent, tls })
    }
}

/// Takes user name and password out of a URL, so that no log and no error can show them.
fn take_credentials(url: &mut Url) -> Option<Credentials> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode = |text: &str| percent_decode(text);
    let username = decode(url.username());
    let password = decode(url.password().unwrap_or_default()).into();
    // Both fail only for URLs without a host, which have no credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(Credentials { username, password })
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while let Some(&byte) = bytes.get(position) {
        let pair = bytes.get(position + 1..position + 3).and_then(|pair| str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                position += 3;
            }
            _ => {
                decoded.push(byte);
                position += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A text that should be a URL, without what may be a secret.
fn redact(text: &str) -> String {
    let (text, hidden) = match text.split_once('?') {
        Some((before, _)) => (before, "?..."),
        None => (text, ""),
    };
    match text.rsplit_once('@') {
        Some((_, after)) => format!("...@{after}{hidden}"),
        None => format!("{text}{hidden}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn credentials_leave_the_url() {
        let mut url = Url::parse("https://us%40er:pa%25ss@host/path").unwrap();
        let credentials = take_credentials(&mut url).unwrap();
        assert_eq!(url.as_str(), "https://host/path");
        assert_eq!(credentials.username, "us@er");
        assert_eq!(credentials.password.expose_secret(), "pa%ss");
        assert!(take_credentials(&mut url).is_none());
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        assert_eq!(redact("htp//user:secret@host/x?key=secret"), "...@host/x?...");
        assert_eq!(redact("host"), "host");
    }
}
